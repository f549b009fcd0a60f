import type { DaemonSet, Pod } from '../../api/index.ts';
import { scaledValue } from '../int-or-percent.ts';
import { isPodAvailable } from '../pod-condition.ts';
import { isUpdated } from './daemon-pod.ts';

/** The daemons of a set by the Node that they are on or are to be on. */
export type Daemons = ReadonlyMap<string, readonly Pod[]>;

export interface RollOptions {
  readonly hash: string;
  /** Nodes that are to have a daemon. */
  readonly desired: number;
  readonly now: number;
}

/** What a rolling update does next. */
export interface RollStep {
  readonly toDelete: readonly Pod[];
  /** Nodes that get a new daemon beside the old one. */
  readonly toSurge: readonly string[];
}

/**
 * Old daemons that make place for new ones, as many as may be missing at a time; with a surge the new one comes first.
 *
 * An old daemon that is not available costs nothing and goes at once.
 *
 * @see kubernetes pkg/controller/daemon/update.go `rollingUpdate`
 */
export function rollDaemons(set: DaemonSet, daemons: Daemons, options: RollOptions): RollStep {
  if (set.spec?.updateStrategy?.type === 'OnDelete') return { toDelete: [], toSurge: [] };
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
    const { fresh, old, isClear } = pairOf(pods, options.hash);
    if (!isClear || (fresh === undefined) === (old === undefined)) missing += 1;
    else if (fresh !== undefined) missing += isAvailable(fresh, set, options.now) ? 0 : 1;
    else if (old !== undefined) (isAvailable(old, set, options.now) ? candidates : idle).push(old);
  }
  const room = Math.max(0, options.limit - missing);
  return { toDelete: [...idle, ...candidates.slice(0, room)], toSurge: [] };
}

function surgeOver(set: DaemonSet, daemons: Daemons, options: Limited): RollStep {
  let surging = 0;
  const idle: string[] = [];
  const candidates: string[] = [];
  const toDelete: Pod[] = [];
  for (const [node, pods] of daemons) {
    const { fresh, old, isClear } = pairOf(pods, options.hash);
    if (!isClear) surging += 1;
    else if (old !== undefined && fresh === undefined)
      (isAvailable(old, set, options.now) ? candidates : idle).push(node);
    else if (old !== undefined && fresh !== undefined) {
      if (isAvailable(fresh, set, options.now)) toDelete.push(old);
      else surging += 1;
    }
  }
  const room = Math.max(0, options.limit - surging);
  return { toDelete, toSurge: [...idle, ...candidates.slice(0, room)] };
}

/** The new and the old daemon of one Node; unclear where there are several of either. */
function pairOf(
  pods: readonly Pod[],
  hash: string,
): { readonly fresh: Pod | undefined; readonly old: Pod | undefined; readonly isClear: boolean } {
  const live = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const fresh = live.filter((pod) => isUpdated(pod, hash));
  const old = live.filter((pod) => !isUpdated(pod, hash));
  return { fresh: fresh[0], old: old[0], isClear: fresh.length <= 1 && old.length <= 1 };
}

/** How many daemons may be too many and too few; not both may be zero. */
export function limitsOf(
  { spec }: DaemonSet,
  desired: number,
): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 1 } = spec?.updateStrategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, desired, 'up') ?? 0;
  const unavailable = scaledValue(maxUnavailable, desired, 'up') ?? 0;
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

function isAvailable(pod: Pod, { spec }: DaemonSet, now: number): boolean {
  return isPodAvailable(pod, spec?.minReadySeconds ?? 0, now);
}
