import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { listenTcp, nodeHttp, type Listener } from '../../net/index.ts';
import type { ProxyHealth } from './proxy-health.ts';
import type { HealthAnswer } from './service-health.ts';

/** Answers the connections of listeners that somebody else opened. */
export interface HealthResponder extends Disposable {
  /** @param answer Asked at the time of each request. */
  accept(socket: Socket, answer: () => HealthAnswer): void;
}

/** One HTTP server for all health-check node ports. */
export function createHealthResponder(): HealthResponder {
  const answers = new WeakMap<object, () => HealthAnswer>();
  const server = serving(({ socket }) => answers.get(socket)?.() ?? NOT_FOUND);
  return {
    accept: (socket, answer) => {
      answers.set(socket, answer);
      server.emit('connection', socket);
    },
    [Symbol.dispose]: () => server.closeAllConnections(),
  };
}

export interface ProxyDoorsOptions {
  /** Where `/healthz` and `/livez` are answered. */
  readonly health: ProxyDoor;
  /** Where `/metrics` and `/proxyMode` are answered. */
  readonly metrics: ProxyDoor;
  readonly proxy: {
    readonly health: ProxyHealth;
    readonly isNodeEligible: () => boolean;
    readonly asked: (path: 'healthz' | 'livez', code: number) => void;
    readonly renderMetrics: () => string;
    readonly mode: string;
  };
}

/** A place to listen at, or none. */
export type ProxyDoor =
  | 'off'
  | {
      readonly address: string;
      readonly port: number;
      /** Left out where it cannot be had. */
      readonly isOptional?: boolean;
    };

/** kube-proxy's own servers. */
export interface ProxyDoors extends AsyncDisposable {
  readonly health: Listener | undefined;
  readonly metrics: Listener | undefined;
}

/** @throws PodlaneError as `listenTcp`, for doors that are not optional. */
export async function serveProxyDoors({
  health,
  metrics,
  proxy,
}: ProxyDoorsOptions): Promise<ProxyDoors> {
  const healthServer = serving(({ url = '' }) => {
    const { pathname } = new URL(url, 'http://localhost');
    if (pathname !== '/healthz' && pathname !== '/livez') return NOT_FOUND;
    const path = pathname === '/healthz' ? 'healthz' : 'livez';
    const answer =
      path === 'healthz' ? proxy.health.healthz(proxy.isNodeEligible()) : proxy.health.livez();
    proxy.asked(path, answer.status);
    return answer;
  });
  const metricsServer = serving(({ url = '' }) => {
    const { pathname } = new URL(url, 'http://localhost');
    if (pathname === '/metrics') return text(proxy.renderMetrics(), 'text/plain; version=0.0.4');
    if (pathname === '/proxyMode') return text(proxy.mode, 'text/plain; charset=utf-8');
    return pathname === '/healthz' ? text('ok', 'text/plain; charset=utf-8') : NOT_FOUND;
  });
  const listeners = {
    health: await open(health, { server: healthServer, option: '--proxy-health' }),
    metrics: await open(metrics, { server: metricsServer, option: '--proxy-metrics' }),
  };
  return {
    ...listeners,
    [Symbol.asyncDispose]: async () => {
      await listeners.health?.close();
      await listeners.metrics?.close();
      for (const server of [healthServer, metricsServer]) server.closeAllConnections();
    },
  };
}

const NOT_FOUND: HealthAnswer = {
  status: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: '404 page not found\n',
};

function text(body: string, type: string): HealthAnswer {
  return { status: 200, headers: { 'Content-Type': type }, body };
}

/** A server that listens nowhere by itself. */
function serving(answerOf: (request: IncomingMessage) => HealthAnswer): Server {
  return nodeHttp().createServer((request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    const { status, headers, body } = answerOf(request);
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? '' : body);
  });
}

async function open(
  door: ProxyDoor,
  { server, option }: { readonly server: Server; readonly option: string },
): Promise<Listener | undefined> {
  if (door === 'off') return undefined;
  const { address, port, isOptional = false } = door;
  try {
    return await listenTcp({
      address,
      port,
      hint: `Choose another with ${option} ADDRESS:PORT, or none with ${option} off.`,
      namesHolder: !isOptional,
      onConnection: (socket) => void server.emit('connection', socket),
    });
  } catch (error) {
    if (isOptional) return undefined;
    throw error;
  }
}
