import type { RemoteInfo } from 'node:dgram';
import {
  ConnectError,
  type Associate,
  type DatagramChannel,
  type Flow,
} from '../../../net/index.ts';
import type { Clock, Logger } from '../../../observe/index.ts';

export interface UdpRelayOptions {
  readonly associate: Associate;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long an association lives without a datagram in either direction. @default 30 */
  readonly idleSeconds?: number | undefined;
  /** Associations in all; the oldest goes for one more. @default 16384 */
  readonly maxAssociations?: number | undefined;
}

/** One listener's side of its associations. */
export interface UdpDoor {
  /** Takes a datagram that arrived at the listener. */
  readonly receive: (datagram: Buffer, client: RemoteInfo) => void;
  /** Ends the door's associations. */
  readonly close: () => void;
}

export interface UdpDoorOptions {
  /** The question that a new client asks. */
  readonly flowOf: (client: RemoteInfo) => Flow;
  /** Sends a datagram from the listener to a client. */
  readonly reply: (datagram: Uint8Array, client: RemoteInfo) => void;
}

/** Time is counted in steps of this part of the idle time. */
const STEPS = 6;

interface Association {
  readonly channel: DatagramChannel;
  lastStep: number;
}

/** Client address → client port → association; two maps, so that no key is put together for each datagram. */
type Clients = Map<string, Map<number, Association>>;

/** Carries datagrams between clients and wherever `associate` brings them. */
export class UdpRelay {
  readonly #options: UdpRelayOptions;
  readonly #stepMs: number;
  readonly #max: number;
  /** In the order in which they were made. */
  readonly #all = new Set<Association>();
  #step = 0;
  #timer: Disposable | undefined;

  constructor(options: UdpRelayOptions) {
    this.#options = options;
    this.#stepMs = ((options.idleSeconds ?? 30) * 1000) / STEPS;
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
        association.lastStep = this.#step;
        association.channel.send(datagram);
      },
      close: () => {
        for (const ports of clients.values())
          for (const { channel } of ports.values()) channel.close();
      },
    };
  }

  /** Ends everything. */
  close(): void {
    for (const { channel } of this.#all) channel.close();
    this.#timer?.[Symbol.dispose]();
  }

  /** @returns undefined when the datagram is refused or dropped: UDP cannot tell the client which. */
  #associate(clients: Clients, client: RemoteInfo, door: UdpDoorOptions): Association | undefined {
    const channel = this.#openChannel(door.flowOf(client));
    if (channel === undefined) return undefined;
    const association: Association = { channel, lastStep: this.#step };
    const ports = clients.get(client.address) ?? new Map<number, Association>();
    clients.set(client.address, ports);
    ports.set(client.port, association);
    this.#all.add(association);
    channel.onDatagram((datagram) => {
      association.lastStep = this.#step;
      door.reply(datagram, client);
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

  #schedule(): Disposable {
    return this.#options.clock.setTimer(this.#stepMs, () => {
      this.#step += 1;
      for (const { channel, lastStep } of this.#all)
        if (this.#step - lastStep > STEPS) channel.close();
      this.#timer = this.#all.size > 0 ? this.#schedule() : undefined;
    });
  }
}
