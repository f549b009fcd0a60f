import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, Server as HttpServer, type RequestListener } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { promisify } from 'node:util';
import {
  refuse,
  serveIngress,
  type Destination,
  type IngressServer,
  type IngressServerOptions,
  type RoutePolicy,
} from '../../src/ingress/index.ts';
import { ConnectError, dialSocket, type Endpoint } from '../../src/net/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';

export interface World extends AsyncDisposable {
  readonly ingress: IngressServer;
  readonly port: number;
  readonly httpsPort: number;
  readonly dials: Endpoint[];
}

export interface WorldOptions extends Partial<
  Pick<
    IngressServerOptions,
    'certificateFor' | 'serverNames' | 'isNginxAlone' | 'clock' | 'onRequest' | 'random'
  >
> {
  readonly backend?: RequestListener;
  /** Speaks for itself on the connection. */
  readonly raw?: (socket: Socket) => void;
  /** Listens by itself, on 127.0.0.1. */
  readonly backendPort?: number;
  /** Of every route. */
  readonly policy?: RoutePolicy;
  /** Ports of further backends: /many goes to these. */
  readonly ports?: readonly number[];
}

const LIVE = { address: '10.244.0.2', port: 8080 };
const DEAD = { address: '10.244.0.3', port: 1 };

/** An ingress in front of one backend; paths beginning with /refused, /gone and /none go nowhere. */
export async function world(options: WorldOptions): Promise<World> {
  const { backend, raw, policy = {}, ports = [] } = options;
  const server = raw === undefined ? createServer(backend) : createTcpServer(raw);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = (server.address() as AddressInfo).port; // it listens on TCP
  const dials: Endpoint[] = [];
  const sockets = new Set<Socket>();
  const many = ports.map((port) => ({ address: '10.244.0.9', port }));
  const portOf = (endpoint: Endpoint): number =>
    endpoint === LIVE ? (options.backendPort ?? own) : endpoint.port;
  const places: Readonly<Record<string, Destination>> = {
    '/none': { kind: 'answer', answer: refuse(404, {}, 'no rule takes it'), policy: {} },
    '/gone': {
      kind: 'answer',
      answer: refuse(503, policy, 'service default/gone has no ready endpoint'),
      policy,
      route: forwardTo(policy).routed.route,
    },
    '/refused': forwardTo(policy, DEAD),
    '/second': forwardTo(policy, DEAD, LIVE),
    '/many': forwardTo(policy, ...many),
  };
  const dialPort = async (port: number): Promise<Socket> => {
    const socket = dialSocket({ port, address: '127.0.0.1' });
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    await once(socket, 'connect');
    return socket;
  };
  const ingress = await serveIngress({
    http: [{ address: '127.0.0.1', port: 0 }],
    https: [{ address: '127.0.0.1', port: 0 }],
    locate: ({ target }) => {
      const place = places[target.split('?')[0] ?? ''] ?? forwardTo(policy, LIVE);
      return place.kind === 'answer' ? place : { ...place, routed: { ...place.routed, target } };
    },
    endpointsOf: ({ service }) => (service === 'errors' ? [LIVE] : []),
    dial: async (endpoint) => {
      dials.push(endpoint);
      if (endpoint === DEAD)
        throw new ConnectError('ERR_REFUSED', 'nothing listens on 10.244.0.3:1');
      return dialPort(portOf(endpoint));
    },
    dialName: (_host, port) => dialPort(port === 80 ? own : port),
    certificateFor: () => undefined,
    random: Math.random,
    clock: SYSTEM_CLOCK,
    log: SILENT,
    ...options,
  });
  return {
    ingress,
    dials,
    port: ingress.http[0]?.port ?? 0,
    httpsPort: ingress.https[0]?.port ?? 0,
    [Symbol.asyncDispose]: async () => {
      await ingress[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      if (server instanceof HttpServer) server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function forwardTo(
  policy: RoutePolicy,
  ...endpoints: readonly Endpoint[]
): Extract<Destination, { readonly kind: 'endpoints' }> {
  const backend = { namespace: 'default', service: 'web', port: 80 };
  const source = { kind: 'Ingress', namespace: 'default', name: 'web', field: 'spec.rules[0]' };
  return {
    kind: 'endpoints',
    endpoints,
    backend,
    routed: {
      kind: 'forward',
      route: { pathType: 'Prefix', path: '/', backend, source },
      policy,
      backend,
      isCanary: false,
      target: '/',
      steps: [],
    },
  };
}

/** Says what it was asked. */
export const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    response.setHeader('x-trailers', JSON.stringify(request.trailers));
    response.end(
      JSON.stringify({
        method: request.method,
        url: request.url,
        headers: request.headers,
        size: body.length,
        hash: hashOf(body),
      }),
    );
  });
};

export const hashOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

const run = promisify(execFile);

export const curl = async (...args: string[]): Promise<string> =>
  (await run('curl', ['-sS', '-m', '20', ...args], { maxBuffer: 1e8 })).stdout;

/** Everything that comes back for these bytes until the connection closes. */
export async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  return text;
}
