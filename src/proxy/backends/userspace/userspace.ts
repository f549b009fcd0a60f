import { PodlaneError, type Associate, type Connect } from '../../../net/index.ts';
import type { Clock, Logger } from '../../../observe/index.ts';
import type { ProxyHealth } from '../../health/index.ts';
import type { PodTable } from '../../pod-ports.ts';
import type { ServiceTable } from '../../service-table.ts';
import type { IncomingView } from './incoming-flow.ts';
import { ListenerSet, type ListenerSetOptions } from './listeners.ts';
import { createOpener } from './opener.ts';
import { reachOf, type Reach } from './reach.ts';
import { wantedOfPod, wantedOfService, type WantedListener } from './wanted.ts';

/** The tables that the backend carries out. */
export interface BackendView extends IncomingView {
  readonly services: ServiceTable;
  readonly pods: PodTable;
}

export interface UserspaceBackendOptions {
  readonly view: BackendView;
  readonly connect: Connect;
  readonly associate: Associate;
  readonly clock: Clock;
  readonly log: Logger;
  /** In [0, 1). */
  readonly random: () => number;
  /** `protocol/address/port` that somebody else of podlane serves → the port it bound there. @default none */
  readonly reserved?: ReadonlyMap<string, number> | undefined;
  /** Listen on the aliases too; without, on 127.0.0.1 and ::1 only, as far as they are free. @default true */
  readonly hasAliases?: boolean | undefined;
  /** What kube-proxy tells about itself; health-check node ports ask it. */
  readonly health: ProxyHealth;
  /** Told of each batch of changes that has been carried out. */
  readonly onSync?: ((sync: BackendSync) => void) | undefined;
  /** Told of a health-check node port that cannot be served. */
  readonly onHealthCheckFailure?: ((failure: HealthCheckFailure) => void) | undefined;
}

/** A batch of changes of the tables, carried out. */
export interface BackendSync {
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
  readonly durationSeconds: number;
  readonly isFull: boolean;
  /** Keys, `namespace/name`. */
  readonly services: readonly string[];
}

export interface HealthCheckFailure {
  readonly namespace: string;
  readonly name: string;
  readonly message: string;
}

/** Services and Pods on real sockets of the host. */
export interface UserspaceBackend extends AsyncDisposable {
  /**
   * Resolves when everything that is in the tables at the start is open.
   *
   * @throws PodlaneError when a Service's port or a host port cannot be had, `ERR_ADDRESS_IN_USE` above all.
   */
  readonly ready: Promise<void>;
  /** Resolves once no listener is being opened. */
  settled(): Promise<void>;
  /** Where the host reaches a Service, and why not where it does not. */
  reachOf(namespace: string, name: string): readonly Reach[];
}

/**
 * Keeps listeners on loopback aliases equal to the tables, and carries what they accept.
 *
 * Changes apply in the microtask in which the tables announce them.
 */
export function createUserspaceBackend(options: UserspaceBackendOptions): UserspaceBackend {
  const { view, clock, hasAliases = true, reserved = new Map<string, number>() } = options;
  const { open, close } = createOpener(options);
  // Until then the first failure is thrown, with whom it is of, and need not be logged too.
  let isReady = false;
  const onError = reportFailures(options, () => isReady);
  const listeners = new ListenerSet({ open, clock, reserved, onError });
  const context = () => ({ nodes: view.nodes.list(), plan: view.plan, hasAliases });
  const updateService = (key: string): void =>
    listeners.replace(
      `service ${key}`,
      wantedListeners(view.services.services().get(key), wantedOfService),
    );
  const updatePod = (key: string): void =>
    listeners.replace(`pod ${key}`, wantedListeners(view.pods.pods().get(key), wantedOfPod));
  const wantedListeners = <T>(
    item: T | undefined,
    wantedOf: (
      item: T,
      facts: ReturnType<typeof context>,
    ) => { readonly listeners: readonly WantedListener[] },
  ): readonly WantedListener[] => (item === undefined ? [] : wantedOf(item, context()).listeners);
  const updateAll = (): void => {
    for (const key of view.services.services().keys()) updateService(key);
    for (const key of view.pods.pods().keys()) updatePod(key);
  };
  const synced = reportSyncs(options, () => listeners.settled());
  updateAll();
  synced({ isFull: true, services: [...view.services.services().keys()] });
  const watches = [
    view.services.onChange((changes) => {
      for (const { key } of changes) updateService(key);
      synced({ isFull: false, services: changes.map(({ key }) => key) });
    }),
    view.pods.onChange((changes) => {
      for (const { key } of changes) updatePod(key);
    }),
    view.nodes.onChange(updateAll),
  ];
  const firstSync = async (): Promise<void> => {
    await listeners.settled();
    isReady = true;
    throwFirstFailure(listeners);
  };
  const ready = firstSync();
  // Who does not wait for it has the failures in `reachOf` and in the log.
  ready.catch(() => undefined);
  return {
    ready,
    settled: () => listeners.settled(),
    reachOf: (namespace, name) => {
      const service = view.services.get(namespace, name);
      return service === undefined ? [] : reachOf(wantedOfService(service, context()), listeners);
    },
    [Symbol.asyncDispose]: async () => {
      for (const watch of watches) watch[Symbol.dispose]();
      // First, so that no client of a closing listener is gone on with.
      close();
      await listeners[Symbol.asyncDispose]();
    },
  };
}

/** Tells the health of the proxy, and who counts, of each batch of changes. */
function reportSyncs(
  { clock, health, onSync }: UserspaceBackendOptions,
  settled: () => Promise<void>,
): (facts: Pick<BackendSync, 'isFull' | 'services'>) => void {
  const report = async (facts: Pick<BackendSync, 'isFull' | 'services'>): Promise<void> => {
    const queuedAt = clock.now();
    const startedMs = performance.now();
    health.queued();
    await settled();
    health.updated();
    onSync?.({ queuedAt, durationSeconds: (performance.now() - startedMs) / 1000, ...facts });
  };
  return (facts) => void report(facts);
}

/** Each failure once. */
function reportFailures(
  options: UserspaceBackendOptions,
  isReady: () => boolean,
): ListenerSetOptions['onError'] {
  return (error, { via, port, isOptional }, owner) => {
    if (via === 'healthCheckNodePort') reportHealthCheck(options, { owner, port, error });
    // Where the OS has no aliases this is so for every address, and a NodePort may be another's: `reachOf` tells.
    const isTold = via === 'nodePort' && isOptional;
    const isThrown = !isOptional && !isReady();
    const isExpected = isTold || isThrown || error.code === 'ERR_ADDRESS_NOT_AVAILABLE';
    options.log[isExpected ? 'debug' : 'warn']('cannot listen', { part: 'proxy', via, error });
  };
}

/** As kube-proxy says it. */
function reportHealthCheck(
  { onHealthCheckFailure }: UserspaceBackendOptions,
  {
    owner,
    port,
    error,
  }: { readonly owner: string; readonly port: number; readonly error: PodlaneError },
): void {
  const [namespace = '', name = ''] = owner.slice('service '.length).split('/');
  const message = `node failed to start healthcheck "${namespace}/${name}" on port ${port}: ${error.message}`;
  onHealthCheckFailure?.({ namespace, name, message });
}

/** An address that the OS does not have, and what podlane goes on without, are told by `reachOf` alone. */
function throwFirstFailure(listeners: ListenerSet): void {
  const failures = listeners
    .failures()
    .filter(
      ({ error, wanted }) => error.code !== 'ERR_ADDRESS_NOT_AVAILABLE' && !wanted.isOptional,
    );
  const [first] = failures;
  if (first === undefined) return;
  const { code, message, hint, cause } = first.error;
  const { port } = first.wanted;
  const others = failures.filter(
    ({ owner, wanted }) => owner !== first.owner || wanted.port !== port,
  );
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  throw new PodlaneError(code, `${first.owner} wants port ${port}: ${message}${more}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}
