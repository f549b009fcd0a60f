import type { KubeObject } from './object.ts';
import type { StoreEvent } from './store.ts';

/** Keeps every change of a store, before anybody hears of it. */
export interface Journal {
  /** Returns when the change outlives this process. @throws PodlaneError when it cannot be kept; nothing has changed then. */
  append(event: StoreEvent): void;
}

/** What a store held when it was last written. */
export interface StoredState {
  /** Of the last change; the next one gets the number after it. */
  readonly revision: number;
  /** Complete objects with their resourceVersions, in any order. */
  readonly objects: readonly KubeObject[];
}

/** What a store that was never written holds. */
export const NOTHING_STORED: StoredState = { revision: 0, objects: [] };

/**
 * The kinds that others depend on, in the order in which they come back: definitions teach the store their kinds, ranges
 * the addresses of Services, and an address that no Service has is held for itself.
 */
const FIRST: readonly string[] = ['CustomResourceDefinition', 'ServiceCIDR', 'Service'];

/** Stored objects in the order in which a store takes them back. */
export function sortForRestore(objects: readonly KubeObject[]): readonly KubeObject[] {
  return objects.toSorted((left, right) => rankOf(left) - rankOf(right));
}

function rankOf({ kind }: KubeObject): number {
  const rank = FIRST.indexOf(kind);
  return rank === -1 ? FIRST.length : rank;
}
