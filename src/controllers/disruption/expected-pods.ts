import {
  guessPlural,
  type OwnerReference,
  type Pod,
  type PodDisruptionBudget,
} from '../../api/index.ts';
import type { Snapshot } from '../controller.ts';
import { scaledValue } from '../int-or-percent.ts';
import { controllerOf } from '../owner.ts';

/** How many Pods a budget counts on, and how many of them must be healthy. */
export interface Expectation {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
  /** Whether Pods without an owner were left out of the count. */
  readonly hasUnmanaged: boolean;
}

/**
 * What a budget asks for. With a number of available Pods those that are there are counted; for anything else what
 * their owners ask for.
 *
 * @returns the reason where an owner has no size.
 * @see kubernetes pkg/controller/disruption `getExpectedPodCount`
 */
export function expectationOf(
  { spec = {} }: PodDisruptionBudget,
  pods: readonly Pod[],
  snapshot: Snapshot,
): Expectation | string {
  const { minAvailable, maxUnavailable } = spec;
  const limit = maxUnavailable ?? minAvailable;
  if (limit === undefined) return { expectedPods: 0, desiredHealthy: 0, hasUnmanaged: false };
  if (maxUnavailable === undefined && typeof limit === 'number')
    return { expectedPods: pods.length, desiredHealthy: limit, hasUnmanaged: false };
  const scale = ownersScale(pods, snapshot);
  if (typeof scale === 'string') return scale;
  const amount = scaledValue(limit, scale.expectedPods, 'up');
  if (amount === undefined)
    return 'invalid value for IntOrString: invalid type: string is not a percentage';
  const isMissing = maxUnavailable !== undefined;
  const desiredHealthy = isMissing ? Math.max(0, scale.expectedPods - amount) : amount;
  return { ...scale, desiredHealthy };
}

function ownersScale(
  pods: readonly Pod[],
  snapshot: Snapshot,
): { readonly expectedPods: number; readonly hasUnmanaged: boolean } | string {
  const sizes = new Map<string, number>();
  let hasUnmanaged = false;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) {
      hasUnmanaged = true;
      continue;
    }
    const { namespace } = pod.metadata;
    const top = owner.kind === 'ReplicaSet' ? deploymentOver(owner, namespace, snapshot) : owner;
    if (sizes.has(top.uid)) continue;
    const size = sizeOf(top, namespace, snapshot);
    if (typeof size === 'string') return size;
    sizes.set(top.uid, size);
  }
  const expectedPods = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return { expectedPods, hasUnmanaged };
}

/** The Deployment of a ReplicaSet; the ReplicaSet itself where it has none. */
function deploymentOver(
  reference: OwnerReference,
  namespace: string | undefined,
  snapshot: Snapshot,
): OwnerReference {
  const replicaSet = snapshot.get('ReplicaSet', namespace, reference.name);
  if (replicaSet === undefined || replicaSet.metadata.uid !== reference.uid) return reference;
  const deployment = controllerOf(replicaSet);
  return deployment?.kind === 'Deployment' ? deployment : reference;
}

/** Kinds that are given a size, which is what has a scale subresource; custom resources may have one too. */
function sizeOf(
  { apiVersion, kind, name, uid }: OwnerReference,
  namespace: string | undefined,
  snapshot: Snapshot,
): number | string {
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? '' : `.${apiVersion.slice(0, slash)}`;
  const owner = snapshot.get<string>(`${kind}${group}`, namespace, name);
  // An owner that is gone asks for nothing.
  if (owner === undefined || owner.metadata.uid !== uid) return 0;
  const { replicas } = (owner['spec'] ?? {}) as { readonly replicas?: unknown };
  if (typeof replicas === 'number') return replicas;
  return `${guessPlural(kind)}${group} does not implement the scale subresource`;
}
