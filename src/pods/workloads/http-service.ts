import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { nodeHttp, type Flow } from '../../net/index.ts';
import { onLeave, type LeaveTime } from '../leaving.ts';

/** Where a request came in: which container serves it, and who asks. */
export interface Visit<T> {
  readonly container: T;
  readonly flow: Flow;
}

export interface HttpServiceOptions<T> {
  readonly handle: (
    request: IncomingMessage,
    response: ServerResponse,
    visit: Visit<T>,
  ) => void | Promise<void>;
  /** `handle` reads the request's body; otherwise it is called once the body has been read and thrown away. @default false */
  readonly readsBody?: boolean;
  /** Takes over the connection of an `Upgrade` request; absent: it is answered as any other. */
  readonly upgrade?: (request: IncomingMessage, head: Buffer, visit: Visit<T>) => void;
}

/** HTTP/1.1 for any number of containers, with one server that listens nowhere. */
export interface HttpService<T> {
  accept(socket: Duplex, flow: Flow, container: T): void;
}

/** Serves HTTP on connections that are handed to it. */
export function createHttpService<T>(options: HttpServiceOptions<T>): HttpService<T> {
  const connections = new WeakMap<Duplex, Connection<T>>();
  const connectionOf = (request: IncomingMessage): Connection<T> => {
    const connection = connections.get(request.socket);
    if (connection === undefined) throw new Error('request of an unknown connection');
    return connection;
  };
  // A Pod's program closes no idle connection by itself; whoever connected does.
  const server = nodeHttp().createServer({ keepAliveTimeout: 0, requestTimeout: 0 });
  // Who has said all that it will (`printf … | nc -N`) still waits for the answer. Node has the switch since 0.5 (the
  // types do not).
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('request', (request, response) => {
    const connection = connectionOf(request);
    connection.response = response;
    if (connection.isLeaving) response.shouldKeepAlive = false;
    const answer = (): void => {
      const answered = options.handle(request, response, connection);
      answered?.catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    };
    if (options.readsBody === true) answer();
    else request.resume().once('end', answer);
  });
  const { upgrade } = options;
  if (upgrade !== undefined)
    server.on('upgrade', (request, _socket, head) => {
      const connection = connectionOf(request);
      connection.isUpgraded = true;
      upgrade(request, head, connection);
    });
  return {
    accept: (socket, flow, container) => {
      const connection: Connection<T> = {
        container,
        flow,
        response: undefined,
        isLeaving: false,
        isUpgraded: false,
      };
      connections.set(socket, connection);
      onLeave(socket, (when) => leave(socket, connection, when));
      server.emit('connection', socket);
    },
  };
}

/** One connection, for as long as it is open. */
interface Connection<T> extends Visit<T> {
  /** The answer under way, or the last one. */
  response: ServerResponse | undefined;
  /** Its next answer is the last one. */
  isLeaving: boolean;
  /** No longer HTTP. */
  isUpgraded: boolean;
}

/**
 * As servers that end with grace do: what is under way is answered, the next answer says `Connection: close`, and who
 * asks for nothing is parted from.
 *
 * @see nginx, keepalive_min_timeout
 */
function leave<T>(socket: Duplex, connection: Connection<T>, when: LeaveTime): void {
  const { response, isUpgraded } = connection;
  connection.isLeaving = true;
  if (response?.headersSent === false) response.shouldKeepAlive = false;
  if (when === 'soon' || isUpgraded) return;
  if (response === undefined || response.writableFinished) socket.destroy();
  else response.once('close', () => socket.destroy());
}

/** Answers with a whole body. HEAD gets the headers alone. */
export function reply(
  response: ServerResponse,
  body: string | Uint8Array,
  head: { readonly status?: number; readonly contentType?: string } = {},
): void {
  response.writeHead(head.status ?? 200, {
    'Content-Type': head.contentType ?? 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
