/** Scenarios whose `steps` evict Pods under a PodDisruptionBudget and look at its status in between. */
import { canonical, isRecord } from '../expectation.ts';
import { act, playOf } from './actions.ts';
import { barePod } from './manifests.ts';
import { compareEvents, type Difference } from './play.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

type Step = readonly [name: string, ...expected: readonly unknown[]];

const KIND = 'PodDisruptionBudget.policy';

export async function playBudget(name: string, scenario: Scenario): Promise<readonly Difference[]> {
  await using stage = new Stage(name);
  const play = playOf(scenario, stage);
  const differences: Difference[] = [];
  const rest = (): Promise<void> => stage.comeToRest(() => undefined);
  // What a scenario of this form keeps under `steps`.
  const steps = scenario['steps'] as readonly Step[];
  const [, minAvailable = '1'] = /minAvailable (\d+%?)/.exec(steps[0]?.[0] ?? '') ?? [];
  stage.create(budget('b', { minAvailable: amount(minAvailable) }));
  await rest();
  await act(play, 'create');
  await rest();
  let shown = 'b';
  for (const [label, ...expected] of steps) {
    const actual = await step(stage, label, async () => {
      if (label === 'no pods') {
        shown = 'none';
        stage.create({
          ...budget(shown, { minAvailable: 1 }),
          spec: { minAvailable: 1, selector: { matchLabels: { app: 'nobody' } } },
        });
      }
      await rest();
      return [showBudget(stage, shown)];
    });
    if (!isSame(label, expected, actual)) differences.push({ where: label, expected, actual });
  }
  return [...differences, ...compareEvents(play)];
}

/** Does what a step is called and answers what it is to be compared with. */
async function step(
  stage: Stage,
  label: string,
  look: () => Promise<readonly unknown[]>,
): Promise<readonly unknown[]> {
  if (/eviction|at once/.test(label)) return evict(stage);
  if (label === 'right after') return [showBudget(stage, 'b')];
  const [, field, value = ''] = /^(minAvailable|maxUnavailable) (\d+%?)/.exec(label) ?? [];
  if (field !== undefined) setBudget(stage, { [field]: amount(value) });
  if (label.startsWith('plus a bare pod')) stage.create(barePod('bare'));
  return look();
}

function amount(text: string): number | string {
  return text.endsWith('%') ? text : Number(text);
}

function budget(name: string, limit: object): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { ...limit, selector: { matchLabels: { app: 'web' } } },
  };
}

function setBudget(stage: Stage, limit: object): void {
  const present = stage.store.get<string>(KIND, stage.namespace, 'b');
  if (present === undefined) throw new Error('no budget');
  const { selector } = (present['spec'] ?? {}) as { readonly selector?: object };
  stage.store.update({ ...present, spec: { ...limit, selector } });
}

async function evict(stage: Stage): Promise<readonly unknown[]> {
  const pod = stage
    .list('Pod')
    .find(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined && status?.phase === 'Running',
    );
  const name = pod?.metadata.name ?? '';
  const { code, body } = await stage.ask(
    'POST',
    `/api/v1/namespaces/${stage.namespace}/pods/${name}/eviction`,
    { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: stage.namespace } },
  );
  await stage.settled();
  if (code < 400) return [code, body['status']];
  const { causes } = (body['details'] ?? {}) as { readonly causes?: unknown };
  return [code, body['reason'], body['message'], causes, body['details']];
}

function showBudget(stage: Stage, name: string): unknown {
  const object = stage.store.get<string>(KIND, stage.namespace, name);
  const { conditions = [], ...status } = (object?.['status'] ?? {}) as {
    readonly conditions?: readonly Readonly<Record<string, unknown>>[];
  };
  return {
    status,
    conditions: conditions.map(({ type, status: is, reason, message }) => [
      type,
      is,
      reason,
      message,
    ]),
  };
}

/** Right after an eviction the Pod that goes may be counted together with the one in its place, or not yet. */
function isSame(label: string, expected: readonly unknown[], actual: readonly unknown[]): boolean {
  if (canonical(expected) === canonical(actual)) return true;
  if (label !== 'right after') return false;
  const withOneMore = expected.map((value) => {
    if (!isRecord(value) || !isRecord(value['status'])) return value;
    const { status } = value;
    return { ...value, status: { ...status, expectedPods: Number(status['expectedPods']) + 1 } };
  });
  return canonical(withOneMore) === canonical(actual);
}
