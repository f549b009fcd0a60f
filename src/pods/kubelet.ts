import type { Pod, Service, Store } from '../api/index.ts';
import type { PodAddresses } from '../ipam/index.ts';
import type { Associate, Connect } from '../net/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import type { EnvironmentSources } from './environment.ts';
import { forwardOf, type Forward } from './forward-rules.ts';
import type { KubeletContext, PodEvent, ResolveHost } from './kubelet-context.ts';
import { createPodNetwork } from './pod-network.ts';
import { PodWorker } from './pod-worker.ts';
import { hostIpsOf } from './sandbox.ts';
import { serviceVariables } from './service-variables.ts';
import { logProblem } from './log-problem.ts';
import type { LogWish, readLog } from './read-log.ts';
import type { DnsMessages, ExecResult, ResolvConf } from './workload.ts';
import type { ServeDnsBytes } from './workloads/coredns/index.ts';
import { createWorkloads } from './workloads/index.ts';
import type { CommandIo } from './workloads/shell/session.ts';
import { SharedVolumes } from './writable-volumes.ts';

export interface KubeletsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly podAddresses: PodAddresses;
  /** The way into the cluster, for probes and for what Pods ask for. */
  readonly connect: Connect;
  readonly associate: Associate;
  readonly resolve: ResolveHost;
  /** A Pod's resolver configuration. @default nothing in it */
  readonly resolvConf?: (pod: Pod) => ResolvConf;
  /** Makes the tokens of Pods' ServiceAccounts. @default none are made */
  readonly token?: EnvironmentSources['token'];
  /** For programs that ask DNS servers themselves. @default they find names as everybody does, and nothing more */
  readonly dns?: DnsMessages | undefined;
  /** Pods whose traffic goes to a process on this host. @default none */
  readonly forwards?: readonly Forward[];
  /** Answers the DNS queries that reach Pods of the `coredns` image. @default none is answered */
  readonly serveDnsBytes?: ServeDnsBytes;
  /** @default 'cluster.local' */
  readonly clusterDomain?: string;
  /** Records Events of component `kubelet`. @default nothing is recorded */
  readonly record?: (event: PodEvent) => void;
}

/** The kubelets of all Nodes. */
export interface Kubelets extends AsyncDisposable {
  /** Connects to a Pod's own address. */
  readonly dial: Connect;
  readonly associate: Associate;
  /** The Pod that has an address of its own; Pods on the host's network have none. */
  podOf(address: string): Pod | undefined;
  /** Whether a Pod's traffic goes to a process on this host. */
  isForwarded(pod: Pod): boolean;
  /** Runs a command in a Pod's container, the first by default; undefined when that does not run. */
  exec(
    pod: { readonly namespace: string; readonly name: string; readonly container?: string },
    command: readonly string[],
  ): Promise<ExecResult> | undefined;
  /**
   * Runs a command that somebody outside has started, until it ends or they leave.
   *
   * @returns its exit code. @throws Error when the container does not run.
   */
  run(container: ContainerName, command: readonly string[], io: CommandIo): Promise<number>;
  /** Talks with a container's program, or shows what it prints, until it ends. @returns its exit code. */
  attach(container: ContainerName, io: CommandIo): Promise<number>;
  /** What a container has printed. @throws Error in the kubelet's words where there is no log. */
  logs(container: ContainerName, wish: PodLogWish, signal: AbortSignal): AsyncIterable<string>;
  /** Resolves when no probe is under way. */
  settled(): Promise<void>;
}

/** A container of a Pod. */
export interface ContainerName {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
}

/** Which log, and which part of it. */
export interface PodLogWish extends LogWish {
  /** The log of the instance before this one. */
  readonly previous: boolean;
}

const NO_RESOLV_CONF: ResolvConf = { nameservers: [], searches: [], options: [] };

/** Runs every Pod that is bound to a Node, until disposed. */
export function createKubelets(options: KubeletsOptions): Kubelets {
  return new KubeletSet(options);
}

class KubeletSet implements Kubelets {
  readonly #context: KubeletContext;
  readonly #workers = new Map<string, PodWorker>();
  readonly #watches: readonly Disposable[];
  readonly #underway = new Set<Promise<unknown>>();
  readonly #serviceVariables: ServiceVariablesCache;
  readonly #volumes = new SharedVolumes();
  /** The Nodes' own addresses, on which nothing listens but Pods of the host's network. */
  readonly #nodes = new Map<string, Disposable>();

  constructor(options: KubeletsOptions) {
    const { store } = options;
    this.#serviceVariables = new ServiceVariablesCache(store);
    this.#context = this.#createContext(options);
    const initial = { sendInitialEvents: true };
    this.#watches = [
      store.watch('Service', () => this.#serviceVariables.clear()),
      store.watch(
        'Node',
        ({ type, object }) => {
          this.#attachNode(object.metadata.name, type === 'DELETED' ? [] : hostIpsOf(object));
          if (type === 'DELETED') this.#volumes.dropNode(object.metadata.name);
          this.#wakeBlocked();
        },
        initial,
      ),
      store.watch('ConfigMap', () => this.#wakeBlocked()),
      store.watch('Secret', () => this.#wakeBlocked()),
      store.watch('PersistentVolume', ({ type, object }) => {
        if (type === 'DELETED') this.#volumes.dropVolume(object.metadata.name);
      }),
      store.watch(
        'Pod',
        ({ type, object }) => (type === 'DELETED' ? this.#remove(object) : this.#observe(object)),
        initial,
      ),
    ];
  }

  get dial(): Connect {
    return this.#context.network.dial;
  }

  isForwarded(pod: Pod): boolean {
    return this.#context.forwardOf(pod) !== undefined;
  }

  get associate(): Associate {
    return this.#context.network.associate;
  }

  podOf(address: string): Pod | undefined {
    return this.#context.workers.get(address)?.pod;
  }

  exec(
    pod: { readonly namespace: string; readonly name: string; readonly container?: string },
    command: readonly string[],
  ): Promise<ExecResult> | undefined {
    const found = this.#context.store.get('Pod', pod.namespace, pod.name);
    return this.#workers.get(found?.metadata.uid ?? '')?.exec(pod.container, command);
  }

  async run(name: ContainerName, command: readonly string[], io: CommandIo): Promise<number> {
    const runner = this.#worker(name)?.runner(name.container);
    if (runner === undefined) throw notRunning(name);
    return runner.run(command, io);
  }

  async attach(name: ContainerName, io: CommandIo): Promise<number> {
    const worker = this.#worker(name);
    const runner = worker?.runner(name.container);
    if (worker === undefined || runner === undefined) throw notRunning(name);
    if (runner.attach !== undefined) return runner.attach(io);
    const { attachToLog } = await import('./attach.ts');
    return attachToLog(worker.log(name.container, false), io);
  }

  logs(name: ContainerName, wish: PodLogWish, signal: AbortSignal): AsyncIterable<string> {
    const log = this.#worker(name)?.log(name.container, wish.previous);
    if (log === undefined)
      throw new Error(logProblem({ container: name.container, pod: name.name }) ?? '');
    return readLogLater(log, wish, signal);
  }

  async settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.allSettled(this.#underway);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    for (const worker of this.#workers.values()) worker[Symbol.dispose]();
    this.#workers.clear();
    for (const node of this.#nodes.values()) node[Symbol.dispose]();
    this.#nodes.clear();
    await this.settled();
  }

  #createContext(options: KubeletsOptions): KubeletContext {
    const { store, log, forwards = [] } = options;
    return {
      resolvConf: () => NO_RESOLV_CONF,
      clusterDomain: 'cluster.local',
      record: () => undefined,
      ...options,
      dns: options.dns,
      workers: new Map(),
      network: createPodNetwork(),
      volumes: {
        shared: this.#volumes,
        claim: (namespace, name) => store.get('PersistentVolumeClaim', namespace, name),
      },
      selectWorkload: createWorkloads({ serveDnsBytes: options.serveDnsBytes }),
      environmentSources: {
        configMap: (namespace, name) => store.get('ConfigMap', namespace, name),
        secret: (namespace, name) => store.get('Secret', namespace, name),
        node: (name) => store.get('Node', undefined, name),
        token: (pod, wish) => options.token?.(pod, wish),
        services: (namespace, hasLinks) => this.#serviceVariables.get(namespace, hasLinks),
      },
      forwardOf: (pod) => {
        const { namespace, name } = pod.metadata;
        const onInvalid = (message: string): void =>
          log.warn('forward annotation ignored', {
            part: 'pods',
            pod: `${namespace}/${name}`,
            message,
          });
        return forwardOf(pod, { forwards, store, onInvalid });
      },
      track: (work) => {
        const watched = Promise.allSettled([work]);
        this.#underway.add(watched);
        void watched.then(() => this.#underway.delete(watched));
        return work;
      },
    };
  }

  #worker({ namespace, name }: ContainerName): PodWorker | undefined {
    const found = this.#context.store.get('Pod', namespace, name);
    return this.#workers.get(found?.metadata.uid ?? '');
  }

  #observe(pod: Pod): void {
    if ((pod.spec?.nodeName ?? '') === '') return;
    const key = pod.metadata.uid ?? '';
    const known = this.#workers.get(key);
    if (known !== undefined) return known.update(pod);
    const worker = new PodWorker(pod, this.#context);
    this.#workers.set(key, worker);
    worker.sync();
  }

  #remove(pod: Pod): void {
    const key = pod.metadata.uid ?? '';
    this.#workers.get(key)?.[Symbol.dispose]();
    this.#workers.delete(key);
  }

  #wakeBlocked(): void {
    for (const worker of this.#workers.values()) if (worker.isBlocked) worker.sync();
  }

  #attachNode(name: string, addresses: readonly string[]): void {
    this.#nodes.get(name)?.[Symbol.dispose]();
    this.#nodes.delete(name);
    if (addresses.length > 0)
      this.#nodes.set(name, this.#context.network.attach(addresses, `node ${name}`));
  }
}

/** As `readLog`, which is loaded when the first log is read. */
async function* readLogLater(...given: Parameters<typeof readLog>): AsyncGenerator<string> {
  const loaded = await import('./read-log.ts');
  yield* loaded.readLog(...given);
}

function notRunning({ container }: ContainerName): Error {
  return new Error(`container not found ("${container}")`);
}

/** The Services' variables by namespace, computed when first asked for after a change. */
class ServiceVariablesCache {
  readonly #store: Store;
  readonly #variables = new Map<string, ReadonlyMap<string, string>>();

  constructor(store: Store) {
    this.#store = store;
  }

  clear(): void {
    this.#variables.clear();
  }

  /** The Services of the namespace, when they are wanted, and always the API server's own. */
  get(namespace: string, hasServiceLinks: boolean): ReadonlyMap<string, string> {
    const key = hasServiceLinks ? namespace : '';
    const known = this.#variables.get(key);
    if (known !== undefined) return known;
    const master = this.#store.get('Service', 'default', 'kubernetes');
    const services: readonly Service[] = [
      ...(master === undefined ? [] : [master]),
      ...(hasServiceLinks ? this.#store.list('Service', { namespace }) : []),
    ];
    const variables = new Map(services.flatMap(serviceVariables));
    this.#variables.set(key, variables);
    return variables;
  }
}
