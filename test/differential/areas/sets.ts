/** StatefulSets and DaemonSets. */
import type { Dice } from '../../fuzz/target.ts';
import { request, type Area, type Step } from '../script.ts';
import { NODES } from './deployments.ts';
import { kubelets, loosenOwners, patchPods, removePods, setPods, withoutPin } from './pods.ts';

export const sets: Area = {
  kinds: [
    'StatefulSet',
    'DaemonSet',
    'ControllerRevision',
    'PersistentVolumeClaim',
    'Pod',
    'Event',
  ],
  cluster: () => NODES,
  script: (dice) => (dice.once(3) ? daemonScript(dice) : statefulScript(dice)),
  // The volume binder's Events are not about sets.
  loosen: (kind, objects) =>
    loosenOwners(kind, objects)
      .filter(({ involvedObject, message }) => !isClaim(involvedObject) && !isConflict(message))
      .map((object) => withoutPin(kind, object)),
  quietMs: 400,
};

/** Two of its controllers have written one claim; the next try does it. */
function isConflict(message: unknown): boolean {
  return String(message).includes('the object has been modified');
}

function isClaim(about: unknown): boolean {
  return JSON.stringify(about ?? '').includes('"PersistentVolumeClaim"');
}

const STATEFUL_SETS = '/apis/apps/v1/namespaces/NS/statefulsets';
const DAEMON_SETS = '/apis/apps/v1/namespaces/NS/daemonsets';

function statefulScript(dice: Dice): readonly Step[] {
  const changes = Array.from({ length: dice.between(6, 12) }, () => [
    dice.pick(STATEFUL_CHANGES)(dice),
    kubelets(dice, 'db'),
    kubelets(dice, 'db'),
  ]).flat();
  return [createStateful(dice), ready('db'), ready('db'), ready('db'), ...changes];
}

function ready(app: string): Step {
  return setPods({ app, which: 'new' }, 'ready');
}

function createStateful(dice: Dice): Step {
  const hasClaims = dice.once(3);
  return request({
    method: 'POST',
    path: STATEFUL_SETS,
    body: {
      metadata: { name: 'db', labels: { app: 'db' }, annotations: { note: 'x' } },
      spec: {
        serviceName: 'db',
        replicas: dice.between(0, 4),
        selector: { matchLabels: { app: 'db' } },
        podManagementPolicy: dice.pick(['OrderedReady', 'OrderedReady', 'Parallel']),
        ...(dice.once(3) && { revisionHistoryLimit: dice.between(0, 2) }),
        ...(dice.once(4) && { ordinals: { start: dice.between(0, 3) } }),
        updateStrategy: updateStrategy(dice),
        template: { metadata: { labels: { app: 'db' } }, spec: specOf(1) },
        ...(hasClaims && {
          volumeClaimTemplates: [
            {
              metadata: { name: 'data' },
              spec: {
                accessModes: ['ReadWriteOnce'],
                resources: { requests: { storage: '1Gi' } },
              },
            },
          ],
          persistentVolumeClaimRetentionPolicy: {
            whenDeleted: dice.pick(['Retain', 'Delete']),
            whenScaled: dice.pick(['Retain', 'Delete']),
          },
        }),
      },
    },
  });
}

function updateStrategy(dice: Dice): object {
  if (dice.once(5)) return { type: 'OnDelete', rollingUpdate: null };
  return { type: 'RollingUpdate', rollingUpdate: { partition: dice.pick([0, 0, 1, 2]) } };
}

function specOf(version: number): object {
  return { containers: [{ name: 'c', image: `v${version}` }] };
}

type Change = (dice: Dice) => Step;

const STATEFUL_CHANGES: readonly Change[] = [
  (dice) => patch(STATEFUL_SETS, 'db', { spec: { replicas: dice.between(0, 5) } }),
  (dice) => patch(STATEFUL_SETS, 'db', { spec: { replicas: dice.between(0, 5) } }),
  (dice) =>
    patch(STATEFUL_SETS, 'db', { spec: { template: { spec: specOf(dice.between(1, 3)) } } }),
  (dice) =>
    patch(STATEFUL_SETS, 'db', { spec: { template: { spec: specOf(dice.between(1, 3)) } } }),
  (dice) => patch(STATEFUL_SETS, 'db', { spec: { updateStrategy: updateStrategy(dice) } }),
  (dice) => patch(STATEFUL_SETS, 'db', { spec: { ordinals: { start: dice.between(0, 2) } } }),
  (dice) => patch(STATEFUL_SETS, 'db', { spec: { revisionHistoryLimit: dice.between(0, 2) } }),
  (dice) => setPods({ app: 'db', which: 'running', count: 1, skip: dice.below(3) }, 'unready'),
  () => setPods({ app: 'db', which: 'running' }, 'ready'),
  (dice) => setPods({ app: 'db', which: 'running', count: 1, skip: dice.below(2) }, 'failed'),
  (dice) => removePods({ app: 'db', which: 'running', count: 1, skip: dice.below(3) }),
  () =>
    patchPods({ app: 'db', which: 'running', count: 1 }, { metadata: { labels: { app: 'x' } } }),
  (dice) =>
    request({
      method: 'DELETE',
      path: `${STATEFUL_SETS}/db?propagationPolicy=${dice.pick(['Background', 'Orphan'])}`,
    }),
  createStateful,
];

function patch(path: string, name: string, body: object): Step {
  return request({ method: 'PATCH', path: `${path}/${name}`, body });
}

function daemonScript(dice: Dice): readonly Step[] {
  const changes = Array.from({ length: dice.between(5, 10) }, () => [
    dice.pick(DAEMON_CHANGES)(dice),
    kubelets(dice, 'agent'),
  ]).flat();
  return [createDaemon(dice), ready('agent'), ...changes];
}

function createDaemon(dice: Dice): Step {
  return request({
    method: 'POST',
    path: DAEMON_SETS,
    body: {
      metadata: { name: 'agent' },
      spec: {
        selector: { matchLabels: { app: 'agent' } },
        ...(dice.once(2) && { revisionHistoryLimit: dice.between(0, 1) }),
        updateStrategy: daemonStrategy(dice),
        template: {
          metadata: { labels: { app: 'agent' } },
          spec: { ...specOf(1), ...placement(dice) },
        },
      },
    },
  });
}

function daemonStrategy(dice: Dice): object {
  const type = 'RollingUpdate';
  if (dice.once(5)) return { type: 'OnDelete', rollingUpdate: null };
  const amount = dice.pick<number | string>([1, 2, '50%', '34%']);
  return dice.once(2)
    ? { type, rollingUpdate: { maxSurge: amount, maxUnavailable: 0 } }
    : { type, rollingUpdate: { maxSurge: 0, maxUnavailable: amount } };
}

function placement(dice: Dice): object {
  return {
    nodeSelector: dice.pick([null, null, { disk: 'ssd' }]),
    tolerations: dice.pick([null, null, [{ operator: 'Exists' }]]),
  };
}

const DAEMON_CHANGES: readonly Change[] = [
  (dice) =>
    patch(DAEMON_SETS, 'agent', { spec: { template: { spec: specOf(dice.between(1, 3)) } } }),
  (dice) =>
    patch(DAEMON_SETS, 'agent', { spec: { template: { spec: specOf(dice.between(1, 3)) } } }),
  (dice) => patch(DAEMON_SETS, 'agent', { spec: { template: { spec: placement(dice) } } }),
  (dice) => patch(DAEMON_SETS, 'agent', { spec: { updateStrategy: daemonStrategy(dice) } }),
  () => setPods({ app: 'agent', which: 'running' }, 'ready'),
  (dice) => setPods({ app: 'agent', which: 'running', count: 1 }, dice.pick(['unready', 'ready'])),
  () => removePods({ app: 'agent', which: 'running', count: 1 }),
  () => removePods({ app: 'agent', which: 'leaving' }),
  (dice) =>
    request({
      method: 'DELETE',
      path: `${DAEMON_SETS}/agent?propagationPolicy=${dice.pick(['Background', 'Orphan'])}`,
    }),
  createDaemon,
];
