import { ApiError } from '../../../../../src/api/index.ts';
import { originOf, loopbackAlias, type Flow } from '../../../../../src/net/index.ts';
import type { CaseResult } from '../../../area.ts';
import { flowOf, type PacketCase } from '../packet.ts';
import type { World } from '../world.ts';
import { askInProcess, askOverSocket, askOverUdp, type Answer } from './ask.ts';
import { startWorld, type RunningWorld } from './cluster.ts';

/** Connections until every expected endpoint has answered, at most. */
const TRIES = 120;

/** What connections of the row's origin came to. */
interface Outcome {
  readonly action: string;
  readonly endpoints?: readonly string[];
  /** Endpoint → what it saw: the `client`'s own address, or its `node`'s. */
  readonly sources?: Readonly<Record<string, string>>;
}

/** Makes the row's connection for real: over loopback aliases where both ends have one, in process where not. */
export async function playRunningPacket(row: PacketCase, world: World): Promise<CaseResult> {
  const { id, expect } = row;
  const title = `${row.title} (connections)`;
  if (row.service.protocol === 'SCTP' || row.packet?.protocol === 'SCTP')
    return { id, title, ok: false, skipped: 'SCTP is decided, and not carried in userspace' };
  const started = await startWorld(world, factsOf(row, world)).catch(refusedByTheApi);
  if (typeof started === 'string')
    return {
      id,
      title,
      ok: false,
      skipped: `kube-proxy can be fed it, the API refuses it: ${started}`,
    };
  await using running = started;
  const client = createClient(row, world, running);
  const expected = expectedOf(row, client);
  const actual = await outcomeOf(client, expect.endpoints?.length ?? 1);
  const ok = JSON.stringify(actual) === JSON.stringify(expected);
  return { id, title, ok, expected, actual };
}

/** Why a row's objects cannot be written; anything else is thrown on. */
function refusedByTheApi(error: unknown): string {
  if (error instanceof ApiError && error.reason === 'Invalid') return error.message;
  throw error;
}

function factsOf(row: PacketCase, world: World): Parameters<typeof startWorld>[1] {
  const { from, service, endpoints, proxy = {}, packet } = row;
  const { node, zone, ip, origin } = from;
  const dip = packet?.dip;
  const isMore = dip !== undefined && !dip.startsWith('127.') && dip !== world.nodes[node]?.ip;
  return {
    service,
    endpoints,
    pods: origin === 'pod' ? [{ ip, node: nodeOfPod(ip, row, world) }] : [],
    moreAddresses: isMore ? { [node]: [dip] } : {},
    zones: zone === undefined ? {} : { [node]: zone ?? undefined },
    options: { proxy },
  };
}

/** Where the Pod runs; the packet may meet the proxy of another Node. */
function nodeOfPod(ip: string, { from }: PacketCase, world: World): string {
  const prefix = ip.slice(0, ip.lastIndexOf('.') + 1);
  const own = Object.entries(world.nodes).find(
    ([, { podCIDR }]) => prefix !== '' && podCIDR.startsWith(prefix),
  );
  return own?.[0] ?? from.node;
}

interface Client {
  readonly ask: () => Promise<Answer>;
  /** The address that the connection comes from, as the cluster has it. */
  readonly address: string;
  /** The address of the Node that the connection enters at. */
  readonly nodeAddress: string;
  /** Whether a listener's absence is how a drop shows. */
  readonly isSocket: boolean;
  readonly running: RunningWorld;
}

function createClient(row: PacketCase, world: World, running: RunningWorld): Client {
  const { cluster, actual } = running;
  const planned = flowOf(row, world);
  const flow: Flow = {
    ...planned,
    source: { ...planned.source, address: actual(planned.source.address) },
  };
  const nodeAddress = nodeAddressOf(flow, world);
  const place = socketPlaceOf(flow, row, running);
  const address = place?.seenAs ?? flow.source.address;
  const ask = (): Promise<Answer> => {
    if (place === undefined) return askInProcess(cluster, flow);
    return (flow.protocol === 'UDP' ? askOverUdp : askOverSocket)(place.from, place.to);
  };
  return { ask, address, nodeAddress, isSocket: place !== undefined, running };
}

function nodeAddressOf({ node, destination }: Flow, world: World): string {
  const isIPv6 = destination.address.includes(':');
  const { ip = '' } = world.nodes[node] ?? {};
  return isIPv6 === ip.includes(':') ? ip : (world.nodes[node]?.ip ?? '');
}

/** The aliases of both ends; undefined where one has none, or where the host would be taken for somebody else. */
function socketPlaceOf(
  flow: Flow,
  row: PacketCase,
  { cluster }: RunningWorld,
):
  | {
      readonly from: string;
      readonly to: { readonly address: string; readonly port: number };
      readonly seenAs: string;
    }
  | undefined {
  const { plan, view } = cluster;
  const { source, destination, origin } = flow;
  const alias = loopbackAlias(destination.address, plan);
  const reach = cluster.backend
    ?.reachOf('default', 'svc')
    .find(
      (way) =>
        way.address === alias && way.protocol === flow.protocol && wantedPort(way, flow, row),
    );
  const from = loopbackAlias(source.address, plan);
  if (alias === undefined || reach === undefined || from === undefined) return undefined;
  if (!showsOnSockets(flow, row)) return undefined;
  const identity = originOf(from, plan, view);
  if (identity.origin.kind !== origin.kind) return undefined;
  if (origin.kind === 'outside') return outsidePlace({ row, from, reach });
  const enters = row.via === 'nodePort' ? flow.node : identity.node;
  return enters === flow.node && identity.address === source.address
    ? { from, to: reach, seenAs: source.address }
    : undefined;
}

/** What the host calls 127.0.0.1 is a Node here; and a refusal is invisible to an unconnected UDP client. */
function showsOnSockets({ destination, protocol }: Flow, { expect }: PacketCase): boolean {
  if (destination.address.startsWith('127.')) return false;
  return protocol !== 'UDP' || expect.action === 'forward';
}

function wantedPort(
  { servicePort, via, port }: { servicePort: number; via: string; port: number },
  { destination }: Flow,
  { service }: PacketCase,
): boolean {
  return via === 'nodePort'
    ? port === destination.port
    : servicePort === service.port && servicePort === destination.port;
}

/** The outside has no Node of its own, and another address than the row's: only where neither is asked for. */
function outsidePlace({
  row,
  from,
  reach,
}: {
  readonly row: PacketCase;
  readonly from: string;
  readonly reach: { readonly address: string; readonly port: number };
}): { readonly from: string; readonly to: typeof reach; readonly seenAs: string } | undefined {
  return row.via === 'nodePort' ? { from, to: reach, seenAs: from } : undefined;
}

function expectedOf({ expect }: PacketCase, { address, nodeAddress, isSocket }: Client): Outcome {
  if (expect.action === 'pass') return { action: isSocket ? 'refused' : 'unreachable' };
  if (expect.action === 'reject') return { action: 'refused' };
  if (expect.action === 'drop') return { action: 'silence' };
  const endpoints = (expect.endpoints ?? []).toSorted();
  const isMasked = (endpoint: string): boolean =>
    expect.masquerade === true || expect.masqueradeWhenPicked?.includes(endpoint) === true;
  return {
    action: 'forward',
    endpoints,
    sources: Object.fromEntries(
      endpoints.map((endpoint) => [endpoint, isMasked(endpoint) ? nodeAddress : address]),
    ),
  };
}

async function outcomeOf({ ask, running }: Client, count: number): Promise<Outcome> {
  const sources = new Map<string, string>();
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const answer = await ask();
    if (answer.kind !== 'answered') return { action: answer.kind };
    const endpoint = running.rowAddressOf(answer.hostname) ?? answer.hostname;
    const before = sources.get(endpoint) ?? answer.seen;
    sources.set(endpoint, before === answer.seen ? answer.seen : `${before} and ${answer.seen}`);
    // A few more, to see that nobody else answers.
    if (sources.size >= count && attempt >= 4 * count) break;
  }
  const endpoints = [...sources.keys()].toSorted();
  return {
    action: 'forward',
    endpoints,
    sources: Object.fromEntries(
      endpoints.map((endpoint) => [endpoint, sources.get(endpoint) ?? '']),
    ),
  };
}
