import { formatTime, type Pod, type PodCondition } from '../../api/index.ts';
import { keyOf, splitKey, update, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';
import { refOf } from '../owner.ts';
import { isPodActive, podCondition } from '../pod-condition.ts';
import { claimNamesOf } from '../volume-match.ts';
import { ClusterCache, type NodeFacts } from './cluster-cache.ts';
import { filtersFor, refusalOf, type Refusal } from './filters.ts';
import { podFacts } from './pod-facts.ts';
import { bestNode } from './scores.ts';
import { planVolumes, podVolumes } from './volumes.ts';

const NAME = 'default-scheduler';

export interface SchedulerOptions {
  /** Decides between Nodes that are equally good. @default 0 */
  readonly seed?: number;
}

/**
 * Gives every Pod a Node, as kube-scheduler's default profile does: nodeSelector, node affinity, taints, host ports,
 * affinity between Pods and topology spread must hold; among the Nodes left it spreads.
 *
 * A Pod that fits nowhere says so in its PodScheduled condition and an Event, and is tried again when a Node, a
 * Namespace or another Pod changes. There is no preemption: nothing is consumed that a victim could give back.
 */
export function createSchedulerController({ seed = 0 }: SchedulerOptions = {}): Controller {
  const cache = new ClusterCache();
  /** Pods that found no Node. */
  const waiting = new Set<string>();
  /** Those of them that name claims. */
  const claiming = new Set<string>();
  return {
    name: NAME,
    // A workload makes several Pods at once.
    keysARound: 16,
    watches: [
      watchKind('Node', (node) => {
        cache.noteNode(node);
        return [...waiting];
      }),
      watchKind('Pod', (pod, reader) => {
        const makesRoom = cache.notePod(pod, reader);
        return [...(pod.spec?.nodeName ? [] : [keyOf(pod)]), ...(makesRoom ? waiting : [])];
      }),
      watchKind('Namespace', () => [...waiting]),
      ...['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass.storage.k8s.io'].map((kind) =>
        watchKind<string>(kind, () => [...claiming]),
      ),
    ],
    reconcile: (key, snapshot) => {
      waiting.delete(key);
      claiming.delete(key);
      const pod = snapshot.get('Pod', ...splitKey(key));
      if (pod === undefined || !isToSchedule(pod)) return [];
      if ((pod.spec?.schedulingGates ?? []).length > 0) return hold(pod, GATED, snapshot.now);
      cache.refresh(snapshot);
      const placement = place(pod, { cache, snapshot, seed });
      if (placement.kind === 'placed') return bind(pod, placement.nodeName, snapshot.now);
      waiting.add(key);
      if (claimNamesOf(pod).length > 0) claiming.add(key);
      if (placement.kind === 'awaited') {
        cache.assume(pod, placement.nodeName);
        return placement.changes;
      }
      cache.forget(key);
      const { message } = placement;
      return hold(pod, { reason: 'Unschedulable', message }, snapshot.now);
    },
  };
}

const GATED = {
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
} as const;

type Placement =
  | { readonly kind: 'placed'; readonly nodeName: string }
  /** Its volumes have to come to the Node first. */
  | { readonly kind: 'awaited'; readonly nodeName: string; readonly changes: readonly Change[] }
  | { readonly kind: 'refused'; readonly message: string };

interface PlaceOptions {
  readonly cache: ClusterCache;
  readonly snapshot: Snapshot;
  readonly seed: number;
}

function place(pod: Pod, { cache, snapshot, seed }: PlaceOptions): Placement {
  const nodes = cache.nodes();
  if (nodes.length === 0)
    return { kind: 'refused', message: 'no nodes available to schedule pods' };
  const facts = { pod: podFacts(pod), cache, nodes, reader: snapshot };
  const volumes = podVolumes(facts);
  if (volumes.kind === 'problem')
    return { kind: 'refused', message: claimError(volumes.message, nodes.length) };
  const context = { ...facts, volumes };
  const filters = filtersFor(context);
  const fitting: NodeFacts[] = [];
  const refusals: Refusal[] = [];
  for (const candidate of nodes) {
    const refusal = refusalOf(filters, candidate);
    if (refusal === undefined) fitting.push(candidate);
    else refusals.push(refusal);
  }
  const assumed = cache.assumedNode(keyOf(pod));
  const best =
    fitting.find(({ node }) => node.metadata.name === assumed) ?? bestNode(context, fitting, seed);
  if (best === undefined) return { kind: 'refused', message: fitError(refusals) };
  const nodeName = best.node.metadata.name;
  if (volumes.delayed.length === 0) return { kind: 'placed', nodeName };
  const changes = planVolumes(context, volumes.delayed, best.node) ?? [];
  return { kind: 'awaited', nodeName, changes };
}

/**
 * No Node was looked at; the reason stands once.
 *
 * Its end is the error of a plugin that comes after and was not begun: DynamicResources does not find its state.
 *
 * @see kubernetes scheduler framework `FitError.Error`, `RunPostFilterPlugins`
 */
function claimError(problem: string, nodeCount: number): string {
  return `0/${nodeCount} nodes are available: ${problem}. not found`;
}

/** @see kubernetes scheduler framework `FitError.Error` */
function fitError(refusals: readonly Refusal[]): string {
  const total = refusals.length;
  const reasons = tally(refusals.map(({ reason }) => reason));
  const preemption = tally(
    refusals.map(({ isFinal }) =>
      isFinal
        ? 'Preemption is not helpful for scheduling'
        : 'No preemption victims found for incoming pod',
    ),
  );
  return `0/${total} nodes are available: ${reasons}. no new claims to deallocate, preemption: 0/${total} nodes are available: ${preemption}.`;
}

/** `1 this, 2 that`, in order of the text. */
function tally(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ');
}

function isToSchedule(pod: Pod): boolean {
  const { nodeName = '', schedulerName = NAME } = pod.spec ?? {};
  return nodeName === '' && schedulerName === NAME && isPodActive(pod);
}

/**
 * The binding, and the end of a refusal that stands in the Pod's status.
 *
 * A Pod that was never refused has no condition yet; its kubelet's first report says PodScheduled=True, which saves a
 * write for every Pod of a start.
 */
function bind(pod: Pod, nodeName: string, now: number): readonly Change[] {
  const { resourceVersion: _, ...metadata } = pod.metadata;
  const spec = { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName };
  const condition = { type: 'PodScheduled', status: 'True' } as const;
  const wasRefused = podCondition(pod, condition.type) !== undefined;
  return [
    ...(wasRefused
      ? [updateStatus({ ...pod, metadata, status: withCondition(pod, condition, now) })]
      : []),
    update({ ...pod, metadata, spec }, () => ({
      about: refOf(pod),
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${keyOf(pod)} to ${nodeName}`,
    })),
  ];
}

function hold(
  pod: Pod,
  { reason, message }: { readonly reason: string; readonly message: string },
  now: number,
): readonly Change[] {
  const present = podCondition(pod, 'PodScheduled');
  if (present?.status === 'False' && present.reason === reason && present.message === message)
    return [];
  const condition = { type: 'PodScheduled', status: 'False', reason, message } as const;
  const changes: Change[] = [updateStatus({ ...pod, status: withCondition(pod, condition, now) })];
  if (reason === 'Unschedulable')
    changes.push({
      kind: 'event',
      event: { about: refOf(pod), type: 'Warning', reason: 'FailedScheduling', message },
    });
  return changes;
}

function withCondition(pod: Pod, condition: PodCondition, now: number): NonNullable<Pod['status']> {
  const { conditions = [] } = pod.status ?? {};
  const present = conditions.find(({ type }) => type === condition.type);
  const isSame = present?.status === condition.status && present.lastTransitionTime !== undefined;
  const lastTransitionTime = isSame ? present.lastTransitionTime : formatTime(now);
  const next = { ...condition, lastTransitionTime };
  return {
    ...pod.status,
    conditions: [...conditions.filter(({ type }) => type !== condition.type), next],
  };
}
