/** What the documents show is what happens: their commands are run against a running instance. */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { startInstance, type Instance } from '../src/index.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'src/cli/main.ts');

/** A command of a console block and the lines that are shown below it. */
interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

function shownCommands(document: string): readonly Shown[] {
  const blocks = [...document.matchAll(/```console\n([^]*?)```/g)].map(([, text = '']) => text);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...output] = part.trimEnd().split('\n');
        return { command: command.replace(/\s{2,}#.*$/, ''), output };
      }),
  );
}

/** Names of Pods, addresses that a run chooses and counts of milliseconds may differ; `…` stands for more. */
function pattern(line: string): RegExp {
  const escaped = line.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
  return new RegExp(
    escaped
      .replaceAll(/(web|api)-[a-z0-9]{8,10}-[a-z0-9]{5}/g, '$1-[a-z0-9]+-[a-z0-9]{5}')
      .replaceAll(/10\\\.244\\\.\d+\\\.\d+/g, String.raw`10\.244\.\d+\.\d+`)
      .replaceAll(/ +/g, ' +'),
  );
}

t.test('README.md shows a session as it is', async (t) => {
  const runtime = mkdtempSync(join(tmpdir(), 'podlane-docs-'));
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = runtime;
  t.teardown(() => {
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = before;
    rmSync(runtime, { recursive: true });
  });
  const free = { address: '127.0.0.1', port: 0 };
  await using instance = await startInstance({
    name: 'podlane',
    paths: [join(ROOT, 'fixtures/guestbook')],
    dns: free,
    http: free,
    https: free,
    entry: free,
    hasAliases: false,
    isFollowing: false,
    version: '0',
    pid: process.pid,
  });
  for (const { command, output } of shownCommands(readFileSync(join(ROOT, 'README.md'), 'utf8'))) {
    if (command === 'npm start' || /:30\d{3}\b/.test(command)) continue; // the instance above; aliases and node ports have a test of their own
    if (command.startsWith('dig ') && !(await isInstalled('dig'))) {
      t.comment(`skipped, dig is not installed: ${command}`);
      continue;
    }
    const { stdout } = await run('sh', ['-c', adapt(command, instance)], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1', KUBECONFIG: join(runtime, 'kubeconfig') },
    });
    for (const line of output) {
      if (line.includes('…')) continue;
      t.match(stdout, pattern(line), `${command}: ${line}`);
    }
  }
});

/** The ports of the documents are the usual ones; here they are free ones. */
function adapt(command: string, instance: Instance): string {
  const { dns, ingress, entry } = instance.status();
  return command
    .replace('npx podlane', `"${process.execPath}" "${MAIN}"`)
    .replace('-p 10053', `-p ${dns?.port}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${ingress?.http?.port}`)
    .replace('127.0.0.1:10080', `127.0.0.1:${entry?.port}`);
}

async function isInstalled(program: string): Promise<boolean> {
  try {
    await run('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}

t.test('ARCHITECTURE.md names exactly the folders that exist', async (t) => {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const layout = /```\nsrc\/\n([^]*?)\ntest\//.exec(text)?.[1] ?? '';
  const named = [...layout.matchAll(/^ {2}([a-z-]+)\//gm)].map(([, name]) => name);
  const present = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  t.same(
    new Set(named),
    new Set(
      present.filter((name) => globSync('**/*.ts', { cwd: join(ROOT, 'src', name) }).length > 0),
    ),
  );
});

const READMES = [
  { folder: 'src/pods/workloads', sections: ['Name', 'Description', 'Syntax', 'Examples'] },
  { folder: 'src/dns/plugins', sections: ['Name', 'Description', 'Syntax', 'Examples'] },
] as const;
for (const { folder, sections } of READMES) {
  t.test(`every folder in ${folder} has a README with its sections in order`, async (t) => {
    const folders = readdirSync(join(ROOT, folder), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    for (const { name } of folders) {
      const file = join(ROOT, folder, name, 'README.md');
      if (!t.ok(existsSync(file), `${folder}/${name}/README.md`)) continue;
      const heads = [...readFileSync(file, 'utf8').matchAll(/^## (.+)$/gm)].map(([, head]) => head);
      t.same(
        heads.filter((head) => sections.some((section) => section === head)),
        sections,
        name,
      );
    }
  });
}
