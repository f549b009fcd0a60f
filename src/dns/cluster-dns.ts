import type { Store } from '../api/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import { createAnswering, type AnswerBytes, type Answering } from './answer-bytes.ts';
import { failure } from './answer.ts';
import type { ListenerTable } from './blocks/index.ts';
import type { Resolve } from './chain.ts';
import {
  configure,
  type Configuration,
  type ConfigureOptions,
  type CorefileSource,
} from './configuration.ts';
import type { DnsEnvironment, Environment, PluginEntry } from './corefile/index.ts';
import { HOST_FILES } from './host-files.ts';
import { createHttpEndpoints, type ServedEndpoint } from './http-endpoints.ts';
import { createListeners, type Listeners, type ServedListener } from './listeners.ts';
import { loopbackOf } from './loopback-place.ts';
import { createMetricRegistry, type MetricRegistry } from './metric-registry.ts';
import { PLUGINS } from './plugins/index.ts';
import type { ResolvConf } from './resolver/index.ts';
import { createRevision, type Revision } from './revision.ts';
import { RCODE } from './wire/index.ts';

export interface ClusterDnsOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Gets the lines that CoreDNS prints. @default nobody */
  readonly print?: (line: string) => void;
  /** What `/etc/resolv.conf` stands for, and other files of that form hold. */
  readonly resolvConf: (path: string) => ResolvConf;
  /** Where the front door is, so that it is never asked by itself. @default nowhere */
  readonly ownAddresses?: () => readonly { readonly address: string; readonly port: number }[];
  /** Addresses that the server goes by in the cluster: those of the CoreDNS Pods. @default none */
  readonly localAddresses?: () => readonly string[];
  /** Whether the store is filled. @default always */
  readonly hasSynced?: () => boolean;
  /** What `{$NAME}` stands for. @default nothing */
  readonly variables?: Environment;
  /**
   * Another port than the one written, for what listens besides the front door; 0 is any, undefined leaves it closed.
   *
   * @default the one written
   */
  readonly portFor?: (port: number) => number | undefined;
  /** @default all */
  readonly plugins?: readonly PluginEntry[];
}

/** The cluster's DNS, as a Corefile says it. */
export interface ClusterDns extends AsyncDisposable {
  /** Lookups of this process: those at the front door. SERVFAIL until a Corefile is loaded. */
  readonly resolve: Resolve;
  /** What comes to the front door: the listener for plain DNS on port 53. */
  readonly answerBytes: AnswerBytes;
  /** What of it holds for others, too. */
  readonly finished: Answering['finished'];
  /** Advances when finished answers no longer hold. */
  readonly revision: Revision;
  /**
   * Sets the plugins of a Corefile up and takes them into service; those before go.
   *
   * @throws CorefileError; what ran before goes on then.
   */
  load(source: CorefileSource): Promise<void>;
  /** Opens what listens besides the front door. Later loads do so themselves. */
  start(): Promise<void>;
  /** Tells who watches that the end is near, and waits as the Corefile says (`lameduck`); everything is answered meanwhile. */
  drain(): Promise<void>;
  /** Whether the Corefile in service has the plugin `reload`. */
  readonly isReloading: boolean;
  readonly source: CorefileSource | undefined;
  /** What the Corefile in service serves: `dns://.:53`. */
  readonly zones: readonly string[];
  /** Files that the Corefile in service imports. */
  readonly files: readonly string[];
  readonly endpoints: readonly ServedEndpoint[];
  readonly listeners: readonly ServedListener[];
  readonly metrics: MetricRegistry;
}

/** DNS by a Corefile: loaded, served and loaded again. */
export function createClusterDns(options: ClusterDnsOptions): ClusterDns {
  return new CorefileDns(options);
}

class CorefileDns implements ClusterDns {
  readonly metrics: MetricRegistry = createMetricRegistry();
  readonly revision: Revision = createRevision();
  readonly #options: ClusterDnsOptions;
  readonly #endpoints: ReturnType<typeof createHttpEndpoints>;
  readonly #listeners: Listeners;
  readonly #configureOptions: ConfigureOptions;
  #running: Configuration | undefined;
  #front: Answering | undefined;
  #hasStarted = false;

  constructor(options: ClusterDnsOptions) {
    const { log, portFor } = options;
    this.#options = options;
    this.#endpoints = createHttpEndpoints({ log, ...(portFor && { portFor }) });
    this.#listeners = createListeners({ log, clock: options.clock, ...(portFor && { portFor }) });
    this.#configureOptions = {
      plugins: options.plugins ?? PLUGINS,
      environment: this.#environment(),
      variables: options.variables ?? {},
      files: HOST_FILES,
    };
  }

  readonly resolve: Resolve = (query) => {
    const front = this.#running?.front;
    return front === undefined ? failure(RCODE.SERVFAIL) : front.resolve(query);
  };

  readonly answerBytes: AnswerBytes = (octets, client, space) =>
    this.#front?.answerBytes(octets, client, space);

  readonly finished: Answering['finished'] = (query, transport) =>
    this.#front?.finished(query, transport);

  get isReloading(): boolean {
    return (this.#running?.blocks ?? []).some(({ instances }) =>
      instances.some(([, { isReloading }]) => isReloading),
    );
  }

  get source(): CorefileSource | undefined {
    return this.#running?.source;
  }

  get zones(): readonly string[] {
    const keys = (this.#running?.blocks ?? []).flatMap(({ block }) => block.keys);
    return keys.map(({ transport, zone, port }) => `${transport}://${zone}:${port}`);
  }

  get files(): readonly string[] {
    return this.#running?.files ?? [];
  }

  get endpoints(): readonly ServedEndpoint[] {
    return this.#endpoints.served;
  }

  get listeners(): readonly ServedListener[] {
    return this.#listeners.served;
  }

  async load(source: CorefileSource): Promise<void> {
    const next = await configure(source, this.#configureOptions);
    const before = this.#running;
    this.#running = next;
    this.#front = next.front === undefined ? undefined : this.#answeringOf(next.front);
    this.revision.advance();
    // What both have open stays open: the new one takes it over before the old one lets go.
    if (this.#hasStarted) await this.#open(next);
    await before?.[Symbol.asyncDispose]();
  }

  async start(): Promise<void> {
    this.#hasStarted = true;
    if (this.#running !== undefined) await this.#open(this.#running);
  }

  async drain(): Promise<void> {
    await this.#running?.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listeners[Symbol.asyncDispose]();
    await this.#running?.[Symbol.asyncDispose]();
    this.#running = undefined;
    this.#front = undefined;
  }

  async #open(configuration: Configuration): Promise<void> {
    const others = besidesFront(configuration);
    await this.#listeners.serve(
      others.map((table) => ({ table, answerBytes: this.#answeringOf(table).answerBytes })),
    );
    await configuration.start();
  }

  #answeringOf(table: ListenerTable): Answering {
    const { log } = this.#options;
    const panics = this.metrics.counter(PANICS).with();
    return createAnswering({
      route: (query) => table.route(query),
      revision: () => this.revision.current,
      changesOf: this.revision.changesOf,
      hasAllClasses: table.hasAllClasses,
      dropObservers: table.dropObservers,
      onError: (error, { name }) => {
        panics.inc();
        log.error('query failed', { part: 'dns', name, error });
      },
    });
  }

  #environment(): DnsEnvironment {
    const { store, clock, random, log, resolvConf } = this.#options;
    const { localAddresses = () => [], hasSynced = () => true, print = () => {} } = this.#options;
    const { ownAddresses = () => [] } = this.#options;
    return {
      store,
      clock,
      random,
      log,
      print,
      metrics: this.metrics,
      revision: this.revision,
      files: HOST_FILES,
      endpoints: this.#endpoints,
      localAddresses,
      hasSynced,
      ownAddresses: () => [...ownAddresses(), ...this.#listeners.served],
      resolvConf,
    };
  }
}

/** Listeners at places of their own: addresses that a `bind` names fall together on loopback. */
function besidesFront({ listeners, front }: Configuration): readonly ListenerTable[] {
  const placeOf = ({ transport, host, port }: ListenerTable): string =>
    `${transport} ${loopbackOf(host)} ${port}`;
  const taken = new Set(front === undefined ? [] : [placeOf(front)]);
  return listeners.filter((table) => {
    const place = placeOf(table);
    if (taken.has(place)) return false;
    taken.add(place);
    return true;
  });
}

const PANICS = {
  name: 'coredns_panics_total',
  help: 'A metrics that counts the number of panics.',
};
