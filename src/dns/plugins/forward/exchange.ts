import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { PodlaneError } from '../../../net/index.ts';
import type { Clock } from '../../../observe/index.ts';
import { MessageReader } from '../../message-reader.ts';
import { HEADER_SIZE } from '../../wire/index.ts';
import { formatUpstream, type Upstream } from './upstream.ts';

/**
 * Sends a message, whose id it chooses itself, and gives back the one that answers it.
 *
 * @throws PodlaneError `ERR_DNS_UPSTREAM` when no answer comes.
 */
export type Exchange = (message: Buffer, timeoutMs: number) => Promise<Buffer>;

export interface ExchangeOptions {
  readonly upstream: Upstream;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** How long it stays open unused; 0 for ever. @default 10000 */
  readonly expireMs?: number;
  /** Told of each message, whether the way was open already. */
  readonly onLine?: (isReused: boolean) => void;
}

/** A transport to one upstream; messages share it, each under an id of its own. */
export interface Transport extends Disposable {
  readonly exchange: Exchange;
}

/** An unused transport is closed, so that the next message goes out from another port. @see RFC 5452 §9.2 */
const EXPIRE_MS = 10_000;
/** Ids are 16 bits; a free one must be easy to find. */
const MAX_PENDING = 32_768;

interface Pending {
  readonly question: Buffer;
  readonly resolve: (reply: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** One socket or connection, and the messages that wait on it. */
interface Line {
  readonly pending: Map<number, Pending>;
  send(message: Buffer): void;
  /** Whether the process stays for it. */
  hold(isHeld: boolean): void;
  close(): void;
}

/**
 * Messages over UDP, from a connected socket: the kernel drops what others send, and tells when nobody listens.
 *
 * dns2's client is no use here: it builds its own query from a name and the mnemonic of a type, so flags, EDNS, types
 * without mnemonic and the upstream's own answer would be lost on the way.
 */
export function createUdpTransport(options: ExchangeOptions): Transport {
  return createTransport(options, (lost) => {
    const { address, port } = options.upstream;
    const pending = new Map<number, Pending>();
    const socket: UdpSocket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const waiting: Buffer[] = [];
    let isConnected = false;
    socket.on('error', lost);
    socket.on('message', (reply) => settle(pending, reply));
    // A callback of `connect` would be called with the error where there is no way to the upstream.
    socket.once('connect', () => {
      isConnected = true;
      for (const message of waiting) socket.send(message);
    });
    socket.connect(port, address);
    return {
      pending,
      hold: (isHeld) => void (isHeld ? socket.ref() : socket.unref()),
      send: (message) => (isConnected ? socket.send(message) : void waiting.push(message)),
      close: () => {
        socket.removeAllListeners('message');
        socket.close();
      },
    };
  });
}

/** Messages over TCP, pipelined on one connection. @see RFC 7766 */
export function createTcpTransport(options: ExchangeOptions): Transport {
  const { address: host, port } = options.upstream;
  return createStreamTransport(options, () => connect({ host, port, noDelay: true }));
}

/** Messages over a connection of any kind, TLS among them. */
export function createStreamTransport(options: ExchangeOptions, open: () => Socket): Transport {
  return createTransport(options, (lost) => {
    const pending = new Map<number, Pending>();
    const socket = open();
    const reader = new MessageReader();
    socket.on('error', lost);
    socket.on('close', () => lost(new Error('connection closed')));
    socket.on('data', (chunk: Buffer) => {
      for (const reply of reader.read(chunk)) settle(pending, reply);
    });
    return {
      pending,
      hold: (isHeld) => void (isHeld ? socket.ref() : socket.unref()),
      send: (message) => {
        const length = Buffer.allocUnsafe(2);
        length.writeUInt16BE(message.length);
        socket.write(Buffer.concat([length, message]));
      },
      close: () => void socket.destroy(),
    };
  });
}

function createTransport(options: ExchangeOptions, open: OpenLine): Transport {
  return new LineTransport(options, open);
}

/** Opens a line; `lost` is told when it is of no more use. */
type OpenLine = (lost: (error: Error) => void) => Line;

class LineTransport implements Transport {
  readonly #options: ExchangeOptions;
  readonly #open: OpenLine;
  #current: Line | undefined;
  #expiry: Disposable | undefined;
  #isClosed = false;

  constructor(options: ExchangeOptions, open: OpenLine) {
    this.#options = options;
    this.#open = open;
  }

  readonly exchange: Exchange = (message, timeoutMs) => {
    const { upstream, clock, random } = this.#options;
    if (this.#isClosed) return Promise.reject(upstreamError(upstream, 'closed'));
    const line = this.#line();
    if (line.pending.size >= MAX_PENDING)
      return Promise.reject(upstreamError(upstream, 'too many queries wait for it'));
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const id = freeId(line.pending, random);
    message.writeUInt16BE(id, 0);
    const timer = clock.setTimer(timeoutMs, () => {
      line.pending.delete(id);
      reject(upstreamError(upstream, `no answer within ${timeoutMs} ms`));
    });
    const question = message.subarray(HEADER_SIZE, endOfQuestion(message));
    line.pending.set(id, { question, resolve, reject });
    line.hold(true);
    line.send(message);
    return promise.finally(() => {
      timer[Symbol.dispose]();
      this.#rest(line);
    });
  };

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#expiry?.[Symbol.dispose]();
    if (this.#current !== undefined) this.#drop(this.#current, new Error('closed'));
  }

  #line(): Line {
    this.#options.onLine?.(this.#current !== undefined);
    if (this.#current !== undefined) return this.#current;
    let isLost = false;
    const line: Line = this.#open((error) => {
      if (isLost) return;
      isLost = true;
      this.#drop(line, error);
    });
    this.#current = line;
    return line;
  }

  #drop(line: Line, error: Error): void {
    if (this.#current === line) this.#current = undefined;
    line.close();
    const waiting = [...line.pending.values()];
    line.pending.clear();
    for (const { reject } of waiting)
      reject(upstreamError(this.#options.upstream, error.message, error));
  }

  /** Lets the process go, and in a while the line, when nobody waits on it. */
  #rest(line: Line): void {
    this.#expiry?.[Symbol.dispose]();
    if (line.pending.size > 0 || this.#current !== line) return;
    line.hold(false);
    const { clock, expireMs = EXPIRE_MS } = this.#options;
    if (expireMs === 0) return;
    this.#expiry = clock.setTimer(expireMs, () => {
      if (line.pending.size === 0) this.#drop(line, new Error('unused'));
    });
  }
}

/** Hands a reply to whom it answers: same id, and the same question where it repeats one. @see RFC 5452 §9.1 */
function settle(pending: Map<number, Pending>, reply: Buffer): void {
  if (reply.length < HEADER_SIZE) return;
  const id = reply.readUInt16BE(0);
  const waiting = pending.get(id);
  if (waiting === undefined) return;
  const { question } = waiting;
  const echoed = reply.subarray(HEADER_SIZE, HEADER_SIZE + question.length);
  const isSilent = reply.readUInt16BE(4) === 0;
  const same = (octets: Buffer): string => octets.toString('latin1').toLowerCase();
  if (!isSilent && same(echoed) !== same(question)) return;
  pending.delete(id);
  waiting.resolve(reply);
}

/** Where the first question of a message of our own ends: its name is not compressed. */
function endOfQuestion(message: Buffer): number {
  let at = HEADER_SIZE;
  while ((message[at] ?? 0) !== 0) at += (message[at] ?? 0) + 1;
  return at + 5;
}

function freeId(pending: ReadonlyMap<number, Pending>, random: () => number): number {
  let id = Math.floor(random() * 65_536);
  while (pending.has(id)) id = (id + 1) & 0xffff;
  return id;
}

function upstreamError(upstream: Upstream, what: string, cause?: unknown): PodlaneError {
  const message = `upstream ${formatUpstream(upstream)}: ${what}`;
  return new PodlaneError('ERR_DNS_UPSTREAM', message, cause === undefined ? {} : { cause });
}
