import type { Pod, Service } from '../api/index.ts';
import { podCondition } from './pod-condition.ts';

/**
 * Which change a sync of a Service's endpoints answers to: what proxies measure their latency from.
 *
 * It remembers what it saw of each Service and its Pods at the last sync, as no object keeps that: a write is stamped
 * with the earliest of the changes since then, and one that answers to nothing that leaves a time with none.
 *
 * @see kubernetes endpointslice/util/trigger_time_tracker.go
 */
export class TriggerTimes {
  readonly #known = new Map<string, Seen>();

  /** @returns undefined when nothing that leaves a time has changed */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const created = service.metadata.creationTimestamp;
    const before = this.#known.get(key);
    const podTimes = new Map<string, string>();
    for (const pod of pods) {
      const time = podCondition(pod, 'Ready')?.lastTransitionTime;
      if (time !== undefined) podTimes.set(pod.metadata.name, time);
    }
    this.#known.set(key, { created, podTimes });
    if (before === undefined) return created;
    return earliest([
      ...[...podTimes].filter(([name, time]) => isAfter(time, before.podTimes.get(name))),
      ...(isAfter(created, before.created) ? [['', created] as const] : []),
    ]);
  }

  /** To be called when the Service is gone. */
  forget(key: string): void {
    this.#known.delete(key);
  }
}

interface Seen {
  readonly created: string | undefined;
  /** By the name of the Pod. */
  readonly podTimes: ReadonlyMap<string, string>;
}

/** Times of the API are all in UTC and of one length, so their texts are in their order. */
function isAfter(time: string | undefined, other: string | undefined): boolean {
  return time !== undefined && (other === undefined || time > other);
}

function earliest(changed: readonly (readonly [string, string | undefined])[]): string | undefined {
  let first: string | undefined;
  for (const [, time] of changed)
    if (time !== undefined && (first === undefined || time < first)) first = time;
  return first;
}
