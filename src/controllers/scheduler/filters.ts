import type { StoreReader } from '../../api/index.ts';
import { matchesRequiredAffinity } from '../node-affinity.ts';
import { tolerates, untoleratedTaint } from '../tolerations.ts';
import type { ClusterCache, NodeFacts } from './cluster-cache.ts';
import { podAffinityFilter } from './pod-affinity.ts';
import type { HostPort, PodFacts } from './pod-facts.ts';
import { topologySpreadFilter } from './topology-spread.ts';
import { type PodVolumes, volumeFilters } from './volumes.ts';

/** Why a Node will not do. */
export interface Refusal {
  /** As upstream words it, to be counted over all Nodes. */
  readonly reason: string;
  /** Whether evicting other Pods could not help. */
  readonly isFinal: boolean;
}

/** Looks at one Node; undefined when it will do. */
export type NodeFilter = (facts: NodeFacts) => Refusal | undefined;

/** One Pod's scheduling, seen against the cluster as it is. */
export interface SchedulingContext {
  readonly pod: PodFacts;
  readonly cache: ClusterCache;
  readonly nodes: readonly NodeFacts[];
  readonly reader: StoreReader;
  /** What the Pod's claims ask for. */
  readonly volumes: PodVolumes;
}

/**
 * What a Node must pass, in upstream's order: the first refusal is the one that counts.
 *
 * Resource requests are not counted: nothing is consumed on an emulated Node.
 *
 * @see kube-scheduler's default profile
 */
export function filtersFor(context: SchedulingContext): readonly NodeFilter[] {
  const spec = context.pod.pod.spec ?? { containers: [] };
  const filters: NodeFilter[] = [
    unschedulableFilter(context.pod),
    ({ node }) =>
      untoleratedTaint(spec, node, ['NoSchedule', 'NoExecute']) === undefined
        ? undefined
        : { reason: 'node(s) had untolerated taint(s)', isFinal: true },
    ({ node }) =>
      matchesRequiredAffinity(spec, node)
        ? undefined
        : { reason: "node(s) didn't match Pod's node affinity/selector", isFinal: true },
  ];
  if (context.pod.hostPorts.length > 0) filters.push(hostPortFilter(context.pod));
  return [
    ...filters,
    ...volumeFilters(context, context.volumes),
    ...topologySpreadFilter(context),
    ...podAffinityFilter(context),
  ];
}

/** Runs the filters over one Node. */
export function refusalOf(filters: readonly NodeFilter[], facts: NodeFacts): Refusal | undefined {
  for (const filter of filters) {
    const refusal = filter(facts);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

const ANY_ADDRESS = '0.0.0.0';

const UNSCHEDULABLE_TAINT = {
  key: 'node.kubernetes.io/unschedulable',
  effect: 'NoSchedule',
} as const;

function unschedulableFilter({ pod }: PodFacts): NodeFilter {
  const isTolerated = (pod.spec?.tolerations ?? []).some((toleration) =>
    tolerates(toleration, UNSCHEDULABLE_TAINT),
  );
  return ({ node }) =>
    node.spec?.unschedulable === true && !isTolerated
      ? { reason: 'node(s) were unschedulable', isFinal: true }
      : undefined;
}

function hostPortFilter({ hostPorts }: PodFacts): NodeFilter {
  return ({ pods }) => {
    for (const other of pods.values())
      if (other.hostPorts.some((taken) => hostPorts.some((wanted) => collide(taken, wanted))))
        return {
          reason: "node(s) didn't have free ports for the requested pod ports",
          isFinal: false,
        };
    return undefined;
  };
}

function collide(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.address === b.address || a.address === ANY_ADDRESS || b.address === ANY_ADDRESS;
}
