import type { KindRegistry, KubeObject, Pod, Store } from '../api/index.ts';
import { controllerOf } from '../controllers/index.ts';

export type Workload = Pick<KubeObject, 'kind' | 'metadata'>;

/** Owners are a few levels high; what owns itself must not hold us up. */
const MOST_LEVELS = 10;

/** What a Pod belongs to in the end, as a Deployment: the topmost controller that is there, or the Pod itself. */
export function workloadOf(
  { kinds, store }: { readonly kinds: KindRegistry; readonly store: Store },
  pod: Pod,
): Workload {
  let top: Workload = { ...pod, kind: 'Pod' };
  for (let level = 0; level < MOST_LEVELS; level += 1) {
    const owner = controllerOf(top);
    if (owner === undefined) return top;
    const { name: kind, isNamespaced } = kinds.byApiVersion(owner.apiVersion, owner.kind);
    const home = isNamespaced ? top.metadata.namespace : undefined;
    const found = store.get<string>(kind, home, owner.name);
    if (found === undefined) return top;
    top = found;
  }
  return top;
}
