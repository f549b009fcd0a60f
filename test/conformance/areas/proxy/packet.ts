import { decide, type DatapathView } from '../../../../src/datapath/index.ts';
import type { Flow, Origin, Protocol } from '../../../../src/net/index.ts';
import { findFrontend, type Masquerade, type ProxyConfig } from '../../../../src/proxy/index.ts';
import type { CaseResult } from '../../area.ts';
import { buildView, type EndpointFacts, type ServiceFacts, type World } from './world.ts';

/** One packet, and what becomes of it. */
export interface PacketCase {
  readonly id: string;
  readonly title: string;
  readonly service: ServiceFacts;
  readonly endpoints: readonly EndpointFacts[];
  readonly from: {
    readonly origin: 'pod' | 'host' | 'external';
    readonly node: string;
    readonly zone?: string | null;
    readonly ip: string;
  };
  readonly via: 'clusterIP' | 'nodePort' | 'externalIP' | 'loadBalancerIP' | 'unallocatedClusterIP';
  readonly packet?: {
    readonly protocol?: Protocol;
    readonly dport?: number;
    readonly dip?: string;
  };
  readonly proxy?: Partial<ProxyConfig>;
  readonly expect: Verdict;
}

interface Verdict {
  readonly action: 'forward' | 'reject' | 'drop' | 'pass';
  readonly endpoints?: readonly string[];
  readonly masquerade?: boolean;
  readonly masqueradeWhenPicked?: readonly string[];
}

/** More than enough to see each of a handful of endpoints. */
const TRIES = 60;

/** Decides the packet many times over, with the random numbers spread evenly. */
export function playPacket(row: PacketCase, world: World): CaseResult {
  const { id, title, expect } = row;
  const flow = flowOf(row, world);
  using view = viewOf(row, world, flow);
  const actual = verdictOf(flow, view);
  const expected = {
    ...expect,
    ...(expect.endpoints === undefined ? {} : { endpoints: expect.endpoints.toSorted() }),
  };
  return {
    id,
    title,
    ok: JSON.stringify(sorted(actual)) === JSON.stringify(sorted(expected)),
    expected,
    actual,
  };
}

function viewOf(row: PacketCase, world: World, { destination }: Flow): DatapathView {
  const { from, service, endpoints, proxy = {} } = row;
  const { node, zone } = from;
  const dip = row.packet?.dip;
  return buildView(world, {
    service,
    endpoints,
    proxy,
    pods: from.origin === 'pod' ? [{ ip: from.ip, node }] : [],
    moreAddresses:
      dip === undefined || dip.startsWith('127.') ? {} : { [node]: [destination.address] },
    zones: zone === undefined ? {} : { [node]: zone ?? undefined },
  });
}

/** The row's packet. */
export function flowOf({ from, via, service, packet = {} }: PacketCase, world: World): Flow {
  const addresses = {
    clusterIP: service.clusterIP === 'None' ? world.vips.clusterIP : service.clusterIP,
    nodePort: world.nodes[from.node]?.ip ?? '',
    externalIP: world.vips.externalIP,
    loadBalancerIP: world.vips.loadBalancerIP,
    unallocatedClusterIP: unallocated(world),
  };
  const port = via === 'nodePort' ? world.nodePort : service.port;
  return {
    // The table's protocols are the API's.
    protocol: packet.protocol ?? (service.protocol as Protocol),
    source: { address: from.ip, port: 40_000 },
    destination: { address: packet.dip ?? addresses[via], port: packet.dport ?? port },
    origin: originOf(from),
    node: from.node,
  };
}

/** An address of the Services' range that the row's Service does not have. */
function unallocated({ serviceCIDR }: World): string {
  return serviceCIDR.replace(/\.\d+\.\d+\/.*$/, '.200.200');
}

function originOf({ origin, node }: PacketCase['from']): Origin {
  if (origin === 'host') return { kind: 'node', name: node };
  return origin === 'external'
    ? { kind: 'outside' }
    : { kind: 'pod', namespace: 'default', name: 'client' };
}

function verdictOf(flow: Flow, view: DatapathView): Verdict {
  const context = {
    services: view.services,
    nodes: view.nodes,
    config: view.proxy,
    serviceCIDRs: view.plan.serviceCIDRs,
  };
  if (findFrontend(flow.protocol, flow.destination, context).kind === 'pass')
    return { action: 'pass' };
  const picked = new Map<string, Masquerade>();
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const decision = decide(flow, view, { random: () => attempt / TRIES, now: 0 });
    if (decision.kind === 'reject') return { action: decision.isSilent ? 'drop' : 'reject' };
    const { endpoint, masquerade } = decision.service?.selection ?? {};
    if (endpoint !== undefined && masquerade !== undefined)
      picked.set(endpoint.address, masquerade);
  }
  const hairpins = [...picked].filter(([, masquerade]) => masquerade === 'hairpin');
  return {
    action: 'forward',
    endpoints: [...picked.keys()].toSorted(),
    masquerade: [...picked.values()].includes('always'),
    ...(hairpins.length === 0
      ? {}
      : { masqueradeWhenPicked: hairpins.map(([address]) => address) }),
  };
}

function sorted(verdict: Verdict): readonly (readonly [string, unknown])[] {
  return Object.entries(verdict).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
