/**
 * kubectl as people have it against the API server of `podlane up`: the one on PATH, and the oldest and the newest of
 * those that a cloud's tools bring; all of them with `ALL_KUBECTL=1`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import t, { type Test } from 'tap';
import { createFolder, startProgram } from '../harness/instance.ts';
import { runKubectl, type KubectlOutput } from '../harness/kubectl.ts';
import { MANIFESTS } from './kubectl/manifests.ts';
import { SCENARIOS, type Step } from './kubectl/steps.ts';

const OTHERS = globSync('/usr/lib/google-cloud-sdk/bin/kubectl.1.*').toSorted();
const CHOSEN =
  process.env['ALL_KUBECTL'] === '1' ? OTHERS : [...new Set([OTHERS.at(0), OTHERS.at(-1)])];
const TOOLS = ['kubectl', ...CHOSEN.filter((path) => path !== undefined)];
const lacksKubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).error;
const skip = lacksKubectl === undefined ? false : 'kubectl is not installed';

t.setTimeout(300_000);

interface Tool {
  readonly program: string;
  readonly namespace: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** 28 for kubectl 1.28. */
async function minorVersionOf(tool: Tool): Promise<number> {
  const { stdout } = await runKubectl(['version', '--client', '-o', 'json'], tool);
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { minor: string } }; // as kubectl prints it
  return Number.parseInt(clientVersion.minor, 10);
}

/** Words of a command line; quotes hold words together. */
function wordsOf(line: string): readonly string[] {
  const found = line.match(/'[^']*'|(?:[^\s']|'[^']*')+/g) ?? [];
  return found.map((word) => word.replaceAll("'", ''));
}

function checkStep(t: Test, step: Step, { code, stdout, stderr }: KubectlOutput): void {
  const told = `${step.run}\n${stdout}${stderr}`;
  t.equal(code, step.code ?? (step.fails === undefined ? 0 : 1), told);
  if (step.prints !== undefined) t.match(stdout, step.prints, told);
  if (step.fails !== undefined) t.match(stderr, step.fails, told);
}

t.test('kubectl', { skip, timeout: 300_000 }, async (t) => {
  await using program = await startProgram({
    args: ['--dns-upstream', 'off', '--api', '127.0.0.1:0'],
  });
  const kubeconfig = program.status.api?.kubeconfig ?? '';
  for (const path of TOOLS) {
    const namespace = `t-${basename(path).replaceAll(/[^a-z0-9]/g, '-')}`;
    const files = Object.entries(MANIFESTS).map(([name, text]) => [
      name,
      text.replaceAll('NAMESPACE', namespace),
    ]);
    using folder = createFolder(Object.fromEntries(files));
    const env = {
      PATH: process.env['PATH'],
      HOME: folder.path,
      KUBECONFIG: kubeconfig,
      KUBE_EDITOR: 'sed -i s/red/green/',
    };
    const tool = { program: path, namespace, cwd: folder.path, env };
    const minor = await minorVersionOf(tool);
    await runKubectl(['create', 'namespace', namespace], tool);
    await runKubectl(['config', 'set-context', '--current', `--namespace=${namespace}`], tool);
    for (const { name, isForAll, steps } of SCENARIOS) {
      if (!isForAll && path !== 'kubectl') continue;
      await t.test(`${basename(path)}: ${name}`, async (t) => {
        for (const step of steps) {
          if ((step.since ?? 0) > minor) continue;
          const run = step.run.replaceAll('NAMESPACE', namespace);
          const prints =
            step.prints && new RegExp(step.prints.source.replaceAll('NAMESPACE', namespace));
          const output = await runKubectl(wordsOf(run), tool);
          checkStep(t, { ...step, run, ...(prints !== undefined && { prints }) }, output);
        }
      });
    }
    if (path === 'kubectl') await t.test('kubectl edits and watches', (t) => editAndWatch(t, tool));
    await t.test(`${basename(path)}: deletes a namespace`, async (t) => {
      const { code } = await runKubectl(['delete', 'namespace', namespace, '--timeout=60s'], tool);
      t.equal(code, 0);
    });
  }
});

/** `get -w` prints what `edit` changes. */
async function editAndWatch(t: Test, tool: Tool): Promise<void> {
  await runKubectl(['apply', '-f', 'config-1.yaml'], tool);
  const watch = spawn(
    tool.program,
    ['get', 'cm', 'settings', '-w', '-o', 'jsonpath={.data.colour}{"\\n"}'],
    { cwd: tool.cwd, env: tool.env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let seen = '';
  const until = async (word: string): Promise<void> => {
    while (!seen.includes(word)) await once(watch.stdout, 'data');
  };
  watch.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
  await until('red');
  const { code, stdout, stderr } = await runKubectl(['edit', 'cm', 'settings'], tool);
  t.equal(code, 0, stderr);
  t.match(stdout, /configmap\/settings edited/);
  await until('green');
  await runKubectl(['delete', 'cm', 'settings'], tool);
  watch.kill();
  await once(watch, 'close');
  t.equal(seen, 'red\ngreen\n' + (seen.endsWith('green\ngreen\n') ? 'green\n' : ''));
}
