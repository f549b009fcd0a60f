import type { KubeObject } from '../object.ts';
import { isJsonObject } from '../patch/index.ts';

/** What others need comes first, as in `helm install`; kinds that are not here come last, in the order of the files. */
const ORDER: readonly string[] = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'ServiceCIDR',
  'Node',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  // Before what makes Pods: their environment names the Services that were there first.
  'Service',
  'Endpoints',
  'EndpointSlice',
  'IngressClass',
  'DaemonSet',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'Ingress',
];

const RANK: ReadonlyMap<string, number> = new Map(ORDER.map((kind, index) => [kind, index]));

/** Puts objects into the order in which they are created; they are deleted in the opposite one. */
export function sortForApply<T extends { readonly object: KubeObject }>(
  items: readonly T[],
): readonly T[] {
  return items.toSorted((a, b) => rankOf(a.object) - rankOf(b.object));
}

function rankOf(object: KubeObject): number {
  const rank = RANK.get(object.kind) ?? ORDER.length;
  // Services that ask for an address or a node port come before those that take any, which might take just that one.
  return object.kind === 'Service' && !asksForNumbers(object) ? rank + 0.5 : rank;
}

function asksForNumbers({ spec }: KubeObject): boolean {
  if (!isJsonObject(spec)) return false;
  const { clusterIP, clusterIPs, ports } = spec;
  const hasNodePort =
    Array.isArray(ports) &&
    ports.some((port: unknown) => isJsonObject(port) && port['nodePort'] !== undefined);
  return clusterIP !== undefined || clusterIPs !== undefined || hasNodePort;
}
