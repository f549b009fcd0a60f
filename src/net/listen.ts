import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { codeOf, describeListenError } from './listen-error.ts';
import { describeScarcity, isLastDescriptor, isScarcity } from './open-files.ts';
import { findPortHolder } from './port-holder.ts';
import { alternativePort } from './port.ts';

/** Where to listen, and what to say when that cannot be. */
export interface ListenOptions {
  readonly address: string;
  /** 0 is any free port. */
  readonly port: number;
  /** Stands in for a port below 1024 that the OS refuses; undefined for none. @default alternativePort(port) */
  readonly alternativePort?: number | undefined;
  /** What to do about a taken port, as a sentence: `Choose another with --dns ADDRESS:PORT.` */
  readonly hint?: string | undefined;
  /** Look for the program that holds a taken port, which takes a while: off where nobody is told. @default true */
  readonly namesHolder?: boolean | undefined;
  /** Failures after the start (no file descriptors left, say); the listener goes on. */
  readonly onError?: ((error: Error) => void) | undefined;
}

export interface ListenTcpOptions extends ListenOptions {
  readonly onConnection: (socket: Socket) => void;
  /** Handshakes that may wait to be accepted. @default 511 */
  readonly backlog?: number | undefined;
  /** Keep the other direction when the peer ends its own. @default true */
  readonly allowHalfOpen?: boolean | undefined;
  /** Leave the data in the kernel until the socket is read from or resumed. @default false */
  readonly pauseOnConnect?: boolean | undefined;
}

export interface ListenUdpOptions extends ListenOptions {
  readonly onDatagram: (datagram: Buffer, client: RemoteInfo) => void;
  /** Beside sockets of `openConnectedUdp` on the same port. @default false */
  readonly isShared?: boolean | undefined;
  /** Beside sockets of other threads, over which the OS spreads the clients. @default false */
  readonly isSpread?: boolean | undefined;
  /** Receive buffer to ask the OS for. @default the OS's own */
  readonly receiveBufferBytes?: number | undefined;
}

/** An open listener. */
export interface Listener extends AsyncDisposable {
  readonly address: string;
  /** The port that is bound. */
  readonly port: number;
  /** The port that was asked for; another than `port` where that one was moved, or 0. */
  readonly requestedPort: number;
  /** Stops listening; what was accepted lives on. */
  close(): Promise<void>;
}

export interface TcpListener extends Listener {
  readonly server: Server;
}

export interface UdpListener extends Listener {
  readonly socket: UdpSocket;
}

/**
 * Listens for TCP connections.
 *
 * @throws PodlaneError `ERR_ADDRESS_IN_USE`, `ERR_ADDRESS_NOT_AVAILABLE`, `ERR_ADDRESS_FORBIDDEN`, `ERR_TOO_MANY_OPEN_FILES`.
 */
export function listenTcp(options: ListenTcpOptions): Promise<TcpListener> {
  return listenSomewhere('TCP', options, (port) => openServer(options, port));
}

/**
 * Listens for UDP datagrams.
 *
 * @throws PodlaneError as `listenTcp`.
 */
export function listenUdp(options: ListenUdpOptions): Promise<UdpListener> {
  return listenSomewhere('UDP', options, (port) => openSocket(options, port));
}

/** Tries the port, then its stand-in where the OS refuses the port for lack of privilege. */
export async function listenSomewhere<T>(
  protocol: 'TCP' | 'UDP',
  options: ListenOptions,
  open: (port: number) => Promise<T>,
): Promise<T> {
  const { address, port, hint, namesHolder = true } = options;
  const other = 'alternativePort' in options ? options.alternativePort : alternativePort(port);
  try {
    return await open(port);
  } catch (error) {
    if (codeOf(error) !== 'EACCES' || other === undefined)
      throw await explain({ protocol, address, port }, { cause: error, hint, namesHolder });
  }
  try {
    return await open(other);
  } catch (error) {
    throw await explain(
      { protocol, address, port: other },
      { cause: error, hint, namesHolder, insteadOf: port },
    );
  }
}

async function explain(
  local: Parameters<typeof describeListenError>[0],
  {
    namesHolder,
    ...context
  }: Parameters<typeof describeListenError>[1] & { readonly namesHolder: boolean },
): Promise<Error> {
  const isTaken = codeOf(context.cause) === 'EADDRINUSE';
  const holder = isTaken && namesHolder ? await findPortHolder(local) : undefined;
  return describeListenError(local, { ...context, holder });
}

function openServer(options: ListenTcpOptions, port: number): Promise<TcpListener> {
  const {
    address,
    onConnection,
    backlog = 511,
    allowHalfOpen = true,
    pauseOnConnect = false,
  } = options;
  const { promise, resolve, reject } = Promise.withResolvers<TcpListener>();
  const tell = (error: Error | undefined): void => error && options.onError?.(error);
  const what = `cannot accept connections on ${address}:${port}`;
  const server = createServer({ allowHalfOpen, pauseOnConnect, noDelay: true }, (socket) => {
    if (!isLastDescriptor(socket)) return onConnection(socket);
    socket.resetAndDestroy();
    if (options.onError !== undefined) tell(describeScarcity(what));
  });
  server.once('error', reject);
  server.listen({ host: address, port, backlog, exclusive: true }, () => {
    server.removeListener('error', reject);
    server.on('error', (error) => tell(isScarcity(error) ? describeScarcity(what, error) : error));
    const bound = server.address();
    const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
    const close = closeOnce(() => void server.close());
    resolve({
      server,
      address,
      port: boundPort,
      requestedPort: options.port,
      close,
      [Symbol.asyncDispose]: close,
    });
  });
  return promise;
}

function openSocket(options: ListenUdpOptions, port: number): Promise<UdpListener> {
  const { address, onDatagram, receiveBufferBytes, isShared = false, isSpread = false } = options;
  const { promise, resolve, reject } = Promise.withResolvers<UdpListener>();
  const family = address.includes(':') ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    reuseAddr: isShared,
    reusePort: isSpread,
    // Datagrams go to addresses that datagrams came from: there is nothing to look up, nor to wait for.
    lookup: (host, _options, found) => found(null, host, family),
    ...(receiveBufferBytes === undefined ? {} : { recvBufferSize: receiveBufferBytes }),
  });
  socket.once('error', (error) => {
    socket.close();
    reject(error);
  });
  socket.bind({ address, port, exclusive: true }, () => {
    socket.removeAllListeners('error');
    socket.on('error', (error) => options.onError?.(error));
    socket.on('message', onDatagram);
    const close = closeOnce(() => void socket.close());
    resolve({
      socket,
      address,
      port: socket.address().port,
      requestedPort: options.port,
      close,
      [Symbol.asyncDispose]: close,
    });
  });
  return promise;
}

/** Closing twice is closing once. The port is free when `close` returns, though a server's last connection may live on. */
function closeOnce(close: () => void): () => Promise<void> {
  let isClosed = false;
  return () => {
    if (!isClosed) close();
    isClosed = true;
    return Promise.resolve();
  };
}
