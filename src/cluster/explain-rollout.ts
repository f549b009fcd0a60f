import type { Container, Pod, Store } from '../api/index.ts';
import type { Decision } from '../datapath/index.ts';
import type { Step } from '../observe/index.ts';
import type { ServiceEndpoint, ServicePort } from '../proxy/index.ts';
import type { Cluster } from './create-cluster.ts';
import { workloadOf, type Workload } from './workload.ts';

type Parts = Pick<Cluster, 'kinds' | 'store'>;

const REVISION = 'deployment.kubernetes.io/revision';

/**
 * Why requests of a Service were lost while its Pods were replaced.
 *
 * @returns nothing while no Pod has been replaced, and where the Pods take all the care that they can.
 */
export function rolloutSteps(cluster: Parts, decision: Decision): readonly Step[] {
  const service = decision.kind === 'deliver' ? decision.service : undefined;
  return service === undefined ? [] : lackingCare(cluster, service.frontend.port);
}

function lackingCare(cluster: Parts, port: ServicePort): readonly Step[] {
  const endpoints = [...port.endpoints.IPv4, ...port.endpoints.IPv6];
  const isEnding = endpoints.some(({ isTerminating }) => isTerminating);
  const told = new Map<string, Step>();
  for (const endpoint of endpoints) {
    const pod = podOf(cluster.store, endpoint);
    if (pod === undefined) continue;
    const owner = workloadOf(cluster, pod);
    if (!isEnding && !wasReplaced(owner)) continue;
    for (const step of careSteps(pod, owner, endpoint.port)) told.set(step.what, step);
  }
  return [...told.values()];
}

function podOf(store: Store, { pod }: ServiceEndpoint): Pod | undefined {
  return pod === undefined ? undefined : store.get('Pod', pod.namespace, pod.name);
}

function wasReplaced(owner: Workload): boolean {
  return Number(owner.metadata.annotations?.[REVISION] ?? 1) > 1;
}

function careSteps(pod: Pod, { kind, metadata }: Workload, port: number): readonly Step[] {
  const object = `${kind.toLowerCase()} ${metadata.namespace}/${metadata.name}`;
  const step = (container: Container, lacks: string, because: string): Step => ({
    part: 'rollout',
    outcome: 'skip',
    what: `container ${container.name} of ${object} has ${lacks}`,
    because,
    object,
  });
  return servingContainers(pod, port).flatMap((container) => [
    ...(container.lifecycle?.preStop === undefined
      ? [step(container, 'no preStop hook', NO_PRE_STOP)]
      : []),
    ...(container.readinessProbe === undefined
      ? [step(container, 'no readinessProbe', NO_PROBE)]
      : []),
  ]);
}

const NO_PRE_STOP =
  'its program ends while clients still come, until every Node knows: they, and requests under way, are lost';
const NO_PROBE =
  'a new Pod takes connections from its start, before its program listens: they are refused';

/** Those that declare the port, or all where none does. */
function servingContainers({ spec }: Pod, port: number): readonly Container[] {
  const all = spec?.containers ?? [];
  const declaring = all.filter(({ ports = [] }) =>
    ports.some(({ containerPort }) => containerPort === port),
  );
  return declaring.length > 0 ? declaring : all;
}
