import {
  accessLogLine,
  IngressMetrics,
  isAccessLogged,
  serveIngressMetrics,
  type IngressServer,
  type RequestRecord,
} from '../ingress/index.ts';
import type { Listener } from '../net/index.ts';
import type { IngressRouting } from './ingress-routing.ts';
import type { ResolvedOptions } from './options.ts';

/** Who listens to the requests of the ingress: its metrics, and its access log where one is wanted. */
export interface IngressObserver extends Disposable {
  readonly onRequest: (record: RequestRecord) => void;
  /** Whether anybody reads what it gathers. */
  readonly isObserved: () => boolean;
  /** Has somebody else told of every request too, until that is disposed of. */
  watch(listener: (record: RequestRecord) => void): Disposable;
  /** Opens `/metrics`; undefined where it is off or its port is somebody else's. */
  serve(ingress: IngressServer): Promise<Listener | undefined>;
}

const PORT = 10_254;

/** The changes of the index are what ingress-nginx reloads for. */
export function createIngressObserver(
  { accessLog, ingressMetrics, print, clock, log }: ResolvedOptions,
  { index, facts }: Pick<IngressRouting, 'index' | 'facts'>,
): IngressObserver {
  const metrics = new IngressMetrics();
  const listeners = new Set<(record: RequestRecord) => void>();
  let changedAt = clock.now();
  let reloads = 1;
  const subscription = index.onChange(() => {
    changedAt = clock.now();
    reloads += 1;
  });
  return {
    onRequest: (record) => {
      metrics.observe(record);
      for (const listener of listeners) listener(record);
      if (accessLog !== 'off' && isAccessLogged(record)) print(accessLogLine(record, accessLog));
    },
    isObserved: () => accessLog !== 'off' || ingressMetrics !== 'off' || listeners.size > 0,
    watch: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    serve: async (ingress) => {
      if (ingressMetrics === 'off') return undefined;
      const place =
        ingressMetrics === 'default'
          ? { address: '127.0.0.1', port: PORT, isOptional: true }
          : ingressMetrics;
      return serveIngressMetrics({
        ...place,
        log,
        snapshot: (process) =>
          metrics.snapshot({
            ...process,
            connections: ingress.connections(),
            controller: { reloads, reloadedSeconds: changedAt / 1000, ...facts() },
          }),
      });
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}
