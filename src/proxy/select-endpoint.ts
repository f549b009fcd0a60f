import { cidrContains, parseIp, type Flow, type IpFamily } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import type { AffinityKey, AffinityTable } from './affinity.ts';
import { explainSelection } from './explain-selection.ts';
import type { ProxyNode } from './node-table.ts';
import type { ScheduleState } from './schedule-state.ts';
import { pickRandom, SCHEDULERS, type SchedulerName } from './schedulers/index.ts';
import type { Frontend, ServiceEndpoint, ServicePort } from './service.ts';
import { endpointSets } from './topology.ts';

/** kube-proxy's own settings, under its names. */
export interface ProxyConfig {
  /** Who answers for a cluster IP's undeclared ports and for unknown cluster IPs: nftables does, iptables does not. */
  readonly mode: 'nftables' | 'iptables';
  /** How the source of a connection is known to be a Pod. */
  readonly detectLocalMode: 'ClusterCIDR' | 'NodeCIDR' | 'none';
  readonly masqueradeAll: boolean;
  /** Node addresses that answer NodePorts: each family's first, all, or those in these prefixes. */
  readonly nodePortAddresses: 'primary' | 'all' | readonly string[];
  /** How an endpoint is chosen where no annotation says so. */
  readonly scheduler: SchedulerName;
}

export const DEFAULT_PROXY_CONFIG: ProxyConfig = {
  mode: 'nftables',
  detectLocalMode: 'ClusterCIDR',
  masqueradeAll: false,
  nodePortAddresses: 'primary',
  scheduler: 'random',
};

export interface SelectContext {
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds since 1970; only session affinity asks. */
  readonly now: number;
  /** The Node whose proxy decides. */
  readonly node: ProxyNode;
  /** Whether a Pod of the Pod network has this address; Pods on the host's network have their Node's. */
  readonly isPodAddress: (address: string) => boolean;
  readonly config: ProxyConfig;
  /** What clients got before; selection only looks. */
  readonly affinity?: AffinityTable | undefined;
  /** What schedulers remember; without, none had a turn before. */
  readonly schedule?: ScheduleState | undefined;
  /** A Pod's weight; undefined is 1. */
  readonly weightOf?: ((endpoint: ServiceEndpoint) => number) | undefined;
  /** Collect the steps. @default false */
  readonly explain?: boolean | undefined;
}

export type Selection =
  | {
      readonly kind: 'selected';
      readonly endpoint: ServiceEndpoint;
      /** Every endpoint that could have been picked. */
      readonly candidates: readonly ServiceEndpoint[];
      readonly masquerade: Masquerade;
      /** What to record once the connection is made; undefined without session affinity. */
      readonly affinityKey: AffinityKey | undefined;
      readonly steps: readonly Step[];
    }
  | { readonly kind: 'reject'; readonly reason: 'no-endpoints'; readonly steps: readonly Step[] }
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly steps: readonly Step[] };

/**
 * Whether the endpoint sees the Node's address instead of the client's: for every endpoint, or only because the client
 * got itself (`hairpin`), whose answer would otherwise not come back through the Node.
 */
export type Masquerade = 'none' | 'always' | 'hairpin';

export type DropReason = 'no-local-endpoints' | 'source-not-in-ranges';

/** What the source of a connection is to the Node that decides. */
export type SourceKind = 'pod' | 'host' | 'external';

/**
 * Which endpoint of a Service port serves a connection, as kube-proxy decides it.
 *
 * Nobody could serve it: reject. Somebody could, but nobody that this traffic may use on this Node: drop. Otherwise a
 * uniform choice, or the endpoint that the client had before.
 */
export function selectEndpoint(frontend: Frontend, flow: Flow, context: SelectContext): Selection {
  const { port } = frontend;
  const family: IpFamily = flow.destination.address.includes(':') ? 'IPv6' : 'IPv4';
  const sets = endpointSets(port, family, context.node);
  const source = sourceKind(flow, context);
  const policy = policyFor(frontend, source);
  const candidates = policy === 'Local' ? sets.local : sets.cluster;
  const isAllowed = isSourceAllowed(frontend, flow, { family, node: context.node });
  const outcome = isAllowed ? pick(port, { flow, candidates, context }) : undefined;
  const masquerade = masqueradeOf(frontend, source, { flow, context, endpoint: outcome?.endpoint });
  const { node } = context;
  const scheduler = port.scheduler ?? context.config.scheduler;
  const facts = { frontend, family, sets, policy, node, isAllowed, outcome, scheduler, masquerade };
  const steps = context.explain === true ? explainSelection(facts) : NO_STEPS;
  if (!isAllowed) return { kind: 'drop', reason: 'source-not-in-ranges', steps };
  if (outcome === undefined)
    return sets.hasAny
      ? { kind: 'drop', reason: 'no-local-endpoints', steps }
      : { kind: 'reject', reason: 'no-endpoints', steps };
  const { endpoint, affinityKey } = outcome;
  return { kind: 'selected', endpoint, candidates, masquerade, affinityKey, steps };
}

/** A picked endpoint. */
export interface Picked {
  readonly endpoint: ServiceEndpoint;
  readonly isSticky: boolean;
  readonly affinityKey: AffinityKey | undefined;
}

const NO_STEPS: readonly Step[] = [];

/** Who the source is, as the Node's detector sees it. */
function sourceKind({ source, origin }: Flow, context: SelectContext): SourceKind {
  const { node, config, isPodAddress } = context;
  if (node.addresses.includes(source.address)) return 'host';
  if (origin.kind === 'node') return origin.name === node.name ? 'host' : 'external';
  switch (config.detectLocalMode) {
    case 'none':
      return 'external';
    case 'ClusterCIDR':
      return isPodAddress(source.address) ? 'pod' : 'external';
    case 'NodeCIDR': {
      const ip = parseIp(source.address);
      const isHere = ip !== undefined && node.podCIDRs.some((cidr) => cidrContains(cidr, ip));
      return isHere ? 'pod' : 'external';
    }
    default:
      return config.detectLocalMode satisfies never;
  }
}

/** Pods and the Node itself reach all endpoints through the outside addresses, whatever the external policy. */
function policyFor({ via, port }: Frontend, source: SourceKind): 'Cluster' | 'Local' {
  if (via === 'clusterIP') return port.internalTrafficPolicy;
  return source === 'external' ? port.externalTrafficPolicy : 'Cluster';
}

/** loadBalancerSourceRanges speak of the LoadBalancer's addresses only. */
function isSourceAllowed(
  { via, port }: Frontend,
  { source }: Flow,
  { family, node }: { readonly family: IpFamily; readonly node: ProxyNode },
): boolean {
  const ranges = port.sourceRanges[family];
  if (via !== 'loadBalancerIP' || ranges.length === 0) return true;
  const isInside = (address: string): boolean => {
    const ip = parseIp(address);
    return ip !== undefined && ranges.some((range) => cidrContains(range, ip));
  };
  if (isInside(source.address)) return true;
  // A Node that has the balancer's address on an interface reaches itself from that address.
  return port.loadBalancerIPs.includes(source.address) && node.addresses.some(isInside);
}

interface MasqueradeFacts {
  readonly flow: Flow;
  readonly context: SelectContext;
  readonly endpoint: ServiceEndpoint | undefined;
}

function masqueradeOf(
  frontend: Frontend,
  source: SourceKind,
  { flow, context, endpoint }: MasqueradeFacts,
): Masquerade {
  if (isMasqueraded(frontend, source, context.config)) return 'always';
  return flow.source.address === endpoint?.address ? 'hairpin' : 'none';
}

function isMasqueraded({ via, port }: Frontend, source: SourceKind, config: ProxyConfig): boolean {
  if (via !== 'clusterIP') return port.externalTrafficPolicy === 'Cluster' || source === 'host';
  if (config.masqueradeAll) return true;
  return config.detectLocalMode !== 'none' && source !== 'pod';
}

interface PickOptions {
  readonly flow: Flow;
  readonly candidates: readonly ServiceEndpoint[];
  readonly context: SelectContext;
}

function pick(port: ServicePort, { flow, candidates, context }: PickOptions): Picked | undefined {
  const { now, node, affinity } = context;
  const timeoutSeconds = port.affinityTimeoutSeconds;
  const affinityKey =
    timeoutSeconds === undefined
      ? undefined
      : { node: node.name, port: port.id, client: flow.source.address };
  if (affinityKey !== undefined && timeoutSeconds !== undefined) {
    const endpoint = affinity?.find(affinityKey, candidates, now - timeoutSeconds * 1000);
    if (endpoint !== undefined) return { endpoint, isSticky: true, affinityKey };
  }
  const endpoint = schedule(port, { flow, candidates, context });
  return endpoint === undefined ? undefined : { endpoint, isSticky: false, affinityKey };
}

function schedule(
  port: ServicePort,
  { flow, candidates, context }: PickOptions,
): ServiceEndpoint | undefined {
  const { random, config, node } = context;
  const name = port.scheduler ?? config.scheduler;
  // Nearly every connection: nothing to look up.
  if (name === 'random') return pickRandom({ candidates, random });
  const { weightOf = () => 1, schedule: state } = context;
  const isOff = candidates.some((candidate) => weightOf(candidate) === 0);
  const open = isOff ? candidates.filter((candidate) => weightOf(candidate) > 0) : candidates;
  if (open.length === 0) return undefined;
  const key = { node: node.name, port: port.id };
  return SCHEDULERS[name]({
    candidates: open,
    weightOf,
    connectionsTo: (endpoint) => state?.connectionsTo(key, endpoint.key) ?? 0,
    turn: state?.turnOf(key) ?? 0,
    source: flow.source.address,
    destination: flow.destination.address,
    random,
  });
}
