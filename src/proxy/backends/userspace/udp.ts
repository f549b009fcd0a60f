import type { RemoteInfo } from 'node:dgram';
import {
  ConnectError,
  openConnectedUdp,
  type Associate,
  type DatagramChannel,
  type Endpoint,
  type Flow,
} from '../../../net/index.ts';
import type { Clock, Logger } from '../../../observe/index.ts';

export interface UdpRelayOptions {
  readonly associate: Associate;
  readonly clock: Clock;
  readonly log: Logger;
  /** Associations in all; the oldest goes for one more. @default 16384 */
  readonly maxAssociations?: number | undefined;
}

/** One listener's side of its associations. */
export interface UdpDoor {
  /** Takes a datagram that arrived at the listener. */
  readonly receive: (datagram: Buffer, client: RemoteInfo) => void;
  /** Goes on with the clients of a listener that has been closed; nobody else is heard at `local`. */
  readonly linger: (local: Endpoint) => void;
}

export interface UdpDoorOptions {
  /** The question that a new client asks. */
  readonly flowOf: (client: RemoteInfo) => Flow;
  /** Sends a datagram from the listener to a client. */
  readonly reply: (datagram: Uint8Array, client: RemoteInfo) => void;
}

/** So long a flow is remembered without a datagram in either direction. @see Linux, nf_conntrack_udp_timeout */
const IDLE_SECONDS = 30;
/** And so long one that was answered and has lived for a while. @see Linux, nf_conntrack_udp_timeout_stream */
const STREAM_IDLE_SECONDS = 120;
/** How long that while is. @see Linux, nf_conntrack_proto_udp.c, stream_ts */
const STREAM_AFTER_SECONDS = 2;

/** Times are in seconds since the relay began, as far as somebody counts. */
interface Association {
  readonly channel: DatagramChannel;
  readonly createdAt: number;
  isAnswered: boolean;
  expiresAt: number;
  /** Sends to the client: by the listener, or by a socket of its own once that is closed. */
  reply: (datagram: Uint8Array) => void;
}

/** Clients of closed listeners that are gone on with, in all: each takes a file descriptor. */
const MAX_LINGERING = 1024;

/** Client address → client port → association; two maps, so that no key is put together for each datagram. */
type Clients = Map<string, Map<number, Association>>;

/** Carries datagrams between clients and wherever `associate` brings them. */
export class UdpRelay {
  readonly #options: UdpRelayOptions;
  readonly #max: number;
  /** In the order in which they were made. */
  readonly #all = new Set<Association>();
  /** `address port` → how many sockets of closed listeners are open there. */
  readonly #lingering = new Map<string, number>();
  #lingeringCount = 0;
  /** Seconds; stands still while there is nothing to watch. */
  #time = 0;
  #timer: Disposable | undefined;
  #isClosed = false;

  constructor(options: UdpRelayOptions) {
    this.#options = options;
    this.#max = options.maxAssociations ?? 16_384;
  }

  /** How many associations there are. */
  get size(): number {
    return this.#all.size;
  }

  /** A listener's door to the relay. */
  open({ flowOf, reply }: UdpDoorOptions): UdpDoor {
    const clients: Clients = new Map();
    return {
      receive: (datagram, client) => {
        const known = clients.get(client.address)?.get(client.port);
        const association = known ?? this.#associate(clients, client, { flowOf, reply });
        if (association === undefined) return;
        this.#touch(association);
        association.channel.send(datagram);
      },
      linger: (local) => {
        for (const [address, ports] of clients)
          for (const [port, association] of ports)
            this.#linger(association, { local, peer: { address, port } });
        clients.clear();
      },
    };
  }

  /** Whether clients of a closed listener are gone on with at this address. */
  lingersAt({ address, port }: Endpoint): boolean {
    return this.#lingering.has(`${address} ${port}`);
  }

  /** Ends everything. */
  close(): void {
    this.#isClosed = true;
    for (const { channel } of this.#all) channel.close();
    this.#timer?.[Symbol.dispose]();
  }

  /** @returns undefined when the datagram is refused or dropped: UDP cannot tell the client which. */
  #associate(clients: Clients, client: RemoteInfo, door: UdpDoorOptions): Association | undefined {
    const channel = this.#isClosed ? undefined : this.#openChannel(door.flowOf(client));
    if (channel === undefined) return undefined;
    const association: Association = {
      channel,
      createdAt: this.#time,
      isAnswered: false,
      expiresAt: this.#time + IDLE_SECONDS,
      reply: (datagram) => door.reply(datagram, client),
    };
    const ports = clients.get(client.address) ?? new Map<number, Association>();
    clients.set(client.address, ports);
    ports.set(client.port, association);
    this.#all.add(association);
    channel.onDatagram((datagram) => {
      association.isAnswered = true;
      this.#touch(association);
      association.reply(datagram);
    });
    channel.onClose(() => {
      this.#all.delete(association);
      if (ports.get(client.port) === association) ports.delete(client.port);
      if (ports.size === 0 && clients.get(client.address) === ports) clients.delete(client.address);
    });
    this.#makeRoom();
    this.#timer ??= this.#schedule();
    return association;
  }

  /** The OS hands the client's datagrams to a socket of its own, and refuses everybody else's. */
  #linger(
    association: Association,
    { local, peer }: { readonly local: Endpoint; readonly peer: Endpoint },
  ): void {
    if (this.#isClosed || this.#lingeringCount >= MAX_LINGERING) return association.channel.close();
    const key = `${local.address} ${local.port}`;
    const socket = openConnectedUdp({
      local,
      peer,
      onDatagram: (datagram) => {
        this.#touch(association);
        association.channel.send(datagram);
      },
    });
    association.reply = (datagram) => socket.send(datagram);
    this.#lingeringCount += 1;
    this.#lingering.set(key, (this.#lingering.get(key) ?? 0) + 1);
    association.channel.onClose(() => {
      socket.close();
      this.#lingeringCount -= 1;
      const others = (this.#lingering.get(key) ?? 0) - 1;
      if (others > 0) this.#lingering.set(key, others);
      else this.#lingering.delete(key);
    });
  }

  #openChannel(flow: Flow): DatagramChannel | undefined {
    try {
      return this.#options.associate(flow);
    } catch (error) {
      if (!(error instanceof ConnectError))
        this.#options.log.error('association failed', {
          part: 'proxy',
          to: flow.destination,
          error,
        });
      return undefined;
    }
  }

  #makeRoom(): void {
    if (this.#all.size <= this.#max) return;
    const [oldest] = this.#all;
    oldest?.channel.close();
  }

  /** As conntrack does: answers, and a life of some seconds, make a stream. */
  #touch(association: Association): void {
    const { isAnswered, createdAt } = association;
    const isStream = isAnswered && this.#time - createdAt > STREAM_AFTER_SECONDS;
    association.expiresAt = this.#time + (isStream ? STREAM_IDLE_SECONDS : IDLE_SECONDS);
  }

  #schedule(): Disposable {
    return this.#options.clock.setTimer(1000, () => {
      this.#time += 1;
      for (const { channel, expiresAt } of this.#all) if (this.#time > expiresAt) channel.close();
      this.#timer = this.#all.size > 0 ? this.#schedule() : undefined;
    });
  }
}
