/** `GET /metrics`: what is counted, under CoreDNS' names. */
import {
  argsOf,
  onlyOnce,
  readOptions,
  type HttpReply,
  type OpenEndpoint,
  type PluginDefinition,
  type SetupContext,
} from '../../corefile/index.ts';
import type { Observation } from '../../observation.ts';
import { endpointAddress } from '../endpoint-address.ts';
import { RequestMetrics } from './request-metrics.ts';

/** The CoreDNS whose behaviour this server has. */
const VERSION = '1.15.0';
const NOT_FOUND: HttpReply = { status: 404, body: '404 page not found\n' };

/** `prometheus [ADDRESS] { runtime_metrics }` */
export const prometheus: PluginDefinition = {
  name: 'prometheus',
  setup: (directives, context) => {
    const directive = onlyOnce(directives);
    const address = endpointAddress(directive, 'localhost:9153');
    let hasRuntimeMetrics = false;
    readOptions(directive, {
      runtime_metrics: (option) => {
        argsOf(option, 0);
        hasRuntimeMetrics = true;
      },
    });
    const { metrics, endpoints } = context.environment;
    const counting = new Counting(context);
    let endpoint: OpenEndpoint | undefined;
    return {
      observe: (observation) => counting.observe(observation),
      observeDropped: (observation) => counting.observeDropped(observation),
      onStart: async () => {
        counting.start();
        const answer = async (path: string): Promise<HttpReply> => {
          if (path !== '/metrics') return NOT_FOUND;
          const { renderMetrics } = await import('./render-metrics.ts');
          return renderMetrics(metrics, { hasRuntimeMetrics });
        };
        endpoint = await endpoints.open({ what: 'metrics', address, answer });
      },
      [Symbol.asyncDispose]: async () => endpoint?.[Symbol.asyncDispose](),
    };
  },
};

/** A block's counts, by the zone and listener that queries came to. */
class Counting {
  readonly #context: SetupContext;
  readonly #byZone = new Map<string, RequestMetrics>();
  #last: { readonly server: unknown; readonly metrics: RequestMetrics } | undefined;

  constructor(context: SetupContext) {
    this.#context = context;
  }

  observe(observation: Observation): void {
    const { server } = observation.query;
    // Marks are made once a zone: the common case needs no key.
    if (this.#last === undefined || this.#last.server !== server)
      this.#last = { server, metrics: this.#metricsFor(observation) };
    this.#last.metrics.count(observation);
  }

  observeDropped(observation: Observation): void {
    const { address = '', zone = 'dropped', view = '' } = observation.query.server ?? {};
    this.#metricsOf({ server: address, zone, view, plugin: '' }).count(observation);
  }

  /** What is known before the first query. */
  start(): void {
    const { environment, block, peers } = this.#context;
    const labels = ['version', 'revision', 'goversion'];
    const build = { name: 'coredns_build_info', help: BUILD_HELP, labels };
    environment.metrics.gauge(build).with(VERSION, 'podlane', 'none').set(1);
    const enabled = environment.metrics.gauge({
      name: 'coredns_plugin_enabled',
      help: 'A metric that indicates whether a plugin is enabled on per server and zone basis.',
      labels: ['server', 'zone', 'view', 'name'],
    });
    const view = peers().find(([, instance]) => instance.view)?.[1].view?.name ?? '';
    for (const server of this.#context.servers())
      for (const { zone } of block.keys)
        for (const [name] of peers()) enabled.with(server, zone, view, name).set(1);
  }

  #metricsFor({ query }: Observation): RequestMetrics {
    const { address = '', zone = '', view = '' } = query.server ?? {};
    return this.#metricsOf({ server: address, zone, view, plugin: this.#follower() });
  }

  #metricsOf(label: ConstructorParameters<typeof RequestMetrics>[1]): RequestMetrics {
    const key = `${label.server} ${label.zone} ${label.view}`;
    const known = this.#byZone.get(key);
    if (known !== undefined) return known;
    const created = new RequestMetrics(this.#context.environment.metrics, label);
    this.#byZone.set(key, created);
    return created;
  }

  /** The plugin behind this one in the chain: what CoreDNS 1.15 puts into the label `plugin`. */
  #follower(): string {
    const links = this.#context
      .peers()
      .filter(([, { plugin, observe }]) => plugin !== undefined || observe !== undefined);
    const at = links.findIndex(([name]) => name === 'prometheus');
    return links[at + 1]?.[0] ?? '';
  }
}

const BUILD_HELP =
  "A metric with a constant '1' value labeled by version, revision, and goversion.";
