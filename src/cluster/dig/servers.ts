import type { DigRequest } from '../../control/index.ts';
import { clusterAddressOf, parseIp, type Endpoint, type Flow } from '../../net/index.ts';
import { flowOf, nodeCaller, type Caller } from '../caller.ts';
import type { Cluster } from '../create-cluster.ts';
import { resolvConfOf } from './search-path.ts';
import { sendDatagram, sendOverTcp, sendToFrontDoor, type Send } from './send.ts';

/** A server, and the ways to it. */
export interface Server extends Endpoint {
  /** As a person named it. */
  readonly text: string;
  readonly udp: Send;
  readonly tcp: Send;
}

/** Who asks; absent is this host. */
export type Asker = Caller | undefined;

const DNS_PORT = 53;
const CLIENT = { address: '127.0.0.1', port: 0 };

/**
 * Who is asked: what `@` names, or the nameservers of the Pod, or the front door for a query of this host.
 *
 * A Pod's query goes through the datapath, where policies may stop it.
 *
 * @returns Empty where a name has no address.
 */
export async function serversOf(
  cluster: Cluster,
  request: DigRequest,
  asker: Asker,
): Promise<readonly Server[]> {
  if (request.server === undefined && asker === undefined) return [frontDoor(cluster)];
  const port = request.port ?? DNS_PORT;
  const addresses = await addressesOf(cluster, request, asker);
  return addresses
    .filter((address) => isOfFamily(address, request.family))
    .map((address) => serverAt(cluster, asker, { address, port }))
    .map((server) => ({ ...server, text: request.server ?? server.address }));
}

async function addressesOf(
  cluster: Cluster,
  { server }: DigRequest,
  asker: Asker,
): Promise<readonly string[]> {
  if (server === undefined)
    return asker === undefined ? [] : resolvConfOf(cluster, asker).nameservers;
  const ip = parseIp(server);
  if (ip !== undefined) return [ip.text];
  const origin = asker?.origin ?? { kind: 'outside' };
  return (await cluster.names.resolveAs(server, origin)).addresses;
}

function isOfFamily(address: string, family: DigRequest['family']): boolean {
  return family === undefined || (family === 'IPv6') === address.includes(':');
}

/** What this host asks its own DNS goes there at once; all else goes through the datapath. */
function serverAt(cluster: Cluster, asker: Asker, place: Endpoint): Server {
  const isOwn = (cluster.dns?.addresses ?? []).some(
    ({ address, port }) => address === place.address && port === place.port,
  );
  if (asker === undefined && isOwn) return { ...frontDoor(cluster), ...place };
  const { datapath, options, plan, view } = cluster;
  const { clock } = options;
  const caller = asker ?? nodeCaller(view);
  const destination =
    asker === undefined
      ? { ...place, address: clusterAddressOf(place.address, plan) ?? place.address }
      : place;
  const flow = (protocol: 'UDP' | 'TCP'): Flow =>
    flowOf(caller, destination, { protocol, random: () => 0.5 });
  return {
    ...place,
    text: place.address,
    udp: sendDatagram(datapath.associate, flow('UDP'), clock),
    tcp: sendOverTcp(datapath.connect, flow('TCP'), clock),
  };
}

/** The server of this process, where it listens if it does. */
function frontDoor({ dns, names, options: { clock } }: Cluster): Server {
  const [place = { address: '127.0.0.1', port: DNS_PORT }] = dns?.addresses ?? [];
  const to = (transport: 'udp' | 'tcp'): Send =>
    sendToFrontDoor(names.answerBytes, { ...CLIENT, transport }, clock);
  return {
    address: place.address,
    port: place.port,
    text: place.address,
    udp: to('udp'),
    tcp: to('tcp'),
  };
}
