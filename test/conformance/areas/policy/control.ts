import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { createDnsMessages } from '../../../../src/cluster/dns-messages.ts';
import type { DatapathView } from '../../../../src/datapath/index.ts';
import { isLoopback, type DatagramChannel, type Flow } from '../../../../src/net/index.ts';
import type { VerdictCase } from './cases.ts';
import type { RunningCluster } from './running.ts';

/** A row that is played, and the connection that shows that its target is alive. */
export interface About {
  readonly row: VerdictCase;
  /** To the same target from its own Node, which policies let through. */
  readonly control: Flow;
  readonly running: RunningCluster;
}

/** @returns undefined where nobody could answer. */
export function controlOf(flow: Flow, { cluster: { view } }: RunningCluster): Flow | undefined {
  const { protocol, source, destination } = flow;
  const own = isLoopback(destination.address)
    ? { address: source.address, port: destination.port }
    : destination;
  const target = endpointOf(flow, view) ?? own;
  const [pod] = view.pods.byAddress(target.address);
  // Who is no Pod is beyond the cluster.
  const node = pod === undefined ? view.nodes.list()[0] : view.nodes.get(pod.node);
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
  view: DatapathView,
): { readonly address: string; readonly port: number } | undefined {
  const frontend =
    view.services.find(protocol, destination.address, destination.port) ??
    view.services.findNodePort(protocol, destination.port);
  const [endpoint] = frontend?.port.endpoints.IPv4 ?? [];
  return endpoint === undefined ? undefined : { address: endpoint.address, port: endpoint.port };
}

/** How often the same target answers somebody else before silence is believed. */
const CONTROLS = 10;

/** What comes; undefined where the control has been answered several times meanwhile and nothing came. */
export async function orSilence<T>(answer: Promise<T>, about: About): Promise<T | undefined> {
  const silence = async (): Promise<undefined> => {
    for (let round = 0; round < CONTROLS; round += 1) await roundTrip(about);
    return undefined;
  };
  return Promise.race([answer, silence()]);
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
  if (!(await isAlive(about))) throw new Error('the control is not answered');
}

/** Whether the target answers its own Node, by a connection of its own. */
export async function isAlive({ control, running }: About): Promise<boolean> {
  const { datapath } = running.cluster;
  if (control.protocol === 'UDP')
    return (await exchange(datapath.associate(control), control.destination.port)) !== undefined;
  const stream = await datapath.connect(control);
  try {
    return (await firstOf(stream, control.destination.port)) === 'answered';
  } finally {
    stream.destroy();
  }
}

/** What a server says to a request: `answered`, or how it broke off. */
export async function firstOf(stream: Duplex, port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  stream.on('data', () => resolve('answered'));
  stream.on('end', () => resolve('closed'));
  stream.on('error', (error) => resolve(error.message));
  stream.resume();
  stream.write(requestFor(port));
  return promise;
}

/** The first datagram that comes back. */
export async function exchange(channel: DatagramChannel, port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  channel.onDatagram((datagram) => resolve(Buffer.from(datagram).toString('latin1')));
  channel.send(datagramFor(port));
  const answer = await promise;
  channel.close();
  return answer;
}

const DNS_PORT = 53;
const REQUEST = 'GET /hostname HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

/** DNS over TCP begins with the length of the message. */
function requestFor(port: number): Uint8Array {
  if (port !== DNS_PORT) return Buffer.from(REQUEST);
  const message = datagramFor(port);
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
}

/** What servers on that port answer. */
export function datagramFor(port: number): Uint8Array {
  if (port !== DNS_PORT) return Buffer.from('hostname\n');
  return createDnsMessages(() => 0.5).encode('kubernetes.default.svc.cluster.local', 'A');
}
