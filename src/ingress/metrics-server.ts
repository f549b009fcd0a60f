import type { Server } from 'node:http';
import { listenTcp, nodeHttp, type Listener } from '../net/index.ts';
import type { Logger } from '../observe/index.ts';
import type { MetricSnapshot, ProcessFacts } from './ingress-metrics.ts';

export interface IngressMetricsOptions {
  readonly address: string;
  readonly port: number;
  /** Serve without, with a warning, where it cannot be bound. @default false */
  readonly isOptional?: boolean;
  readonly snapshot: (process: ProcessFacts) => readonly MetricSnapshot[];
  readonly log: Logger;
}

/**
 * `/metrics` and `/healthz`, where ingress-nginx has them. What serves and prints them is loaded when somebody asks.
 *
 * @returns undefined where the place cannot be had and need not.
 * @throws PodlaneError as `listenTcp`.
 */
export async function serveIngressMetrics(
  options: IngressMetricsOptions,
): Promise<Listener | undefined> {
  const { address, port, isOptional = false, log } = options;
  let server: Server | undefined;
  const hint =
    'Choose another with --ingress-metrics ADDRESS:PORT, or none with --ingress-metrics off.';
  try {
    const listener = await listenTcp({
      address,
      port,
      hint,
      namesHolder: !isOptional,
      allowHalfOpen: false,
      onConnection: (socket) => {
        server ??= createMetricsServer(options);
        server.emit('connection', socket);
      },
    });
    const close = async (): Promise<void> => {
      server?.closeAllConnections();
      await listener.close();
    };
    return { ...listener, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    if (!isOptional) throw error;
    log.debug('not listening', { part: 'ingress', address, port, error });
    return undefined;
  }
}

function createMetricsServer({ snapshot }: IngressMetricsOptions): Server {
  return nodeHttp().createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    if (pathname === '/healthz') {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok');
    } else if (pathname === '/metrics') {
      void render(snapshot(processFacts())).then(({ text, contentType }) =>
        response.writeHead(200, { 'content-type': contentType }).end(text),
      );
    } else {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('not found');
    }
  });
}

function processFacts(): ProcessFacts {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startedSeconds: Date.now() / 1000 - process.uptime(),
  };
}

/** The text that Prometheus reads. */
async function render(
  snapshots: readonly MetricSnapshot[],
): Promise<{ readonly text: string; readonly contentType: string }> {
  const { Registry } = await import('prom-client');
  const registry = new Registry();
  for (const snapshot of snapshots) {
    const metric = { name: snapshot.name, get: async () => ({ ...snapshot, aggregator: 'sum' }) };
    // The registry prints whatever has a name and gives its values; its other members are for changing it.
    registry.registerMetric(metric as unknown as Parameters<typeof registry.registerMetric>[0]);
  }
  return { text: await registry.metrics(), contentType: registry.contentType };
}
