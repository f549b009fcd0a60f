/** `GET /health`: the process lives. */
import {
  argsOf,
  onlyOnce,
  readDuration,
  readOptions,
  type HttpReply,
  type OpenEndpoint,
  type PluginDefinition,
} from '../../corefile/index.ts';
import { endpointAddress } from '../endpoint-address.ts';

/** How often CoreDNS asks itself; here the event loop is what can be slow. */
const PROBE_MS = 1000;
/** Seconds. @see CoreDNS `plugin.SlimTimeBuckets` */
const BUCKETS = [0.000_25, 0.002_5, 0.025, 0.25, 2.5];
const OK: HttpReply = { status: 200, body: 'OK' };
const NOT_FOUND: HttpReply = { status: 404, body: '404 page not found\n' };

/** `health [ADDRESS] { lameduck DURATION }` */
export const health: PluginDefinition = {
  name: 'health',
  setup: (directives, { environment: { metrics, clock, endpoints, print } }) => {
    const directive = onlyOnce(directives);
    const address = endpointAddress(directive, ':8080');
    let lameduck: { readonly text: string; readonly ms: number } | undefined;
    readOptions(directive, {
      lameduck: (option) => {
        const [text = ''] = argsOf(option, 1);
        lameduck = { text, ms: readDuration(text, option, 'lameduck') };
      },
    });
    metrics.counter(FAILURES);
    const duration = metrics.histogram(DURATION).with();
    let endpoint: OpenEndpoint | undefined;
    let timer: Disposable | undefined;
    const probe = (): void => {
      const startedMs = performance.now();
      setImmediate(() => duration.observe((performance.now() - startedMs) / 1000)).unref();
      timer = clock.setTimer(PROBE_MS, probe);
    };
    return {
      onStart: async () => {
        const answer = (path: string): HttpReply => (path === '/health' ? OK : NOT_FOUND);
        endpoint = await endpoints.open({ what: 'health', address, answer });
        timer = clock.setTimer(PROBE_MS, probe);
      },
      onShutdown: async () => {
        if (lameduck === undefined || lameduck.ms <= 0) return;
        print(`[INFO] plugin/health: Going into lameduck mode for ${lameduck.text}`);
        const { promise, resolve } = Promise.withResolvers<void>();
        clock.setTimer(lameduck.ms, resolve);
        await promise;
      },
      [Symbol.asyncDispose]: async () => {
        timer?.[Symbol.dispose]();
        await endpoint?.[Symbol.asyncDispose]();
      },
    };
  },
};

const FAILURES = {
  name: 'coredns_health_request_failures_total',
  help: 'The number of times the health check failed.',
};
const DURATION = {
  name: 'coredns_health_request_duration_seconds',
  help: 'Histogram of the time (in seconds) each request took.',
  buckets: BUCKETS,
};
