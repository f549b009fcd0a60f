import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { nodeHttp, type Flow } from '../../net/index.ts';

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
  const visits = new WeakMap<Duplex, Visit<T>>();
  const visitOf = (request: IncomingMessage): Visit<T> => {
    const visit = visits.get(request.socket);
    if (visit === undefined) throw new Error('request of an unknown connection');
    return visit;
  };
  // A Pod's program closes no idle connection by itself; whoever connected does.
  const server = nodeHttp().createServer({ keepAliveTimeout: 0, requestTimeout: 0 });
  // Who has said all that it will (`printf … | nc -N`) still waits for the answer. Node has the switch since 0.5 (the
  // types do not).
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('request', (request, response) => {
    const answer = (): void => {
      const answered = options.handle(request, response, visitOf(request));
      answered?.catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    };
    if (options.readsBody === true) answer();
    else request.resume().once('end', answer);
  });
  const { upgrade } = options;
  if (upgrade !== undefined)
    server.on('upgrade', (request, _socket, head) => upgrade(request, head, visitOf(request)));
  return {
    accept: (socket, flow, container) => {
      visits.set(socket, { container, flow });
      server.emit('connection', socket);
    },
  };
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
