/** `npm start`: podlane from its sources, by way of a bundle of them. */
import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createFolder, ROOT } from '../harness/instance.ts';

const WEEK_MS = 7 * 86_400_000;

const folder = createFolder();
t.teardown(() => folder[Symbol.dispose]());
for (const name of ['src', 'scripts', 'package.json'])
  cpSync(join(ROOT, name), join(folder.path, name), { recursive: true });
symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
const source = join(folder.path, 'src/cli/package-version.ts');
const bundles = join(folder.path, '.bundles');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The test runner's own loader stays out of it. */
function version(): Promise<Outcome> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const program = join(folder.path, 'scripts/podlane.js');
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'version'], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

t.test('podlane.js bundles the sources once, and again when two start at a time', async (t) => {
  const first = await Promise.all([version(), version()]);
  for (const { code, stdout, stderr } of first) {
    t.match(stdout, /^podlane \d+\.\d+\.\d+ /);
    t.same({ code, stderr }, { code: 0, stderr: '' });
  }
  const made = readdirSync(bundles);
  t.same(await version(), first[0]);
  t.same(readdirSync(bundles), made);
});

t.test('podlane.js bundles anew what has changed, and removes what is old', async (t) => {
  const old = join(bundles, 'old');
  mkdirSync(old);
  const then = new Date(Date.now() - 2 * WEEK_MS);
  utimesSync(old, then, then);
  const before = readdirSync(bundles).filter((name) => name !== 'old');
  appendFileSync(source, "process.stdout.write('changed: ');\n");
  t.match((await version()).stdout, /^changed: podlane /);
  t.match((await version()).stdout, /^changed: podlane /);
  const kept = readdirSync(bundles);
  t.same(kept.slice(0, -1), before, 'what runs from the ones before goes on');
});

t.test('podlane.js says what is wrong with the sources, and runs nothing', async (t) => {
  appendFileSync(source, 'const =\n');
  const { code, stdout, stderr } = await version();
  t.same({ code, stdout }, { code: 1, stdout: '' });
  t.match(stderr, /Expected identifier but found "="\n\n +src\/cli\/package-version\.ts:\d+:/);
  t.notMatch(stderr, 'node:internal');
});
