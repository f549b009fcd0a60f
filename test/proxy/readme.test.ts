/** What the folder's README tells is so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createProxyMetrics } from '../../src/proxy/health/metrics.ts';
import { renderProcessMetrics } from '../../src/proxy/health/process-metrics.ts';
import { SCHEDULERS } from '../../src/proxy/index.ts';

const README = readFileSync(join(import.meta.dirname, '../../src/proxy/README.md'), 'utf8');

t.test('the README of src/proxy lists the schedulers', async (t) => {
  const listed = [...README.matchAll(/^\| `(\w+)` \| .* \| (?:yes|-) \|$/gm)].map(
    ([, name]) => name,
  );
  t.same(new Set(listed), new Set(Object.keys(SCHEDULERS)));
  t.equal(listed[0], Object.keys(SCHEDULERS)[0], 'the default first');
});

t.test('the README of src/proxy lists every metric', async (t) => {
  const none = { internal: 0, external: 0 };
  const text = createProxyMetrics().render({
    noLocalEndpoints: { IPv4: none, IPv6: none },
    pending: { services: 0, endpoints: 0 },
    endedFlows: { IPv4: 0, IPv6: 0 },
  });
  const names = [...`${text}${renderProcessMetrics()}`.matchAll(/^# TYPE (\S+) /gm)].map(
    ([, name = '']) => name.replace(/^kubeproxy_/, ''),
  );
  t.ok(names.length > 15);
  for (const name of names) t.ok(isListed(name), name);
});

/** By its whole name, or by its ending behind `…`. */
function isListed(name: string): boolean {
  const written = [...README.matchAll(/`([\w…]+)`/g)].map(([, text = '']) => text);
  return written.some((text) => {
    const [before = '', after] = text.split('…');
    return after === undefined
      ? text === name
      : name.startsWith(before) && (after === '' || name.endsWith(after));
  });
}
