/** The program under a Node that is too old for it: it starts the one that its package brings. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import type { ClusterStatus } from '../../src/index.ts';
import { createFolder, ROOT, uniqueName, upArguments } from '../harness/instance.ts';

const LAUNCHER = join(ROOT, 'scripts/podlane.js');
const { NODE_OPTIONS: _, ...ENV } = process.env;

/** A Node of the machine that cannot run the program itself. */
function findOlderNode(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .find((path) => existsSync(path) && majorOf(path) < 24);
}

function majorOf(path: string): number {
  const text = execFileSync(path, ['--version'], { encoding: 'utf8', env: ENV });
  return Number(/^v(\d+)/.exec(text)?.[1]);
}

const older = findOlderNode();
const options = { skip: older === undefined ? 'no Node before 24 is on PATH' : false } as const;

t.test('main() runs by the Node of the package', options, async (t) => {
  const text = execFileSync(older ?? '', [LAUNCHER, 'version'], { encoding: 'utf8', env: ENV });
  t.match(text, /^podlane \S+ \(node 26\./);
});

t.test('main() leaves nothing behind when it is killed', options, async (t) => {
  using runtime = createFolder();
  const env = {
    ...ENV,
    XDG_RUNTIME_DIR: runtime.path,
    KUBECONFIG: join(runtime.path, 'kubeconfig'),
  };
  const launcher = spawn(older ?? '', [LAUNCHER, ...upArguments(uniqueName())], { env });
  t.teardown(() => launcher.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: launcher.stdout }), 'line')) as [string];
  const { entry } = JSON.parse(line) as ClusterStatus; // printed by the program under test
  // The entry waits for what a client has to say, and closes when the program ends.
  const client = connect(entry?.port ?? 0, entry?.address);
  await once(client, 'connect');
  launcher.kill('SIGKILL');
  await once(
    client.resume().on('error', () => undefined),
    'close',
  );
  t.pass('what it had started has ended');
});
