import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Store } from '../../src/api/index.ts';
import {
  createDatapath,
  createDatapathView,
  type Datapath,
  type DatapathView,
} from '../../src/datapath/index.ts';
import {
  ConnectError,
  createAddressPlan,
  createDatagramPair,
  createDuplexPair,
  type Associate,
  type Connect,
  type DuplexEnd,
  type Flow,
} from '../../src/net/index.ts';
import { createFakeClock, SILENT, type FakeClock } from '../../src/observe/index.ts';
import {
  createProxyHealth,
  createUserspaceBackend,
  type HealthCheckFailure,
  type ProxyHealth,
  type UserspaceBackend,
} from '../../src/proxy/index.ts';
import { createLaxStore, nodeObject, put } from './world.ts';

/** Test files run side by side: each process has addresses of its own. */
const [HIGH, LOW] = [(process.pid >> 8) & 0xff, process.pid & 0xff];

export const NODES: readonly string[] = ['node-1', 'node-2', 'node-3'];

interface ClusterAddresses {
  readonly nodes: readonly string[];
  readonly service: (index: number) => string;
  readonly pod: (index: number) => string;
  readonly loadBalancer: string;
}

/** Cluster addresses that only this process uses. */
export const ADDRESSES: ClusterAddresses = {
  nodes: [1, 2, 3].map((index) => `10.${200 + index}.${HIGH}.${LOW}`),
  service: (index) => `10.${160 + index}.${HIGH}.${LOW}`,
  pod: (index) => `10.${220 + index}.${HIGH}.${LOW}`,
  loadBalancer: `127.214.${HIGH}.${LOW}`,
};

/** The alias of a cluster address. */
export function aliasOf(address: string | undefined): string {
  return (address ?? '').replace(/^10\./, '127.');
}

export interface Rig extends AsyncDisposable {
  readonly store: Store;
  readonly view: DatapathView;
  readonly datapath: Datapath;
  readonly backend: UserspaceBackend;
  readonly clock: FakeClock;
  readonly health: ProxyHealth;
  /** Health-check node ports that could not be served. */
  readonly failures: readonly HealthCheckFailure[];
  /** Flows as Pods saw them. */
  readonly seen: readonly Flow[];
  /** Lets tables and listeners catch up. */
  settle(): Promise<void>;
}

export interface RigOptions {
  /** What a Pod does with a connection. @default tells its address, then echoes */
  readonly serve?: (server: DuplexEnd, flow: Flow) => void;
  /** Takes the place of `serve`. */
  readonly dialPod?: Connect;
  readonly prepare?: (store: Store) => void;
  readonly reserved?: ReadonlyMap<string, number>;
  readonly hasAliases?: boolean;
}

/** A cluster of three Nodes whose Pods answer with their own address, on real sockets. */
export async function createRig(options: RigOptions = {}): Promise<Rig> {
  const store = createLaxStore();
  for (const [index, name] of NODES.entries())
    put(store, nodeObject(name, [ADDRESSES.nodes[index] ?? ''], { zone: `zone-${index + 1}` }));
  options.prepare?.(store);
  const view = createDatapathView(store, { plan: planOf() });
  const clock = createFakeClock();
  const seen: Flow[] = [];
  const health = createProxyHealth({ now: () => clock.now() });
  const failures: HealthCheckFailure[] = [];
  const datapath = createDatapath({
    view,
    clock,
    random: Math.random,
    dialPod: options.dialPod ?? podDialler(options.serve ?? tellAndEcho, seen),
    associatePod: echoAssociation(seen),
  });
  const { reserved, hasAliases } = options;
  const { connect: into, associate } = datapath;
  const backend = createUserspaceBackend({
    view,
    connect: into,
    associate,
    clock,
    log: SILENT,
    random: Math.random,
    reserved,
    hasAliases,
    health,
    onHealthCheckFailure: (failure) => failures.push(failure),
  });
  const close = async (): Promise<void> => {
    await backend[Symbol.asyncDispose]();
    datapath[Symbol.dispose]();
    view[Symbol.dispose]();
  };
  await backend.ready.catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    store,
    view,
    datapath,
    backend,
    clock,
    seen,
    failures,
    health,
    settle: async () => {
      await Promise.resolve();
      await Promise.resolve();
      await backend.settled();
    },
    [Symbol.asyncDispose]: close,
  };
}

function planOf(): DatapathView['plan'] {
  const block = (start: number, length: number): string => `10.${start}.0.0/${length}`;
  return createAddressPlan({
    serviceCIDRs: [block(160, 12)],
    podCIDRs: [block(220, 14)],
    nodeCIDRs: [1, 2, 3].map((index) => `${ADDRESSES.nodes[index - 1]}/32`),
    loadBalancerCIDR: `127.214.${HIGH}.0/24`,
  });
}

function podDialler(serve: (server: DuplexEnd, flow: Flow) => void, seen: Flow[]): Connect {
  return async (flow) => {
    seen.push(flow);
    if (flow.destination.port === 9)
      throw new ConnectError('ERR_REFUSED', 'nothing listens on port 9');
    const [client, server] = createDuplexPair();
    serve(server, flow);
    return client;
  };
}

function tellAndEcho(server: DuplexEnd, flow: Flow): void {
  server.on('error', () => undefined);
  server.write(`${flow.destination.address}\n`);
  server.pipe(server);
}

/** Answers each datagram with the endpoint's address and the datagram. */
function echoAssociation(seen: Flow[]): Associate {
  return (flow) => {
    seen.push(flow);
    const [client, server] = createDatagramPair();
    server.onDatagram((datagram) => {
      server.send(Buffer.concat([Buffer.from(`${flow.destination.address} `), datagram]));
    });
    return client;
  };
}

/** A port that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface DialOptions {
  readonly from?: string;
}

/** A connection from the host. */
export async function dial(
  address: string,
  port: number,
  { from }: DialOptions = {},
): Promise<Socket> {
  const socket = connect({
    host: address,
    port,
    allowHalfOpen: true,
    ...(from === undefined ? {} : { localAddress: from }),
  });
  await once(socket, 'connect');
  return socket;
}

/** The address of the Pod that answers. */
export async function whoAnswers(
  address: string,
  port: number,
  options: DialOptions = {},
): Promise<string> {
  const socket = await dial(address, port, options);
  const [line] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return line.toString().trim();
}

/** The code of the error that connecting ends with. */
export async function failureOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'connected';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** One datagram there and one back. */
export async function ask(
  socket: UdpSocket,
  text: string,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<string> {
  const answer = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(text, port, address);
  const [datagram] = await answer;
  return datagram.toString();
}
