import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { formatRdata, typeName, type PluginDefinition, PLUGINS } from '../../../src/dns/index.ts';
import { parseWeights } from '../../../src/dns/plugins/loadbalance/weights.ts';
import { createFakeClock } from '../../../src/observe/index.ts';
import { loadDns, query } from '../corefile-world.ts';

type Line = readonly [name: string, type: 'A' | 'CNAME' | 'SRV', data: string];

/** A plugin that answers everything with these records, and says that it always will. */
function answering(lines: readonly Line[]): typeof PLUGINS {
  const TYPES = { A: 1, CNAME: 5, SRV: 33 } as const;
  const answers = lines.map(([name, type, data]) => ({
    name,
    type: TYPES[type],
    class: 1,
    ttl: 5,
    rdata:
      type === 'A'
        ? ({ kind: 'address', address: data } as const)
        : type === 'CNAME'
          ? ({ kind: 'name', target: data } as const)
          : ({ kind: 'srv', priority: 0, weight: 0, port: 1, target: data } as const),
  }));
  const definition: PluginDefinition = {
    name: 'whoami',
    setup: () => ({
      revision: () => 1,
      plugin: () => ({ rcode: 0, answers, authority: [], additional: [], isStable: true }),
    }),
  };
  return PLUGINS.map((entry) =>
    entry.name === 'whoami' ? { name: 'whoami', load: async () => definition } : entry,
  );
}

const HOSTS: readonly Line[] = [
  ['a.', 'A', '10.0.0.1'],
  ['www.', 'CNAME', 'a.'],
  ['a.', 'A', '10.0.0.2'],
  ['a.', 'A', '10.0.1.1'],
];

async function order(dns: Awaited<ReturnType<typeof loadDns>>): Promise<string> {
  const reply = await query(dns, 'www.');
  return (reply?.answers ?? [])
    .map((each) => `${typeName(each.type)} ${formatRdata(each.rdata)}`)
    .join(', ');
}

t.test('loadbalance puts aliases first, and addresses in every order', async (t) => {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const options = { plugins: answering(HOSTS), random };
  await using dns = await loadDns('. {\nloadbalance\nwhoami\n}', options);
  const seen = new Map<string, number>();
  for (let count = 0; count < 600; count += 1) {
    const text = await order(dns);
    t.match(text, /^CNAME a\., A /);
    seen.set(text, (seen.get(text) ?? 0) + 1);
  }
  t.equal(seen.size, 6);
  for (const [text, count] of seen) t.ok(count > 60, `${text}: ${count} of 600`);
});

t.test('loadbalance prefers prefixes', async (t) => {
  const corefile = '. {\nloadbalance {\nprefer 10.0.1.0/24 10.0.0.2/32\n}\nwhoami\n}';
  await using dns = await loadDns(corefile, { plugins: answering(HOSTS) });
  for (let count = 0; count < 5; count += 1)
    t.equal(await order(dns), 'CNAME a., A 10.0.1.1, A 10.0.0.2, A 10.0.0.1');
});

t.test('loadbalance weighs addresses by a file, and reads it again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-weights-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'weights');
  writeFileSync(path, '# first\na\n10.0.0.2 8\n');
  const clock = createFakeClock();
  let draw = 0;
  const options = {
    plugins: answering(HOSTS),
    clock,
    random: () => draw,
    file: join(folder, 'Corefile'),
  };
  await using dns = await loadDns(
    '. {\nloadbalance weighted weights {\nreload 10s\n}\nwhoami\n}',
    options,
  );
  await dns.start();
  const first = async (at: number): Promise<string | undefined> => {
    draw = at;
    return /A (\S+?)(,|$)/.exec(await order(dns))?.[1];
  };
  t.equal(await first(0), '10.0.0.1');
  t.equal(await first(0.15), '10.0.0.2');
  t.equal(await first(0.85), '10.0.0.2');
  t.equal(await first(0.95), '10.0.1.1');
  writeFileSync(path, 'a.\n10.0.1.1 255\n');
  utimesSync(path, 1, 1);
  clock.advance(10_000);
  t.equal(await first(0.5), '10.0.1.1');
});

for (const [text, message] of [
  ['10.0.0.1 1', /missing domain name/],
  ['a\n10.0.0.1 0', /wrong weight value/],
  ['a\n10.0.0.1 256', /wrong weight value/],
  ['a\n10.0.0 1', /wrong IP address/],
  ['10.0.0.1', /wrong domain name/],
  ['a\n10.0.0.1 1 2', /could not parse/],
] as const)
  t.test(`parseWeights() refuses ${JSON.stringify(text)}`, async (t) => {
    t.throws(() => parseWeights(text, 'weights'), { message, code: 'ERR_WEIGHT_FILE' });
  });
