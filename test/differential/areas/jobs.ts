/** Jobs. */
import type { Dice } from '../../fuzz/target.ts';
import { request, type Area, type Step } from '../script.ts';
import { NODES } from './deployments.ts';
import { loosenOwners, removePods, setPods, wait } from './pods.ts';

export const jobs: Area = {
  kinds: ['Job', 'Pod', 'Event'],
  cluster: () => NODES,
  script,
  loosen: loosenOwners,
  // The controller puts changes of Pods together for a second.
  quietMs: 1600,
};

const JOBS = '/apis/batch/v1/namespaces/NS/jobs';
const APP = 'j';

function script(dice: Dice): readonly Step[] {
  const changes = Array.from({ length: dice.between(5, 9) }, () => dice.pick(CHANGES)(dice));
  return [create(dice), setPods({ app: APP, which: 'new' }, 'ready'), ...changes];
}

function create(dice: Dice): Step {
  const isIndexed = dice.once(2);
  const completions = dice.pick([undefined, 1, 2, 3, 4]);
  const perIndex = isIndexed && dice.once(2);
  return request({
    method: 'POST',
    path: JOBS,
    body: {
      metadata: { name: 'j' },
      spec: {
        ...(isIndexed && { completionMode: 'Indexed' }),
        ...((completions ?? (isIndexed ? 3 : undefined)) && { completions: completions ?? 3 }),
        parallelism: dice.between(0, 3),
        ...limits(dice, perIndex),
        ...rarely(dice),
        ...(dice.once(4) && { podReplacementPolicy: 'Failed' }),
        ...(isIndexed && dice.once(3) && { successPolicy: { rules: [successRule(dice)] } }),
        ...(dice.once(3) && {
          podFailurePolicy: { rules: failureRules(dice, perIndex) },
          podReplacementPolicy: 'Failed',
        }),
        template: {
          metadata: { labels: { app: APP } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'v1' }] },
        },
      },
    },
  });
}

function limits(dice: Dice, perIndex: boolean): object {
  if (!perIndex) return { backoffLimit: dice.below(3) };
  return { backoffLimitPerIndex: dice.below(2), ...(dice.once(2) && { maxFailedIndexes: 1 }) };
}

function rarely(dice: Dice): object {
  return {
    ...(dice.once(8) && { suspend: true }),
    ...(dice.once(8) && { activeDeadlineSeconds: 4 }),
    ...(dice.once(10) && { managedBy: 'example.org/mine' }),
  };
}

function successRule(dice: Dice): object {
  return dice.pick([{ succeededCount: 1 }, { succeededIndexes: '0' }, { succeededIndexes: '0' }]);
}

function failureRules(dice: Dice, perIndex: boolean): readonly object[] {
  const actions = ['Ignore', 'Count', 'FailJob', ...(perIndex ? ['FailIndex'] : [])];
  const values = dice.pick([[3], [7], [3, 7]]);
  const operator = dice.pick(['In', 'NotIn']);
  return [{ action: dice.pick(actions), onExitCodes: { operator, values } }];
}

const CHANGES: readonly ((dice: Dice) => Step)[] = [
  () => setPods({ app: APP, which: 'new' }, 'ready'),
  () => setPods({ app: APP, which: 'new' }, 'ready'),
  (dice) => setPods({ app: APP, which: 'running', count: dice.between(1, 2) }, 'succeeded'),
  (dice) => setPods({ app: APP, which: 'running', count: 1, skip: dice.below(2) }, 'succeeded'),
  (dice) => setPods({ app: APP, which: 'running', count: 1, skip: dice.below(2) }, 'failed'),
  () => setPods({ app: APP, which: 'running', count: 1 }, 'failed'),
  () => removePods({ app: APP, which: 'running', count: 1 }),
  () => removePods({ app: APP, which: 'leaving' }),
  (dice) => patch({ spec: { suspend: dice.once(2) } }),
  (dice) => patch({ spec: { parallelism: dice.below(4) } }),
  () => wait(4),
  () => wait(11),
  (dice) =>
    request({
      method: 'DELETE',
      path: `${JOBS}/j?propagationPolicy=${dice.pick(['Background', 'Orphan'])}`,
    }),
];

function patch(body: object): Step {
  return request({ method: 'PATCH', path: `${JOBS}/j`, body });
}
