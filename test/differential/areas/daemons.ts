/** DaemonSets on Nodes that come, change and go; each script has Nodes of its own. */
import type { Dice } from '../../fuzz/target.ts';
import { request, together, type Area, type Stage, type Step } from '../script.ts';
import { kubelets, loosenOwners, removePods, setPods, withoutPin } from './pods.ts';

export const daemons: Area = {
  kinds: ['DaemonSet', 'ControllerRevision', 'Pod', 'Event'],
  cluster: () => [],
  script,
  loosen: (kind, objects) => loosenOwners(kind, objects).map((object) => withoutPin(kind, object)),
  quietMs: 400,
};

const APP = 'agent';
const SETS = '/apis/apps/v1/namespaces/NS/daemonsets';
/** The label that keeps the DaemonSets of one script from the Nodes of the others. */
const OWN = 'script';

function script(dice: Dice): readonly Step[] {
  const count = dice.between(2, 4);
  const changes = Array.from({ length: dice.between(6, 12) }, () => [
    dice.pick(CHANGES)(dice),
    kubelets(dice, APP),
  ]).flat();
  return [
    together(Array.from({ length: count }, (_, index) => addNode(dice, index))),
    create(dice),
    setPods({ app: APP, which: 'new' }, 'ready'),
    ...changes,
    ...Array.from({ length: 6 }, (_, index) => removeNode(index)),
  ];
}

function nameOf({ namespace }: Stage, index: number): string {
  return `${namespace}-${index}`;
}

function addNode(dice: Dice, index: number): Step {
  const labels = { disk: dice.pick(['ssd', 'hdd']) };
  const spec = dice.once(4) ? { taints: [taintOf(dice)] } : {};
  return {
    says: `add node ${index} ${JSON.stringify({ labels, spec })}`,
    act: async (stage) => {
      const name = nameOf(stage, index);
      const metadata = {
        name,
        labels: { ...labels, [OWN]: stage.namespace, 'kubernetes.io/hostname': name },
      };
      const { status } = await stage.ask({
        method: 'POST',
        path: '/api/v1/nodes',
        body: {
          metadata,
          status: {
            allocatable: { cpu: '4', pods: '100' },
            conditions: [{ type: 'Ready', status: 'True' }],
          },
        },
      });
      if (status !== 201) return status;
      // Every new Node is tainted as not ready; who takes that away does not run here.
      const body = { spec: { taints: null, ...spec } };
      return (await stage.ask({ method: 'PATCH', path: `/api/v1/nodes/${name}`, body })).status;
    },
  };
}

function taintOf(dice: Dice): object {
  const effect = dice.pick(['NoSchedule', 'NoExecute', 'PreferNoSchedule']);
  return { key: dice.pick(['only', 'other']), value: 'x', effect };
}

function changeNode(index: number, body: object): Step {
  return {
    says: `change node ${index} ${JSON.stringify(body)}`,
    act: async (stage) => {
      const path = `/api/v1/nodes/${nameOf(stage, index)}`;
      return (await stage.ask({ method: 'PATCH', path, body })).status;
    },
  };
}

function removeNode(index: number): Step {
  return {
    says: `remove node ${index}`,
    act: async (stage) => {
      const path = `/api/v1/nodes/${nameOf(stage, index)}`;
      return (await stage.ask({ method: 'DELETE', path })).status;
    },
  };
}

/** What a DaemonSet asks of its Nodes, on top of being the script's own. */
function placement(dice: Dice, namespace: string): object {
  return {
    nodeSelector: { [OWN]: namespace, disk: null, ...dice.pick([{}, {}, { disk: 'ssd' }]) },
    tolerations: dice.pick([
      null,
      null,
      [{ operator: 'Exists' }],
      [{ key: 'only', operator: 'Exists', effect: 'NoSchedule' }],
    ]),
  };
}

function specOf(version: number): object {
  return { containers: [{ name: 'c', image: `v${version}` }] };
}

function strategy(dice: Dice): object {
  const type = 'RollingUpdate';
  if (dice.once(5)) return { type: 'OnDelete', rollingUpdate: null };
  const amount = dice.pick<number | string>([1, 2, '50%', '34%', '100%']);
  return dice.once(2)
    ? { type, rollingUpdate: { maxSurge: amount, maxUnavailable: 0 } }
    : { type, rollingUpdate: { maxSurge: 0, maxUnavailable: amount } };
}

function create(dice: Dice): Step {
  const limit = dice.once(2) ? { revisionHistoryLimit: dice.between(0, 1) } : {};
  const updateStrategy = strategy(dice);
  const seed = dice.below(1000);
  return withPlacement(`create ${JSON.stringify({ ...limit, updateStrategy })}`, seed, {
    method: 'POST',
    path: SETS,
    bodyWith: (place) => ({
      metadata: { name: APP },
      spec: {
        selector: { matchLabels: { app: APP } },
        ...limit,
        updateStrategy,
        template: { metadata: { labels: { app: APP } }, spec: { ...specOf(1), ...place } },
      },
    }),
  });
}

interface Placed {
  readonly method: 'PATCH' | 'POST';
  readonly path: string;
  readonly bodyWith: (place: object) => object;
}

const PLACES: readonly ((namespace: string) => object)[] = [0, 1, 2, 3, 4, 5].map(
  (index) => (namespace) => placement(fixedDice(index), namespace),
);

/** A dice that shows what `index` says, so that both sides and each repetition see the same. */
function fixedDice(index: number): Dice {
  return { pick: <T>(from: readonly T[]): T => from[index % from.length] as T } as Dice; // only `pick` is asked
}

function withPlacement(says: string, seed: number, { method, path, bodyWith }: Placed): Step {
  const at = seed % PLACES.length;
  return {
    says: `${says} placed as ${at}`,
    act: async (stage) => {
      const body = bodyWith(PLACES[at]?.(stage.namespace) ?? {});
      return (await stage.ask({ method, path, body })).status;
    },
  };
}

function patch(body: object): Step {
  return request({ method: 'PATCH', path: `${SETS}/${APP}`, body });
}

const CHANGES: readonly ((dice: Dice) => Step)[] = [
  (dice) => patch({ spec: { template: { spec: specOf(dice.between(1, 3)) } } }),
  (dice) => patch({ spec: { template: { spec: specOf(dice.between(1, 3)) } } }),
  (dice) => patch({ spec: { updateStrategy: strategy(dice) } }),
  (dice) => patch({ spec: { updateStrategy: strategy(dice) } }),
  (dice) =>
    withPlacement('place', dice.below(1000), {
      method: 'PATCH',
      path: `${SETS}/${APP}`,
      bodyWith: (place) => ({ spec: { template: { spec: place } } }),
    }),
  (dice) => addNode(dice, dice.between(2, 5)),
  (dice) => addNode(dice, dice.between(2, 5)),
  (dice) => removeNode(dice.below(5)),
  (dice) =>
    changeNode(dice.below(4), { metadata: { labels: { disk: dice.pick(['ssd', 'hdd']) } } }),
  (dice) => changeNode(dice.below(4), { spec: { taints: dice.pick([null, [taintOf(dice)]]) } }),
  (dice) => changeNode(dice.below(4), { spec: { unschedulable: dice.pick([true, null]) } }),
  () => setPods({ app: APP, which: 'running' }, 'ready'),
  (dice) =>
    setPods(
      { app: APP, which: 'running', count: 1, skip: dice.below(3) },
      dice.pick(['unready', 'failed']),
    ),
  (dice) => removePods({ app: APP, which: 'running', count: 1, skip: dice.below(3) }),
  () => removePods({ app: APP, which: 'leaving' }),
];
