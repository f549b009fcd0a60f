import type { Store } from '../api/index.ts';
import type { Clock } from '../observe/index.ts';
import type { Snapshot } from './controller.ts';

/** What controllers see of the store. */
export function snapshotOf(store: Store, clock: Clock): Snapshot {
  return {
    get now() {
      return clock.now();
    },
    get revision() {
      return store.revision;
    },
    get: (kind, namespace, name) => store.get(kind, namespace, name),
    list: (kind, listOptions) => store.list(kind, listOptions),
    ownedBy: (kind, uid) => store.ownedBy(kind, uid),
  };
}
