import t from 'tap';
import type { PodSpec } from '../../src/api/index.ts';
import {
  type ContainerRecord,
  type ContainerState,
  NEW_RECORD,
  shouldRestart,
} from '../../src/pods/container-record.ts';
import { planPod } from '../../src/pods/lifecycle.ts';
import { podPhase } from '../../src/pods/pod-phase.ts';

const NOW = 1_000_000;

/** `run`, `starting` (runs, not started), `0` or another exit code, `loop` (waits to start again), `new`. */
function record(word: string): ContainerRecord {
  const base = { ...NEW_RECORD, isStarted: word === 'run', isReady: word === 'run' };
  const end = (exitCode: number) => ({
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: 0,
    finishedAt: NOW - 1000,
    containerID: 'podlane://x',
  });
  const state = (): ContainerState => {
    if (word === 'new') return { kind: 'created' };
    if (word === 'run' || word === 'starting')
      return { kind: 'running', startedAt: 0, containerID: 'podlane://x' };
    if (word === 'loop') return { kind: 'waiting', reason: 'CrashLoopBackOff', message: '' };
    return { kind: 'terminated', termination: end(Number(word)) };
  };
  const backoff = word === 'loop' ? { delayMs: 10_000, lastAt: NOW - 2000 } : undefined;
  return { ...base, state: state(), last: word === 'loop' ? end(1) : undefined, backoff };
}

/** `init:1`, `+sidecar:run`, `web:new`: init containers before the bar, containers after it. */
function scene(
  text: string,
  restartPolicy: string,
): { readonly spec: PodSpec; readonly records: ReadonlyMap<string, ContainerRecord> } {
  const [before = '', after = ''] = text.split('|').map((side) => side.trim());
  const read = (side: string) => side.split(/\s+/).filter((word) => word !== '');
  const names: [string, ContainerRecord][] = [];
  const containers = (side: string) =>
    read(side).map((word) => {
      const [label = '', state = ''] = word.split(':');
      const name = label.replace('+', '');
      names.push([name, record(state)]);
      return label.startsWith('+') ? { name, restartPolicy: 'Always' } : { name };
    });
  const spec: PodSpec = {
    restartPolicy,
    initContainers: containers(before),
    containers: containers(after),
  };
  return { spec, records: new Map(names) };
}

const plans = [
  {
    name: 'containers without init containers',
    scene: '| a:new b:new',
    policy: 'Always',
    plan: 'start a, start b',
  },
  {
    name: 'the first init container',
    scene: 'i:new j:new | a:new',
    policy: 'Always',
    plan: 'start i',
  },
  { name: 'a running init container', scene: 'i:run j:new | a:new', policy: 'Always', plan: '' },
  {
    name: 'the second init container',
    scene: 'i:0 j:new | a:new',
    policy: 'Always',
    plan: 'start j',
  },
  {
    name: 'init containers that are done',
    scene: 'i:0 j:0 | a:new',
    policy: 'Always',
    plan: 'start a',
  },
  { name: 'a failed init container', scene: 'i:1 | a:new', policy: 'OnFailure', plan: 'start i' },
  {
    name: 'a failed init container that Always restarts',
    scene: 'i:1 | a:new',
    policy: 'Always',
    plan: 'start i',
  },
  {
    name: 'a failed init container of Never',
    scene: 'i:1 | a:new',
    policy: 'Never',
    plan: 'finished',
  },
  { name: 'a sidecar that starts', scene: '+s:starting i:new | a:new', policy: 'Always', plan: '' },
  {
    name: 'a sidecar that has started',
    scene: '+s:run i:new | a:new',
    policy: 'Always',
    plan: 'start i',
  },
  { name: 'a sidecar that ended', scene: '+s:0 | a:run', policy: 'Never', plan: 'start s' },
  { name: 'a first crash', scene: '| a:1', policy: 'Always', plan: 'start a' },
  { name: 'a second crash', scene: '| a:loop', policy: 'Always', plan: 'backOff a 9000' },
  { name: 'a success that Always restarts', scene: '| a:0', policy: 'Always', plan: 'start a' },
  { name: 'a success of OnFailure', scene: '| a:0', policy: 'OnFailure', plan: 'finished' },
  { name: 'a failure of OnFailure', scene: '| a:1 b:run', policy: 'OnFailure', plan: 'start a' },
  {
    name: 'a failure of Never beside a running one',
    scene: '| a:1 b:run',
    policy: 'Never',
    plan: '',
  },
  {
    name: 'all ended with a sidecar left',
    scene: '+r:run +s:run | a:0',
    policy: 'Never',
    plan: 'stop s',
  },
  {
    name: 'all ended with the last sidecar left',
    scene: '+r:run +s:0 | a:0',
    policy: 'Never',
    plan: 'stop r',
  },
  { name: 'init containers of a Pod that ran', scene: 'i:new | a:run', policy: 'Always', plan: '' },
] as const;
for (const { name, scene: text, policy, plan } of plans) {
  t.test(`planPod() of ${name}`, async (t) => {
    const { spec, records } = scene(text, policy);
    const { actions, isFinished } = planPod(spec, records, NOW);
    const words = actions.map((action) =>
      action.kind === 'backOff'
        ? `backOff ${action.container.name} ${action.untilMs - NOW}`
        : `${action.kind} ${action.container.name}`,
    );
    t.equal(isFinished ? 'finished' : words.join(', '), plan);
  });
}

const phases = [
  ['| a:new', 'Always', 'Pending'],
  ['i:run | a:new', 'Always', 'Pending'],
  ['i:1 | a:new', 'Never', 'Failed'],
  ['i:1 | a:new', 'Always', 'Pending'],
  ['+s:run | a:new', 'Always', 'Pending'],
  ['+s:starting | a:new', 'Always', 'Pending'],
  ['+s:run | a:run', 'Always', 'Running'],
  ['| a:run b:new', 'Always', 'Pending'],
  ['| a:run b:1', 'Never', 'Running'],
  ['| a:loop', 'Always', 'Running'],
  ['| a:0 b:0', 'Never', 'Succeeded'],
  ['| a:0 b:1', 'Never', 'Failed'],
  ['| a:1', 'OnFailure', 'Running'],
  ['| a:0', 'Always', 'Running'],
] as const;
for (const [text, policy, phase] of phases) {
  t.test(`podPhase() of ${text} with ${policy}`, async (t) => {
    const { spec, records } = scene(text, policy);
    t.equal(podPhase(spec, records, false), phase);
  });
}

t.test('podPhase() of a Pod that is being deleted depends on exit codes alone', async (t) => {
  const good = scene('| a:0', 'Always');
  const bad = scene('| a:137', 'Always');
  t.equal(podPhase(good.spec, good.records, true), 'Succeeded');
  t.equal(podPhase(bad.spec, bad.records, true), 'Failed');
});

t.test('shouldRestart() obeys the rules of the container before its policy', async (t) => {
  const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } };
  const container = { name: 'a', restartPolicy: 'Never', restartPolicyRules: [rule] };
  t.ok(shouldRestart(container, { containers: [] }, 42));
  t.notOk(shouldRestart(container, { containers: [] }, 1));
  const others = { ...rule, exitCodes: { operator: 'NotIn', values: [42] } };
  t.ok(shouldRestart({ ...container, restartPolicyRules: [others] }, { containers: [] }, 1));
});
