import type { Socket } from 'node:net';
import type { Clock } from '../observe/index.ts';
import type { AnswerBytes } from './answer-bytes.ts';
import { MessageReader } from './message-reader.ts';
import type { Client } from './query.ts';

export interface TcpConnectionOptions {
  readonly answerBytes: AnswerBytes;
  readonly clock: Clock;
  /** How long the client may ask nothing whole, and take nothing. */
  readonly idleTimeoutMs: number;
  /** Told when whole queries have come. @default nobody */
  readonly onQuery?: () => void;
}

/** Queries of one connection that may wait for their answers; more are not read. */
const MAX_WAITING = 128;
/** Queries of one connection that are answered before it is the turn of others. */
const MAX_A_TURN = 64;

/**
 * Answers the queries of one connection: pipelined, each as soon as its answer is there. @see RFC 7766 §6.2.1
 *
 * A client that does not take its answers is not read from until it does.
 */
export function serveTcpConnection(socket: Socket, options: TcpConnectionOptions): void {
  new TcpConnection(socket, options).serve();
}

class TcpConnection {
  readonly #socket: Socket;
  readonly #options: TcpConnectionOptions;
  readonly #client: Client;
  readonly #reader = new MessageReader();
  /** Queries that are read, and wait until the client takes its answers. */
  #unanswered: Buffer[] = [];
  #waiting = 0;
  #hasEnded = false;
  #isTurnPending = false;
  #timer: Disposable | undefined;

  constructor(socket: Socket, options: TcpConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    const { remoteAddress = '', remotePort = 0 } = socket;
    this.#client = {
      address: remoteAddress,
      port: remotePort,
      transport: 'tcp',
      sendAhead: (message) => this.#send(message),
    };
  }

  serve(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => {
      const queries = this.#reader.read(chunk);
      // Octets that make no query are no sign of life: a client that sends one at a time would stay for ever.
      if (queries.length === 0) return;
      this.#rest();
      this.#options.onQuery?.();
      this.#unanswered = this.#unanswered.concat(queries);
      this.#flow();
    });
    socket.on('drain', () => {
      this.#rest();
      this.#flow();
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#flow();
    });
    // A reset by the client ends the connection; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#timer?.[Symbol.dispose]());
    this.#rest();
  }

  /** Starts to wait for the next sign of life. */
  #rest(): void {
    const { clock, idleTimeoutMs } = this.#options;
    this.#timer?.[Symbol.dispose]();
    this.#timer = clock.setTimer(idleTimeoutMs, () => this.#socket.destroy());
  }

  #flow(): void {
    const queries = this.#unanswered;
    const turn = Math.min(queries.length, MAX_A_TURN);
    let next = 0;
    for (; next < turn && !this.#isBusy(); next += 1) this.#answer(queries[next]);
    this.#unanswered = queries.slice(next);
    if (this.#unanswered.length > 0) {
      this.#socket.pause();
      if (!this.#isBusy()) this.#flowLater();
    } else if (!this.#hasEnded) this.#socket.resume();
    else if (this.#waiting === 0 && !this.#socket.writableEnded) this.#socket.end();
  }

  /** Once others have had their turn. */
  #flowLater(): void {
    if (this.#isTurnPending) return;
    this.#isTurnPending = true;
    setImmediate(() => {
      this.#isTurnPending = false;
      if (!this.#socket.destroyed) this.#flow();
    });
  }

  #isBusy(): boolean {
    return this.#waiting >= MAX_WAITING || this.#socket.writableNeedDrain;
  }

  #answer(query: Buffer | undefined): void {
    if (query === undefined) return;
    const reply = this.#options.answerBytes(query, this.#client);
    if (reply instanceof Promise) void this.#sendLater(reply);
    else this.#send(reply);
  }

  async #sendLater(reply: Promise<Buffer | undefined>): Promise<void> {
    this.#waiting += 1;
    const bytes = await reply;
    this.#waiting -= 1;
    this.#send(bytes);
    this.#flow();
  }

  #send(reply: Buffer | undefined): void {
    if (reply === undefined || this.#socket.destroyed) return;
    const framed = Buffer.allocUnsafe(reply.length + 2);
    framed.writeUInt16BE(reply.length, 0);
    reply.copy(framed, 2);
    this.#socket.write(framed);
  }
}
