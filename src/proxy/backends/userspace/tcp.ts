import type { Socket } from 'node:net';
import {
  ConnectError,
  describeScarcity,
  isScarcity,
  reset,
  splice,
  type Connect,
  type Flow,
} from '../../../net/index.ts';
import type { Logger } from '../../../observe/index.ts';

export interface TcpRelayOptions {
  readonly connect: Connect;
  readonly log: Logger;
  /** Dropped connections that are kept in silence; the oldest is reset for one more. @default 1024 */
  readonly maxSilent?: number | undefined;
}

/** Carries accepted connections to wherever `connect` brings them. */
export class TcpRelay {
  readonly #connect: Connect;
  readonly #log: Logger;
  readonly #maxSilent: number;
  /** In the order in which they came. */
  readonly #silent = new Set<Socket>();
  /** Accepted sockets that are open. */
  readonly #open = new Set<Socket>();
  #isClosed = false;

  constructor({ connect, log, maxSilent = 1024 }: TcpRelayOptions) {
    this.#connect = connect;
    this.#log = log;
    this.#maxSilent = maxSilent;
  }

  /** Serves one accepted connection; its end is the end of it. */
  accept(socket: Socket, flow: Flow): void {
    if (this.#isClosed) return reset(socket);
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', contained);
    this.#connect(flow).then(
      (upstream) => splice(socket, upstream),
      (error: unknown) => this.#refuse(socket, flow, error),
    );
  }

  /** Resets every connection, and those to come. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#open) reset(socket);
  }

  #refuse(socket: Socket, flow: Flow, error: unknown): void {
    if (error instanceof ConnectError && error.code === 'ERR_DROPPED')
      return this.#keepSilent(socket);
    if (isScarcity(error)) this.#tellScarcity(flow, error);
    else if (!(error instanceof ConnectError))
      this.#log.error('connection failed', { part: 'proxy', to: flow.destination, error });
    reset(socket);
  }

  /** The way on needs a descriptor of its own where a process of the host, or one beyond, is at its end. */
  #tellScarcity({ destination: { address, port } }: Flow, cause: unknown): void {
    const error = describeScarcity(`cannot connect to ${address}:${port}`, cause);
    if (error !== undefined) this.#log.error('connection failed', { part: 'proxy', error });
  }

  /** The client hears nothing until it leaves; what it says is thrown away. */
  #keepSilent(socket: Socket): void {
    if (socket.destroyed) return;
    this.#silent.add(socket);
    socket.on('close', () => this.#silent.delete(socket));
    socket.on('end', () => socket.destroy());
    socket.resume();
    if (this.#silent.size <= this.#maxSilent) return;
    const [oldest] = this.#silent;
    if (oldest !== undefined) reset(oldest);
  }
}

/** What an error means is told by the `close` that follows. */
function contained(): void {
  return undefined;
}
