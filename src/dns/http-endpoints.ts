import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { listenTcp, PodlaneError, type TcpListener } from '../net/index.ts';
import type { Logger } from '../observe/index.ts';
import type { HttpEndpoint, HttpEndpoints, HttpReply, OpenEndpoint } from './corefile/index.ts';
import { parsePlace, standInFor, type LoopbackPlace } from './loopback-place.ts';

export interface HttpEndpointsOptions {
  readonly log: Logger;
  /** Another port than the one written; 0 is any, undefined leaves it closed. @default the one written */
  readonly portFor?: (port: number) => number | undefined;
}

/** An endpoint that is served. */
export interface ServedEndpoint {
  readonly what: string;
  readonly address: string;
  readonly port: number;
  /** As the Corefile writes it. */
  readonly requestedPort: number;
}

/** The endpoints that are open. */
export interface ServedEndpoints extends HttpEndpoints {
  readonly served: readonly ServedEndpoint[];
}

interface Shared {
  readonly listener: TcpListener;
  readonly sockets: Set<Socket>;
  readonly endpoints: HttpEndpoint[];
}

/** HTTP on loopback for what the server says about itself; a taken port is stood in for by the one 20000 higher. */
export function createHttpEndpoints(options: HttpEndpointsOptions): ServedEndpoints {
  const { log, portFor = (port) => port } = options;
  const opening = new Map<string, Promise<Shared | undefined>>();
  const served = new Map<string, ServedEndpoint>();
  const open = async (endpoint: HttpEndpoint): Promise<OpenEndpoint | undefined> => {
    const { what, address: text } = endpoint;
    const place = parsePlace(text);
    if (place === undefined) throw new TypeError(`${text} is no place`);
    // Any free port is one for each.
    const key = place.port === 0 ? `${text} ${what}` : text;
    const known = opening.get(key);
    const chosen = portFor(place.port);
    if (chosen === undefined) return undefined;
    const started = known ?? listen({ ...place, port: chosen }, log);
    opening.set(key, started);
    const shared = await started;
    if (shared === undefined) {
      opening.delete(key);
      return undefined;
    }
    const { listener } = shared;
    shared.endpoints.push(endpoint);
    const { address, port } = listener;
    served.set(key, { what, address, port, requestedPort: place.port });
    if (known === undefined) log.info('listening', { part: 'dns', what, address, port });
    return {
      port,
      [Symbol.asyncDispose]: async () => {
        const index = shared.endpoints.indexOf(endpoint);
        if (index < 0) return;
        shared.endpoints.splice(index, 1);
        if (shared.endpoints.length > 0) return;
        opening.delete(key);
        served.delete(key);
        await listener.close();
        for (const socket of shared.sockets) socket.destroy();
      },
    };
  };
  return {
    open,
    get served() {
      return [...served.values()];
    },
  };
}

async function listen({ address, port }: LoopbackPlace, log: Logger): Promise<Shared | undefined> {
  const sockets = new Set<Socket>();
  const endpoints: HttpEndpoint[] = [];
  let http: Promise<Server> | undefined;
  const onConnection = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A reset before HTTP reads the socket; `close` follows.
    socket.on('error', () => undefined);
    http ??= createHttp(endpoints);
    void handOver(http, socket);
  };
  try {
    const standIn = standInFor(port);
    // Who holds the port is looked for in all processes.
    const place = { address, port, namesHolder: standIn === undefined };
    const listener = await listenTcp({ ...place, onConnection }).catch((error: unknown) => {
      const isTaken = error instanceof PodlaneError && error.code === 'ERR_ADDRESS_IN_USE';
      if (!isTaken || standIn === undefined) throw error;
      return listenTcp({ address, port: standIn, onConnection });
    });
    return { listener, sockets, endpoints };
  } catch (error) {
    if (!(error instanceof PodlaneError)) throw error;
    log.warn('not listening', { part: 'dns', address, port, error });
    return undefined;
  }
}

async function handOver(http: Promise<Server>, socket: Socket): Promise<void> {
  (await http).emit('connection', socket);
}

/** Most runs are never asked, so HTTP is loaded when one is. */
async function createHttp(endpoints: readonly HttpEndpoint[]): Promise<Server> {
  const { createServer } = await import('node:http');
  return createServer((request, response) => {
    const path = (request.url ?? '/').replace(/[?#].*$/s, '');
    const respond = async (): Promise<void> => {
      const { status, body, contentType } = await replyOf(endpoints, path);
      const type = contentType ?? 'text/plain; charset=utf-8';
      response.writeHead(status, { 'content-type': type });
      response.end(request.method === 'HEAD' ? '' : body);
    };
    void respond();
  });
}

/** The last that was opened answers first; it is the one of the Corefile in service. */
async function replyOf(endpoints: readonly HttpEndpoint[], path: string): Promise<HttpReply> {
  try {
    for (const endpoint of endpoints.toReversed()) {
      const reply = await endpoint.answer(path);
      if (reply.status !== 404) return reply;
    }
    return { status: 404, body: '404 page not found\n' };
  } catch (error) {
    return { status: 500, body: `${error instanceof Error ? error.message : String(error)}\n` };
  }
}
