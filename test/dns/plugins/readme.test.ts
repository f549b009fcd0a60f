import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { PLUGINS } from '../../../src/dns/index.ts';
import { loadDns } from '../corefile-world.ts';

const FOLDER = join(import.meta.dirname, '../../../src/dns/plugins');
/** Files that examples speak of stand there, beside the Corefile as it were. */
const COREFILE = join(import.meta.dirname, 'readme-files/Corefile');
const SECTIONS = ['Name', 'Description', 'Syntax', 'Metrics', 'Examples'];

const documented = globSync('*/README.md', { cwd: FOLDER }).toSorted();

t.test('every plugin has a README', async (t) => {
  const names = PLUGINS.filter(({ load }) => load !== undefined).map(({ name }) => name);
  t.same(
    documented.map((path) => dirname(path)),
    names.toSorted(),
  );
});

for (const path of documented) {
  const name = dirname(path);
  const text = readFileSync(join(FOLDER, path), 'utf8');
  const examples = [...text.matchAll(/^```corefile\n(.*?)^```$/gms)].map(([, code = '']) => code);

  t.test(`README of ${name} has its sections in order`, async (t) => {
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
    t.same(
      headings.filter((heading) => SECTIONS.includes(heading)),
      SECTIONS,
    );
    t.match(text, new RegExp(`^# ${name}\n\n## Name\n\n\\*${name}\\* - `));
  });

  t.test(`README of ${name} has examples that can be served`, async (t) => {
    t.ok(examples.length > 0);
    for (const example of examples) {
      t.match(example, name, 'it shows the plugin');
      await using dns = await loadDns(example, { file: COREFILE });
      t.ok(dns.zones.length > 0);
    }
  });
}
