import type { IpFamily } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import type { ProxyNode } from './node-table.ts';
import type { SchedulerName } from './schedulers/index.ts';
import type { Masquerade, Picked } from './select-endpoint.ts';
import type { Frontend, ServiceEndpoint, ServicePort, TrafficPolicy } from './service.ts';
import type { EndpointSets } from './topology.ts';

/** What a selection went by. */
export interface SelectionFacts {
  readonly frontend: Frontend;
  readonly family: IpFamily;
  readonly sets: EndpointSets;
  readonly policy: TrafficPolicy;
  readonly node: ProxyNode;
  readonly isAllowed: boolean;
  readonly outcome: Picked | undefined;
  /** How it is picked where nothing is remembered. */
  readonly scheduler: SchedulerName;
  readonly masquerade: Masquerade;
}

/** The steps of a selection: the Service, each endpoint that was left out and why, the pick. */
export function explainSelection(facts: SelectionFacts): readonly Step[] {
  const { frontend, isAllowed } = facts;
  const steps = [serviceStep(frontend)];
  if (!isAllowed) return [...steps, rangeStep(frontend)];
  return [...steps, ...leftOutSteps(facts), countStep(facts), ...pickSteps(facts)];
}

function serviceStep({ via, address, number, port }: Frontend): Step {
  const where = via === 'nodePort' ? `node port ${number}` : `${address}:${number}`;
  return {
    part: 'service',
    outcome: 'pass',
    what: `${where} is the ${VIA_NAME[via]} of port ${nameOf(port)}`,
    object: objectOf(port),
  };
}

const VIA_NAME = {
  clusterIP: 'cluster IP',
  nodePort: 'node port',
  externalIP: 'external IP',
  loadBalancerIP: 'load balancer IP',
} as const;

function rangeStep({ port }: Frontend): Step {
  const ranges = [...port.sourceRanges.IPv4, ...port.sourceRanges.IPv6].map(({ text }) => text);
  return {
    part: 'service',
    outcome: 'fail',
    what: 'the source is not in loadBalancerSourceRanges',
    because: `only ${ranges.join(', ')} may use the load balancer IP`,
    object: objectOf(port),
  };
}

function leftOutSteps(facts: SelectionFacts): readonly Step[] {
  const { frontend, family, sets, policy } = facts;
  const kept = policy === 'Local' ? sets.local : sets.cluster;
  return frontend.port.endpoints[family]
    .filter((endpoint) => !kept.includes(endpoint))
    .map((endpoint) => ({
      part: 'endpoints',
      outcome: 'skip',
      what: `${nameOfEndpoint(endpoint)} is left out`,
      because: reasonAgainst(endpoint, facts),
      ...(endpoint.pod === undefined
        ? {}
        : { object: `pod ${endpoint.pod.namespace}/${endpoint.pod.name}` }),
    }));
}

function reasonAgainst(
  endpoint: ServiceEndpoint,
  { policy, node, sets, frontend }: SelectionFacts,
): string {
  if (policy === 'Local' && endpoint.node !== node.name) {
    const field = frontend.via === 'clusterIP' ? 'internalTrafficPolicy' : 'externalTrafficPolicy';
    const place =
      endpoint.node === undefined ? 'it is on no Node' : `it is on Node ${endpoint.node}`;
    return `${place}, and ${field} is Local on Node ${node.name}`;
  }
  if (!endpoint.isReady) {
    if (!endpoint.isServing)
      return endpoint.isTerminating ? 'it terminates and no longer serves' : 'it is not ready';
    return endpoint.isTerminating ? 'it terminates, and others are ready' : 'it is not ready';
  }
  if (sets.topology === 'node') return `it is hinted for other Nodes than ${node.name}`;
  if (sets.topology === 'zone') return `it is hinted for other zones than ${node.zone}`;
  return 'the Service uses local endpoints only';
}

function countStep({ frontend: { port }, family, sets, policy }: SelectionFacts): Step {
  const kept = policy === 'Local' ? sets.local : sets.cluster;
  const all = port.endpoints[family].length;
  const isFallback = kept.length > 0 && kept.every(({ isReady }) => !isReady);
  return {
    part: 'endpoints',
    outcome: kept.length > 0 ? 'pass' : 'fail',
    what: `${kept.length} of ${all} endpoints may serve`,
    ...(isFallback
      ? { because: 'none is ready, so those that still serve while they terminate do' }
      : {}),
    ...(kept.length > 0 ? {} : { because: emptyReason({ all, hasAny: sets.hasAny, policy }) }),
    object: objectOf(port),
  };
}

function emptyReason(facts: { all: number; hasAny: boolean; policy: TrafficPolicy }): string {
  if (facts.all === 0) return 'no EndpointSlice has an endpoint for this port';
  if (facts.hasAny && facts.policy === 'Local')
    return 'the traffic policy is Local and no local endpoint serves';
  return 'no endpoint is ready';
}

function pickSteps(facts: SelectionFacts): readonly Step[] {
  const { frontend, outcome, masquerade, node } = facts;
  if (outcome === undefined) return [];
  const { endpoint, isSticky } = outcome;
  return [
    {
      part: 'pick',
      outcome: 'pass',
      what: nameOfEndpoint(endpoint),
      because: isSticky ? stickyReason(frontend.port) : pickReason(facts),
    },
    {
      part: 'pick',
      outcome: 'pass',
      what:
        masquerade === 'none'
          ? 'the endpoint sees the address of the client'
          : `the endpoint sees the address of Node ${node.name}`,
      because: SOURCE_REASON[masquerade],
    },
  ];
}

function stickyReason({ affinityTimeoutSeconds = 0 }: ServicePort): string {
  return `session affinity: the client had it before, less than ${affinityTimeoutSeconds} s ago`;
}

function pickReason({ frontend: { port }, scheduler }: SelectionFacts): string {
  const isUnknown = port.unknownScheduler !== undefined;
  const instead = isUnknown ? `, as the annotation names none with "${port.unknownScheduler}"` : '';
  const chosenBy = port.scheduler === undefined ? instead : ', by annotation';
  const kept =
    port.affinityTimeoutSeconds === undefined
      ? ''
      : `; session affinity keeps the client there for ${port.affinityTimeoutSeconds} s`;
  return `scheduler ${scheduler}${chosenBy}: ${SCHEDULER_REASON[scheduler]}${kept}`;
}

const SCHEDULER_REASON: Readonly<Record<SchedulerName, string>> = {
  random: 'each is as likely as the others',
  rr: 'each in turn',
  wrr: 'each in turn, as often as it weighs',
  lc: 'it has the fewest connections',
  wlc: 'it has the fewest connections for its weight',
  sh: "the client's address says so",
  dh: 'the address that was asked says so',
  sed: 'with this one more it has the fewest connections for its weight',
  nq: 'it is idle, or with this one more has the fewest connections for its weight',
  mh: "the client's address says so, by Maglev hashing",
};

const SOURCE_REASON = {
  none: 'the answer finds its way back without the Node',
  always: 'the client is not a Pod, or it came through an address for the outside',
  hairpin: 'the client got itself',
} as const;

function nameOf({ name, port, protocol }: ServicePort): string {
  return name === '' ? `${port}/${protocol}` : `${name} (${port}/${protocol})`;
}

function nameOfEndpoint({ key, pod }: ServiceEndpoint): string {
  return pod === undefined ? key : `${key} (${pod.namespace}/${pod.name})`;
}

function objectOf({ namespace, service }: ServicePort): string {
  return `service ${namespace}/${service}`;
}
