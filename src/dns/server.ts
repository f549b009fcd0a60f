import type { Socket } from 'node:net';
import { listenTcp, type Listener } from '../net/index.ts';
import { SYSTEM_CLOCK, type Clock, type Logger } from '../observe/index.ts';
import type { AnswerBytes, Answering } from './answer-bytes.ts';
import { Connections } from './connections.ts';
import type { Revision } from './revision.ts';
import type { MayAsk } from './query.ts';
import { serveDatagrams } from './serve-datagrams.ts';
import { serveTcpConnection } from './tcp-connection.ts';
import type { Workers } from './workers/index.ts';

/** Where to serve, over UDP and TCP alike. */
export interface DnsAddress {
  readonly address: string;
  /** 0 is any port that is free for both. */
  readonly port: number;
  /** Serve without it, with a warning, where it cannot be bound (`::1` on a host without IPv6). @default false */
  readonly isOptional?: boolean;
}

export interface DnsServerOptions {
  readonly addresses: readonly DnsAddress[];
  readonly answerBytes: AnswerBytes;
  /** Has datagrams answered in other threads, too. @default this thread alone */
  readonly workers?: DnsWorkersOptions;
  /**
   * Who is not answered at all; asked for each datagram and each connection, but not by other threads of what comes from
   * 127.0.0.1 or ::1: the host may always ask.
   *
   * @default everybody is
   */
  readonly mayAsk?: MayAsk;
  readonly log: Logger;
  /** What to do about a taken port. */
  readonly hint?: string;
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock;
  /** TCP connections; for one more the one that has been silent the longest is closed. @default 1024 */
  readonly maxConnections?: number;
  /** How long a connection may say nothing. @default 10000 */
  readonly idleTimeoutMs?: number;
}

export interface DnsWorkersOptions {
  /** Threads that answer, this one included; one with a port of its own, as on any OS. */
  readonly count: number;
  /** What they may keep of what `answerBytes` answers. */
  readonly finished: Answering['finished'];
  /** What finished answers hold for. */
  readonly revision: Revision;
}

/** Where a server listens. */
export interface BoundDnsAddress {
  readonly address: string;
  readonly port: number;
  /** The port that was asked for; another than `port` where that one was moved, or 0. */
  readonly requestedPort: number;
}

export interface DnsServer extends AsyncDisposable {
  /** In the order of `DnsServerOptions.addresses`, without the optional ones that failed. */
  readonly addresses: readonly BoundDnsAddress[];
  /** Other threads that answer datagrams. */
  readonly threads: Workers['threads'];
}

/** Tries to find a port that is free for UDP and TCP. */
const FREE_PORT_TRIES = 10;

/**
 * Serves DNS over UDP and TCP on every address, or on none.
 *
 * @throws PodlaneError as `listenTcp` when an address that is not optional cannot be bound; nothing is served then.
 */
export async function serveDns(options: DnsServerOptions): Promise<DnsServer> {
  const { addresses, log } = options;
  const stack = new AsyncDisposableStack();
  const bound: BoundDnsAddress[] = [];
  try {
    for (const address of addresses) {
      const listener = await listenOn(address, options).catch((error: unknown) => {
        if (address.isOptional !== true) throw error;
        log.warn('not listening', { part: 'dns', address: address.address, error });
      });
      if (listener === undefined) continue;
      stack.use(listener);
      bound.push({
        address: listener.address,
        port: listener.port,
        requestedPort: listener.requestedPort,
      });
    }
    const workers = hasWorkers(options) ? stack.use(await openWorkers(bound, options)) : undefined;
    for (const { address, port } of bound) log.info('listening', { part: 'dns', address, port });
    return {
      addresses: bound,
      get threads() {
        return workers?.threads ?? [];
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Options of a server whose datagrams are answered in several threads. */
type ThreadedOptions = DnsServerOptions & Required<Pick<DnsServerOptions, 'workers'>>;

function hasWorkers(options: DnsServerOptions): options is ThreadedOptions {
  const { workers } = options;
  return workers !== undefined && workers.count > 1;
}

async function openWorkers(
  addresses: readonly BoundDnsAddress[],
  { workers, answerBytes, mayAsk, log, clock = SYSTEM_CLOCK }: ThreadedOptions,
): Promise<Workers> {
  const { startWorkers } = await import('./workers/index.ts');
  const { count, finished, revision } = workers;
  const shared = { addresses, answering: { answerBytes, finished }, mayAsk, revision, log, clock };
  return startWorkers({ ...shared, count: count - 1 });
}

type BoundListener = Pick<Listener, 'address' | 'port' | 'requestedPort'> & AsyncDisposable;

async function listenOn(
  { address, port }: DnsAddress,
  options: DnsServerOptions,
): Promise<BoundListener> {
  for (let tries = port === 0 ? FREE_PORT_TRIES : 1; ; tries -= 1) {
    const { log, hint, mayAsk } = options;
    const isSpread = hasWorkers(options);
    const given = { answering: options, mayAsk, log, hint, isSpread };
    const udp = await serveDatagrams({ ...given, address, port });
    try {
      const tcp = await listenForConnections({ address, port: udp.port }, options);
      return {
        address,
        port: udp.port,
        requestedPort: port,
        [Symbol.asyncDispose]: async () => {
          await Promise.all([udp.close(), tcp[Symbol.asyncDispose]()]);
        },
      };
    } catch (error) {
      await udp.close();
      if (tries <= 1) throw error;
    }
  }
}

async function listenForConnections(
  { address, port }: DnsAddress,
  options: DnsServerOptions,
): Promise<AsyncDisposable> {
  const { answerBytes, log, clock = SYSTEM_CLOCK } = options;
  const { maxConnections, idleTimeoutMs = 10_000 } = options;
  const connections = new Connections(maxConnections);
  const listener = await listenTcp({
    address,
    port,
    hint: options.hint,
    onConnection: (socket) => {
      connections.add(socket);
      if (isDropped(socket, options.mayAsk)) return ignore(socket, clock, idleTimeoutMs);
      const onQuery = (): void => connections.asked(socket);
      serveTcpConnection(socket, { answerBytes, clock, idleTimeoutMs, onQuery });
    },
    onError: (error) => log.warn('connection not accepted', { part: 'dns', error }),
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await listener.close();
      connections.destroyAll();
    },
  };
}

function isDropped({ remoteAddress = '', remotePort = 0 }: Socket, mayAsk?: MayAsk): boolean {
  return mayAsk?.({ address: remoteAddress, port: remotePort, transport: 'tcp' }) === false;
}

/** The OS has taken the connection; nobody is there. */
function ignore(socket: Socket, clock: Clock, idleTimeoutMs: number): void {
  const timer = clock.setTimer(idleTimeoutMs, () => socket.destroy());
  socket.on('error', () => undefined).once('close', () => timer[Symbol.dispose]());
  socket.resume();
}
