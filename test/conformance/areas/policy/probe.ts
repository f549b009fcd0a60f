import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { ConnectError, isLoopback, loopbackAlias, type Flow } from '../../../../src/net/index.ts';
import { createDnsMessages } from '../../../../src/cluster/dns-messages.ts';
import type { VerdictCase } from './cases.ts';
import type { RunningCluster } from './running.ts';

/** One way on which a row's connection can be made for real. */
export interface Way {
  readonly name: string;
  /** `allow` for an answer, `deny` for silence beside an answered control, else what came. */
  readonly ask: () => Promise<string>;
  /** Opens the connection; what it gives tells whether it carries bytes then. */
  readonly open: () => Promise<() => Promise<boolean>>;
}

/** Makes a connection; undefined when it is refused by silence at once. */
type Dial = (flow: Flow) => Promise<Duplex | undefined>;

/** Every way that the row's connection can take; none where nobody would answer. */
export function ways(row: VerdictCase, flow: Flow, running: RunningCluster): readonly Way[] {
  if (flow.protocol === 'SCTP' || !hasListener(row)) return [];
  const control = controlOf(flow, running);
  if (control === undefined) return [];
  const about = { row, control, running };
  if (flow.protocol === 'UDP') return [udpWay(flow, about), ...udpSockets(flow, about)];
  const inProcess: Dial = async (asked) => {
    try {
      return await running.cluster.datapath.connect(asked);
    } catch (error) {
      if (error instanceof ConnectError && error.code === 'ERR_DROPPED') return undefined;
      throw error;
    }
  };
  return [
    tcpWay('in process', flow, { ...about, dial: inProcess }),
    ...socksWays(flow, about),
    ...aliasWays(flow, about),
  ];
}

interface About {
  readonly row: VerdictCase;
  /** To the same target from its own Node, which policies let through. */
  readonly control: Flow;
  readonly running: RunningCluster;
}

/** Nobody answers beyond the cluster, nor on ports of Nodes that no Pod has; and answers do not tell one backend from another. */
function hasListener({ to }: VerdictCase): boolean {
  if ('ip' in to || 'node' in to || ('service' in to && to.backend !== undefined)) return false;
  const outside = ['default/kubernetes', 'z/extsvc'];
  return !('service' in to && outside.includes(`${to.ns}/${to.service}`));
}

function controlOf(flow: Flow, { cluster: { view } }: RunningCluster): Flow | undefined {
  const { protocol, source, destination } = flow;
  const own = isLoopback(destination.address)
    ? { address: source.address, port: destination.port }
    : destination;
  const target = endpointOf(flow, view) ?? own;
  const [pod] = view.pods.byAddress(target.address);
  const node = view.nodes.get(pod?.node ?? '');
  if (node === undefined) return undefined;
  return {
    protocol,
    source: { address: node.addresses[0] ?? '', port: source.port },
    destination: target,
    origin: { kind: 'node', name: node.name },
    node: node.name,
  };
}

/** Of a Service any endpoint. */
function endpointOf(
  { protocol, destination }: Flow,
  view: RunningCluster['cluster']['view'],
): { readonly address: string; readonly port: number } | undefined {
  const frontend =
    view.services.find(protocol, destination.address, destination.port) ??
    view.services.findNodePort(protocol, destination.port);
  const [endpoint] = frontend?.port.endpoints.IPv4 ?? [];
  return endpoint === undefined ? undefined : { address: endpoint.address, port: endpoint.port };
}

interface Dialling extends About {
  readonly dial: Dial;
}

function tcpWay(name: string, flow: Flow, about: Dialling): Way {
  const { dial, control } = about;
  const ask = async (): Promise<string> => {
    const stream = await dial(flow);
    if (stream === undefined) return (await isAlive(control, about)) ? 'deny' : 'no control';
    return (await answers(stream, control, about)) === undefined ? 'deny' : 'allow';
  };
  const open = async (): Promise<() => Promise<boolean>> => {
    const stream = await dial(flow);
    return async () =>
      stream !== undefined && (await answers(stream, control, about)) !== undefined;
  };
  return { name, ask, open };
}

const REQUEST = 'GET /hostname HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

/** DNS over TCP begins with the length of the message. */
function requestFor(port: number): Uint8Array {
  if (port !== DNS_PORT) return Buffer.from(REQUEST);
  const message = datagramFor(port);
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
}

/** What comes back; undefined where the control has been answered several times meanwhile and nothing came. */
async function answers(stream: Duplex, control: Flow, about: About): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  stream.on('data', (chunk: Buffer) => resolve(chunk.toString()));
  stream.on('end', () => resolve('closed'));
  stream.on('error', (error) => resolve(error.message));
  stream.resume();
  stream.write(requestFor(control.destination.port));
  const silence = async (): Promise<undefined> => {
    for (let round = 0; round < CONTROLS; round += 1) await roundTrip(about);
    return undefined;
  };
  const outcome = await Promise.race([promise, silence()]);
  stream.destroy();
  return outcome;
}

/** How often the same target answers somebody else before silence is believed. */
const CONTROLS = 10;

/** Whether the target answers its own Node, by a connection of its own. */
async function isAlive(control: Flow, about: About): Promise<boolean> {
  const { datapath } = about.running.cluster;
  if (control.protocol === 'UDP')
    return (await exchange(datapath.associate(control), control)) !== undefined;
  const stream = await datapath.connect(control);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  stream.on('data', () => resolve(true));
  stream.on('end', () => resolve(false));
  stream.on('error', () => resolve(false));
  stream.write(requestFor(control.destination.port));
  const isAnswered = await promise;
  stream.destroy();
  return isAnswered;
}

/** Through the entry, as the Pod. */
function socksWays(flow: Flow, about: About): readonly Way[] {
  const { entry } = about.running.cluster;
  const { origin } = flow;
  if (origin.kind !== 'pod' || entry === undefined) return [];
  const dial: Dial = async ({ destination: { address, port } }) => {
    const socket = connect({ host: entry.address, port: entry.port });
    await once(socket, 'connect');
    const user = `${origin.namespace}/${origin.name}`;
    const octets = address.split('.').map(Number);
    socket.write(Buffer.from([5, 1, 2]));
    await readBytes(socket, 2);
    socket.write(
      Buffer.concat([Buffer.from([1, user.length]), Buffer.from(user), Buffer.from([0])]),
    );
    await readBytes(socket, 2);
    socket.write(Buffer.from([5, 1, 0, 1, ...octets, port >> 8, port & 255]));
    return afterReply(socket);
  };
  return [tcpWay('through the entry', flow, { ...about, dial })];
}

/** The entry's own reply is not the Pod's: silence before it is silence. */
function afterReply(socket: Socket): Duplex {
  const REPLY = 10;
  let seen = 0;
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    const rest = chunk.subarray(Math.min(chunk.length, Math.max(0, REPLY - seen)));
    seen += chunk.length;
    if (rest.length > 0) stream.push(rest);
  });
  socket.on('end', () => stream.push(null));
  socket.resume();
  return stream;
}

async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null) return bytes;
    await once(socket, 'readable');
  }
}

/** Over the loopback aliases of both ends, where they have some. */
function aliasWays(flow: Flow, about: About): readonly Way[] {
  const place = aliasesOf(flow, about);
  if (place === undefined) return [];
  const dial: Dial = async () => {
    const socket = connect({ host: place.to, port: place.port, localAddress: place.from });
    await once(socket, 'connect');
    return socket;
  };
  return [tcpWay('over aliases', flow, { ...about, dial })];
}

function aliasesOf(
  { origin, source, destination, protocol }: Flow,
  { running: { cluster } }: About,
): { readonly from: string; readonly to: string; readonly port: number } | undefined {
  const { plan, backend, view } = cluster;
  const [to, from] = [
    loopbackAlias(destination.address, plan),
    loopbackAlias(source.address, plan),
  ];
  if (
    origin.kind !== 'pod' ||
    !cluster.options.hasAliases ||
    to === undefined ||
    from === undefined
  )
    return undefined;
  const pod = view.podByAddress(source.address);
  if (pod === undefined || backend === undefined) return undefined;
  const frontend = view.services.find(protocol, destination.address, destination.port);
  if (frontend === undefined) return undefined;
  const { namespace, service } = frontend.port;
  const reach = backend
    .reachOf(namespace, service)
    .find(
      (way) =>
        way.address === to &&
        way.protocol === protocol &&
        way.servicePort === destination.port &&
        way.reason === undefined,
    );
  return reach === undefined ? undefined : { from, to, port: reach.port };
}

function udpWay(flow: Flow, about: About): Way {
  const { control, running } = about;
  const ask = async (): Promise<string> => {
    try {
      const channel = running.cluster.datapath.associate(flow);
      const silence = async (): Promise<undefined> => {
        for (let round = 0; round < CONTROLS; round += 1) await roundTrip(about);
      };
      const answer = await Promise.race([exchange(channel, control), silence()]);
      return answer === undefined ? 'deny' : 'allow';
    } catch (error) {
      if (!(error instanceof ConnectError) || error.code !== 'ERR_DROPPED') throw error;
      return (await isAlive(control, about)) ? 'deny' : 'no control';
    }
  };
  return { name: 'in process', ask, open: async () => async () => (await ask()) === 'allow' };
}

type Channel = ReturnType<RunningCluster['cluster']['datapath']['associate']>;

async function exchange(channel: Channel, { destination }: Flow): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string>();
  channel.onDatagram((datagram) => resolve(Buffer.from(datagram).toString('latin1')));
  channel.send(datagramFor(destination.port));
  const answer = await promise;
  channel.close();
  return answer;
}

const DNS_PORT = 53;

function datagramFor(port: number): Uint8Array {
  if (port !== DNS_PORT) return Buffer.from('hostname\n');
  return createDnsMessages(() => 0.5).encode('kubernetes.default.svc.cluster.local', 'A');
}

function udpSockets(flow: Flow, about: About): readonly Way[] {
  const place = aliasesOf(flow, about);
  if (place === undefined) return [];
  const { control } = about;
  const ask = async (): Promise<string> => {
    const socket = createSocket('udp4');
    try {
      socket.bind(0, place.from);
      await once(socket, 'listening');
      const answered = once(socket, 'message').then(() => 'allow');
      socket.send(datagramFor(control.destination.port), place.port, place.to);
      const silence = async (): Promise<string> => {
        for (let round = 0; round < CONTROLS; round += 1) await roundTrip(about);
        return 'deny';
      };
      return await Promise.race([answered, silence()]);
    } finally {
      socket.close();
    }
  };
  return [{ name: 'over aliases', ask, open: async () => async () => (await ask()) === 'allow' }];
}

/** A datagram from one socket of the host to another, and the control after it: longer than any answer takes. */
async function roundTrip(about: About): Promise<void> {
  const [one, other] = [createSocket('udp4'), createSocket('udp4')];
  one.bind(0, '127.0.0.1');
  other.bind(0, '127.0.0.1');
  await Promise.all([once(one, 'listening'), once(other, 'listening')]);
  one.send('x', other.address().port, '127.0.0.1');
  await once(other, 'message');
  one.close();
  other.close();
  if (!(await isAlive(about.control, about))) throw new Error('the control is not answered');
}
