import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';

const SOURCE = join(import.meta.dirname, '../../src/api/data-file.ts');

for (const folder of ['src/api', 'dist/api', 'dist/cli']) {
  t.test(`readDataFile() finds data/ from ${folder}`, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'podlane-'));
    t.teardown(() => rmSync(root, { recursive: true }));
    for (const name of [folder, 'data']) mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, 'data/some.json'), '{"a":1}');
    const code = join(root, folder, 'data-file.ts');
    cpSync(SOURCE, code);
    const { readDataFile } = (await import(pathToFileURL(code).href)) as {
      readDataFile: (name: string) => string;
    };
    t.equal(readDataFile('some.json'), '{"a":1}');
    t.throws(() => readDataFile('none.json'), { code: 'ENOENT' });
  });
}
