/** How long `podlane matrix` takes for 9 × 9 Pods, most of whose flows are denied. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { spreadOf, type Spread } from '../bench.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/cli/main.ts');
const FIXTURE = join(ROOT, 'fixtures/conformance/policy/fixture.yaml');
const RUNS = 5;
const NAME = 'bench-policy';
const FREE = '127.0.0.1:0';
const PODS = ['-A', '-l', 'pod in (a, b, c)', '-o', 'json'];

/** Wall clock of the whole command, from its process's start to its end. */
export interface MatrixTimes {
  /** Asked of a running instance. */
  readonly runningMs: Readonly<Record<'TCP' | 'UDP', Spread>>;
  /** With `-f`, which starts a cluster of its own. */
  readonly inMemoryMs: Spread;
}

/** Nine Pods that let nobody in: 72 flows are denied, and nine are to their own Pods. */
export async function measureMatrix(): Promise<MatrixTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-bench-'));
  const env = {
    ...process.env,
    XDG_RUNTIME_DIR: folder,
    XDG_STATE_HOME: folder,
    KUBECONFIG: join(folder, 'kubeconfig'),
  };
  const world = join(folder, 'world.json');
  writeFileSync(world, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: denials() }));
  const up = ['up', FIXTURE, world, '--name', NAME, '--no-aliases', '--api', 'off', '-o', 'json'];
  const doors = ['dns', 'http', 'https', 'entry'].flatMap((door) => [`--${door}`, FREE]);
  const instance = spawn(process.execPath, [MAIN, ...up, ...doors], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await once(instance.stdout, 'data');
    const ask = (more: readonly string[]): Promise<Spread> =>
      measure(['matrix', ...PODS, ...more], env);
    const running = ['--name', NAME, '--protocol'];
    return {
      runningMs: { TCP: await ask([...running, 'TCP']), UDP: await ask([...running, 'UDP']) },
      inMemoryMs: await ask(['-f', FIXTURE, '-f', world]),
    };
  } finally {
    instance.kill();
    await once(instance, 'close');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The fixture's Nodes, and that nobody may enter. */
function denials(): readonly object[] {
  const nodes = ['n1', 'n2', 'n3'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
  }));
  const policies = ['x', 'y', 'z'].map((namespace) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'nobody', namespace },
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  }));
  return [...nodes, ...policies];
}

async function measure(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Spread> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const started = performance.now();
    const child = spawn(process.execPath, [MAIN, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = once(child, 'close');
    const printed = await text(child.stdout);
    await closed;
    times.push(performance.now() - started);
    const { flows } = JSON.parse(printed) as { flows: readonly { verdict: string }[] }; // by the program measured
    const denied = flows.filter(({ verdict }) => verdict === 'denied').length;
    if (flows.length !== 81 || denied !== 72)
      throw new Error(`${denied} of ${flows.length} flows are denied, not 72 of 81`);
  }
  return spreadOf(times);
}
