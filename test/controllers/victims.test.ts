import t from 'tap';
import type { Pod } from '../../src/api/index.ts';
import { victimsFirst } from '../../src/controllers/victims.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const DAY_MS = 86_400_000;

interface PodRow {
  readonly node?: string;
  readonly phase?: string;
  readonly isReady?: boolean;
  readonly readySinceMs?: number;
  readonly cost?: string;
  readonly restarts?: number;
  readonly ageMs?: number;
  readonly uid?: string;
}

function pod(name: string, row: PodRow): Pod {
  const {
    node = 'n1',
    phase = 'Running',
    isReady = true,
    readySinceMs = DAY_MS,
    cost,
    restarts = 0,
  } = row;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: row.uid ?? name,
      creationTimestamp: ago(row.ageMs ?? DAY_MS),
      annotations: cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': cost },
    },
    spec: { nodeName: node, containers: [] },
    status: {
      phase,
      conditions: [
        {
          type: 'Ready',
          status: isReady ? 'True' : 'False',
          lastTransitionTime: ago(readySinceMs),
        },
      ],
      containerStatuses: [
        { name: 'c', image: '', imageID: '', ready: isReady, restartCount: restarts },
      ],
    },
  };
}

/** In each case the Pod named `victim` goes first. */
const cases: readonly {
  readonly name: string;
  readonly victim: PodRow;
  readonly other: PodRow;
  readonly related?: readonly PodRow[];
}[] = [
  {
    name: 'a Pod without a Node before one with',
    victim: { node: '' },
    other: { phase: 'Pending', isReady: false },
  },
  {
    name: 'a pending Pod before a running one',
    victim: { phase: 'Pending' },
    other: { isReady: false },
  },
  {
    name: 'a Pod that is not ready before one that is',
    victim: { isReady: false, cost: '10' },
    other: { cost: '-5' },
  },
  { name: 'the cheaper Pod', victim: { cost: '-5' }, other: {} },
  { name: 'the Pod with no cost before one with', victim: {}, other: { cost: '5' } },
  { name: 'a cost that is no number counts as none', victim: { cost: '+9' }, other: { cost: '1' } },
  {
    name: 'the Pod on the crowded Node',
    victim: { node: 'n1', readySinceMs: DAY_MS },
    other: { node: 'n2', readySinceMs: 1000 },
    related: [{ node: 'n1' }, { node: 'n1' }, { node: 'n2' }],
  },
  {
    name: 'the Pod that became ready later',
    victim: { readySinceMs: 1000, restarts: 0 },
    other: { readySinceMs: DAY_MS, restarts: 9 },
  },
  {
    name: 'of Pods ready for about as long the one with the lower uid',
    victim: { readySinceMs: 5_000, uid: 'a' },
    other: { readySinceMs: 5_100, uid: 'b' },
  },
  {
    name: 'the Pod that restarted more often',
    victim: { restarts: 3 },
    other: { restarts: 1, ageMs: 1000 },
  },
  {
    name: 'the younger Pod',
    victim: { ageMs: 1000, uid: 'z' },
    other: { ageMs: DAY_MS, uid: 'a' },
  },
];
for (const { name, victim, other, related = [] } of cases) {
  t.test(`victimsFirst() gives up ${name}`, async (t) => {
    const pods = [pod('other', other), pod('victim', victim)];
    const options = {
      related: related.map((row, index) => pod(`related-${index}`, row)),
      now: NOW,
    };
    for (const order of [pods, pods.toReversed()])
      t.equal(victimsFirst(order, options)[0]?.metadata.name, 'victim');
  });
}
