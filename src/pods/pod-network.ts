import type { Duplex } from 'node:stream';
import {
  type Associate,
  type Connect,
  ConnectError,
  createDatagramPair,
  createDuplexPair,
  type DatagramChannel,
  type Endpoint,
  type Flow,
  openUdpChannel,
  type Protocol,
} from '../net/index.ts';
import { openForward } from './forward.ts';
import type { ServedTcpPort, ServedUdpPort } from './workload.ts';

/** The addresses of the cluster's Pods, and who listens on them. */
export interface PodNetwork {
  /** Opens a connection to a Pod's own address and port. */
  readonly dial: Connect;
  readonly associate: Associate;
  /** Joins a Pod to its addresses; Pods on the host's network share their Node's. */
  attach(addresses: readonly string[], owner: string): PodInterface;
}

/** One Pod's part of the network. */
export interface PodInterface extends Disposable {
  readonly addresses: readonly string[];
  /** @returns undefined when the port is taken: the address is already in use. */
  listenTcp(served: ServedTcpPort): Disposable | undefined;
  listenUdp(served: ServedUdpPort): Disposable | undefined;
  /** Hands the ports for which `targetOf` knows a target to a local process instead; undefined ends it. */
  forward(targetOf: ((port: number) => Endpoint | undefined) | undefined): void;
}

/** One address: what listens there, of all Pods that have it. */
interface AddressEntry {
  readonly tcp: Map<number, ServedTcpPort>;
  readonly udp: Map<number, ServedUdpPort>;
  readonly holders: Set<Attachment>;
}

interface Attachment {
  readonly owner: string;
  readonly open: Set<Duplex | DatagramChannel>;
  targetOf: ((port: number) => Endpoint | undefined) | undefined;
}

/** A network without Pods. */
export function createPodNetwork(): PodNetwork {
  const entries = new Map<string, AddressEntry>();
  return {
    dial: async (flow, options = {}) => {
      options.signal?.throwIfAborted();
      const entry = entryFor(entries, flow);
      const forwarded = forwardFor(entry, flow.destination.port);
      if (forwarded !== undefined)
        return keep(forwarded.holder, await openForward(forwarded.target, options.signal));
      const served = entry.tcp.get(flow.destination.port);
      if (served === undefined) throw refused(entry, flow);
      const [client, server] = createDuplexPair();
      // A reset connection is no fault of the server's; whoever reads it hears of it by 'close'.
      server.on('error', () => undefined);
      served.accept(server, flow);
      return client;
    },
    associate: (flow) => {
      const entry = entryFor(entries, flow);
      const forwarded = forwardFor(entry, flow.destination.port);
      if (forwarded !== undefined)
        return keepChannel(forwarded.holder, openUdpChannel(forwarded.target));
      const served = entry.udp.get(flow.destination.port);
      if (served === undefined) throw refused(entry, flow);
      const [client, server] = createDatagramPair();
      served.open(server, flow);
      return client;
    },
    attach: (addresses, owner) => attach(entries, addresses, owner),
  };
}

function attach(
  all: Map<string, AddressEntry>,
  addresses: readonly string[],
  owner: string,
): PodInterface {
  const attachment: Attachment = { owner, open: new Set(), targetOf: undefined };
  const entries = addresses.map((address) => {
    const entry = all.get(address) ?? { tcp: new Map(), udp: new Map(), holders: new Set() };
    all.set(address, entry);
    entry.holders.add(attachment);
    return entry;
  });
  return {
    addresses,
    listenTcp: (served) =>
      listen(
        entries.map(({ tcp }) => tcp),
        served,
      ),
    listenUdp: (served) =>
      listen(
        entries.map(({ udp }) => udp),
        served,
      ),
    forward: (targetOf) => {
      attachment.targetOf = targetOf;
      closeAll(attachment);
    },
    [Symbol.dispose]: () => {
      closeAll(attachment);
      for (const [index, entry] of entries.entries()) {
        entry.holders.delete(attachment);
        const address = addresses[index];
        if (entry.holders.size === 0 && address !== undefined && all.get(address) === entry)
          all.delete(address);
      }
    },
  };
}

function listen<T extends { readonly port: number }>(
  tables: readonly Map<number, T>[],
  served: T,
): Disposable | undefined {
  if (tables.some((table) => table.has(served.port))) return undefined;
  for (const table of tables) table.set(served.port, served);
  return {
    [Symbol.dispose]: () => {
      for (const table of tables) table.delete(served.port);
    },
  };
}

function entryFor(entries: ReadonlyMap<string, AddressEntry>, flow: Flow): AddressEntry {
  const { address } = flow.destination;
  const entry = entries.get(address);
  if (entry !== undefined) return entry;
  throw new ConnectError('ERR_UNREACHABLE', `address ${address}: no pod has it`);
}

function forwardFor(
  entry: AddressEntry,
  port: number,
): { readonly holder: Attachment; readonly target: Endpoint } | undefined {
  for (const holder of entry.holders) {
    const target = holder.targetOf?.(port);
    if (target !== undefined) return { holder, target };
  }
  return undefined;
}

function refused(entry: AddressEntry, { destination, protocol }: Flow): ConnectError {
  const owners = [...entry.holders].map(({ owner }) => owner).join(', ');
  return new ConnectError(
    'ERR_REFUSED',
    `${owners}: ${nothingListens(destination.port, protocol)}`,
  );
}

function nothingListens(port: number, protocol: Protocol): string {
  return `nothing listens on port ${port}/${protocol}`;
}

function keep(holder: Attachment, socket: Duplex): Duplex {
  holder.open.add(socket);
  return socket.once('close', () => holder.open.delete(socket));
}

function keepChannel(holder: Attachment, channel: DatagramChannel): DatagramChannel {
  holder.open.add(channel);
  channel.onClose(() => holder.open.delete(channel));
  return channel;
}

function closeAll({ open }: Attachment): void {
  for (const connection of open) {
    if ('close' in connection) connection.close();
    else connection.destroy();
  }
  open.clear();
}
