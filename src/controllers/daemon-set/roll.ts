import type { DaemonSet, Pod } from '../../api/index.ts';
import { scaledValue } from '../int-or-percent.ts';
import { isPodAvailable } from '../pod-condition.ts';
import { isUpdated } from './daemon-pod.ts';

/** The daemons of a set by the Node that they are on or are to be on. */
export type Daemons = ReadonlyMap<string, readonly Pod[]>;

export interface RollOptions {
  readonly hash: string;
  /** How many Nodes are to have a daemon. */
  readonly desired: number;
  /** Whether a Node is; undefined for one that is not there. */
  readonly shouldRun: (node: string) => boolean | undefined;
  readonly now: number;
}

/** What a rolling update does next. */
export interface RollStep {
  readonly toDelete: readonly Pod[];
  /** Nodes that get a new daemon beside the old one. */
  readonly toSurge: readonly string[];
  /** A daemon of a Node that is gone keeps it from going on. @default false */
  readonly isStuck?: boolean;
}

const NOTHING: RollStep = { toDelete: [], toSurge: [] };

/**
 * Old daemons that make place for new ones, as many as may be missing at a time; with a surge the new one comes first.
 *
 * An old daemon that is not available costs nothing and goes at once.
 *
 * @see kubernetes pkg/controller/daemon/update.go `rollingUpdate`
 */
export function rollDaemons(set: DaemonSet, daemons: Daemons, options: RollOptions): RollStep {
  if (set.spec?.updateStrategy?.type === 'OnDelete') return NOTHING;
  const { surge, unavailable } = limitsOf(set, options.desired);
  return surge === 0
    ? replace(set, daemons, { ...options, limit: unavailable })
    : surgeOver(set, daemons, { ...options, limit: surge });
}

interface Limited extends RollOptions {
  readonly limit: number;
}

function replace(set: DaemonSet, daemons: Daemons, options: Limited): RollStep {
  let missing = 0;
  const idle: Pod[] = [];
  const candidates: Pod[] = [];
  for (const pods of daemons.values()) {
    const { fresh, old, isClear } = pairOf(set, pods, options.hash);
    if (!isClear || (fresh === undefined) === (old === undefined)) missing += 1;
    else if (fresh !== undefined) missing += isAvailable(fresh, set, options.now) ? 0 : 1;
    else if (old !== undefined && isAvailable(old, set, options.now)) candidates.push(old);
    else if (old !== undefined) {
      idle.push(old);
      missing += 1;
    }
  }
  const room = Math.max(0, options.limit - missing);
  return { toDelete: [...idle, ...candidates.slice(0, room)], toSurge: [] };
}

/** What a look at every Node has found of a surge. */
interface Surge {
  surging: number;
  available: number;
  readonly idle: string[];
  readonly candidates: string[];
  readonly toDelete: Pod[];
  /** On Nodes that are to have none any more. */
  readonly misplaced: Pod[];
}

/** A daemon leaves a Node that is to have none only when as many as wanted are available elsewhere. */
function surgeOver(set: DaemonSet, daemons: Daemons, options: Limited): RollStep {
  const found: Surge = {
    surging: 0,
    available: 0,
    idle: [],
    candidates: [],
    toDelete: [],
    misplaced: [],
  };
  for (const [node, pods] of daemons) {
    const pair = pairOf(set, pods, options.hash);
    if (!pair.isClear) found.surging += 1;
    // A Node that is not there any more stops everything, until its daemons are gone.
    else if (!lookAt(set, node, { pair, found, options })) return { ...NOTHING, isStuck: true };
  }
  const { toDelete, misplaced, idle, candidates } = found;
  const spare = Math.max(0, found.available - options.desired);
  const room = Math.max(0, options.limit - found.surging);
  return {
    toDelete: [...toDelete, ...misplaced.slice(0, spare)],
    toSurge: [...idle, ...candidates.slice(0, room)],
  };
}

interface Look {
  readonly pair: Pair;
  readonly found: Surge;
  readonly options: Limited;
}

/** @returns false where there is no such Node. */
function lookAt(set: DaemonSet, node: string, { pair, found, options }: Look): boolean {
  const { fresh, old } = pair;
  const isThere = (pod: Pod | undefined): boolean =>
    pod !== undefined && isAvailable(pod, set, options.now);
  if (isThere(old ?? fresh)) found.available += 1;
  if (old === undefined) return true;
  if (fresh !== undefined) {
    if (isThere(fresh)) found.toDelete.push(old);
    else found.surging += 1;
    return true;
  }
  const shouldRun = options.shouldRun(node);
  if (shouldRun === undefined) return false;
  if (shouldRun) (isThere(old) ? found.candidates : found.idle).push(node);
  else (isThere(old) ? found.misplaced : found.toDelete).push(old);
  return true;
}

interface Pair {
  readonly fresh: Pod | undefined;
  readonly old: Pod | undefined;
  readonly isClear: boolean;
}

/** The new and the old daemon of one Node; unclear where there are several of either. */
function pairOf(set: DaemonSet, pods: readonly Pod[], hash: string): Pair {
  const live = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const fresh = live.filter((pod) => isUpdated(set, pod, hash));
  const old = live.filter((pod) => !isUpdated(set, pod, hash));
  return { fresh: fresh[0], old: old[0], isClear: fresh.length <= 1 && old.length <= 1 };
}

/** How many daemons may be too many and too few; where any are wanted, not both may be zero. */
export function limitsOf(
  { spec }: DaemonSet,
  desired: number,
): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 1 } = spec?.updateStrategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, desired, 'up') ?? 0;
  const unavailable = scaledValue(maxUnavailable, desired, 'up') ?? 0;
  const isImpossible = desired > 0 && surge === 0 && unavailable === 0;
  return isImpossible ? { surge, unavailable: 1 } : { surge, unavailable };
}

function isAvailable(pod: Pod, { spec }: DaemonSet, now: number): boolean {
  return isPodAvailable(pod, spec?.minReadySeconds ?? 0, now);
}
