/** Deployments, their ReplicaSets, bare ReplicaSets and disruption budgets. */
import type { Dice } from '../../fuzz/target.ts';
import { request, type Area, type Step } from '../script.ts';
import type { Request } from '../side.ts';
import { kubelets, loosenOwners, patchPods, removePods, setPods, wait } from './pods.ts';

export const deployments: Area = {
  kinds: ['Deployment', 'ReplicaSet', 'Pod', 'PodDisruptionBudget', 'Event'],
  cluster: () => NODES,
  script,
  loosen: loosenOwners,
  quietMs: 400,
};

/** Nodes that are ready, with room for anything. */
export const NODES: readonly Request[] = ['n1', 'n2', 'n3'].flatMap((name, index): Request[] => [
  {
    method: 'POST',
    path: '/api/v1/nodes',
    body: {
      metadata: {
        name,
        labels: { 'kubernetes.io/hostname': name, disk: index === 0 ? 'hdd' : 'ssd' },
      },
      status: {
        allocatable: { cpu: '4', pods: '100' },
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    },
  },
  // Every new Node is tainted as not ready; who takes that away does not run here.
  {
    method: 'PATCH',
    path: `/api/v1/nodes/${name}`,
    body: {
      spec: { taints: index === 2 ? [{ key: 'only', value: 'gpu', effect: 'NoSchedule' }] : null },
    },
  },
]);

const APP = 'web';

function script(dice: Dice): readonly Step[] {
  const changes = Array.from({ length: dice.between(6, 12) }, () => [
    dice.pick(CHANGES)(dice),
    kubelets(dice, APP),
  ]).flat();
  return [
    ...(dice.once(3) ? [budget(dice)] : []),
    create(dice),
    kubelets(dice, APP),
    kubelets(dice, APP),
    ...changes,
  ];
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/NS/deployments';

function create(dice: Dice): Step {
  return request({
    method: 'POST',
    path: DEPLOYMENTS,
    body: {
      metadata: {
        name: 'web',
        labels: { app: APP, team: 'a' },
        annotations: { 'kubernetes.io/change-cause': 'first' },
      },
      spec: {
        replicas: dice.between(0, 6),
        selector: { matchLabels: { app: APP } },
        ...(dice.once(3) && { progressDeadlineSeconds: dice.between(3, 4) }),
        ...(dice.once(2) && { revisionHistoryLimit: dice.between(0, 2) }),
        ...(dice.once(8) && { paused: true }),
        strategy: strategy(dice),
        template: {
          metadata: { labels: { app: APP } },
          spec: { containers: [{ name: 'c', image: 'v1' }] },
        },
      },
    },
  });
}

function strategy(dice: Dice): object {
  if (dice.once(5)) return { type: 'Recreate', rollingUpdate: null };
  const amount = (): number | string =>
    dice.pick<number | string>([0, 1, 1, 2, '25%', '25%', '34%', '50%', '100%', '1%']);
  const maxSurge = amount();
  const maxUnavailable = amount();
  const isNothing = maxSurge === 0 && maxUnavailable === 0;
  return {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: isNothing ? 1 : maxSurge, maxUnavailable },
  };
}

const CHANGES: readonly ((dice: Dice) => Step)[] = [
  scale,
  scale,
  image,
  image,
  image,
  (dice) => patch({ spec: { paused: dice.once(2) } }),
  (dice) => patch({ spec: { strategy: strategy(dice) } }),
  (dice) =>
    patch({
      metadata: { annotations: { 'kubernetes.io/change-cause': `cause ${dice.below(3)}` } },
    }),
  (dice) => patch({ metadata: { labels: { team: dice.pick(['a', 'b']) } } }),
  (dice) =>
    patch({
      spec: { template: { metadata: { annotations: { restarted: `at ${dice.below(3)}` } } } },
    }),
  (dice) => patch({ spec: { revisionHistoryLimit: dice.between(0, 2) } }),
  (dice) =>
    patch({ spec: { replicas: dice.between(0, 8), template: templateOf(dice), paused: null } }),
  () => wait(2.5),
  () => wait(4.5),
  (dice) => setPods({ app: APP, which: 'running', count: 1, skip: dice.below(3) }, 'unready'),
  (dice) => setPods({ app: APP, which: 'running' }, dice.pick(['ready', 'unready'])),
  () => setPods({ app: APP, which: 'running', count: 1 }, 'failed'),
  (dice) => removePods({ app: APP, which: 'running', count: dice.between(1, 2) }),
  () => patchPods({ app: APP, which: 'running', count: 1 }, { metadata: { labels: { app: 'x' } } }),
  budget,
  (dice) =>
    request({
      method: 'DELETE',
      path: `${DEPLOYMENTS}/web?propagationPolicy=${dice.pick(['Background', 'Orphan', 'Foreground'])}`,
    }),
  create,
];

function patch(body: object): Step {
  return request({ method: 'PATCH', path: `${DEPLOYMENTS}/web`, body });
}

function scale(dice: Dice): Step {
  return patch({ spec: { replicas: dice.between(0, 10) } });
}

function templateOf(dice: Dice): object {
  return { spec: { containers: [{ name: 'c', image: `v${dice.between(1, 4)}` }] } };
}

function image(dice: Dice): Step {
  return patch({ spec: { template: templateOf(dice) } });
}

/** A disruption budget for the same Pods, made or replaced. */
function budget(dice: Dice): Step {
  const amount = dice.pick<number | string>([0, 1, 2, '25%', '50%', '100%']);
  const path = '/apis/policy/v1/namespaces/NS/poddisruptionbudgets';
  return request({
    method: 'POST',
    path,
    body: {
      metadata: { name: `b${dice.below(2)}` },
      spec: {
        selector: { matchLabels: { app: APP } },
        [dice.pick(['minAvailable', 'maxUnavailable'])]: amount,
      },
    },
  });
}
