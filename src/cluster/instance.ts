import { nearestName, PodlaneError } from '../net/index.ts';
import { serveControl, socketPath, type ClusterStatus, type Warning } from '../control/index.ts';
import type { ControlHandlersOptions } from './control-handlers.ts';
import { createCluster, type Cluster } from './create-cluster.ts';
import { ManifestSet, type ReloadOutcome } from './manifests.ts';
import type { ClusterOptions, Door } from './options.ts';
import { statusOf } from './status.ts';

export interface InstanceOptions extends ClusterOptions {
  /** Files, folders, or `-`. */
  readonly paths: readonly string[];
  /** Unknown fields are errors. @default false */
  readonly isStrict?: boolean;
  /** What `-` among the paths stands for. @default the process' standard input */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Apply saved changes. @default true */
  readonly isFollowing?: boolean;
  readonly version: string;
  readonly pid: number;
  /** When the process started, on the scale of `performance.now()`. @default 0 */
  readonly startedMs?: number;
  readonly onReload?: (outcome: ReloadOutcome) => void;
}

/** A cluster with its manifests and its socket for commands. */
export interface Instance extends AsyncDisposable {
  readonly cluster: Cluster;
  status(): ClusterStatus;
  /** Waits as `lameduck` in a Corefile of one's own says; everything is served meanwhile. */
  drain(): Promise<void>;
  /** Resolves when `podlane down` asks for the end. */
  readonly stopped: Promise<void>;
}

/**
 * Starts what `podlane up` runs: reads the manifests, opens the front doors, applies, waits until all of it is served.
 *
 * @throws ManifestError, or PodlaneError where an address, the name or an option is refused; nothing is left open then.
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const stack = new AsyncDisposableStack();
  try {
    return await start(options, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function start(options: InstanceOptions, stack: AsyncDisposableStack): Promise<Instance> {
  const { name = 'podlane', version, pid, startedMs = 0, isFollowing = true } = options;
  const manifests = stack.use(await ManifestSet.load(options));
  // The first socket that opens: a name in use is told before any port is looked at. So it is the last that closes, and
  // who finds it gone finds everything gone.
  const ready = Promise.withResolvers<ControlHandlersOptions>();
  const handlers = async () => {
    const running = await ready.promise;
    // Nothing that commands ask for is needed to serve.
    const { createControlHandlers } = await import('./control-handlers.ts');
    return createControlHandlers(running);
  };
  const open = async (): Promise<Cluster> => {
    stack.use(await serveControl({ name, path: socketPath(name), handlers }));
    return stack.use(await createCluster({ ...options, ...manifests.replaced }));
  };
  const cluster = await open().catch((error: unknown) => {
    // Mistakes in the manifests count first: where they are is no matter of what else is wrong.
    manifests.check();
    throw error;
  });
  let readyMs = 0;
  const status = (): ClusterStatus =>
    statusOf(cluster, {
      version,
      pid,
      readyMs,
      warnings: [...manifests.warnings(cluster), ...ownWarnings(cluster)],
    });
  const stop = Promise.withResolvers<void>();
  manifests.apply(cluster);
  if (options.isStrict === true) throwIdle(cluster);
  await cluster.settled();
  await listen(cluster);
  if (isFollowing) manifests.follow(cluster);
  readyMs = performance.now() - startedMs;
  ready.resolve({ cluster, status, pid, stop: stop.resolve, locate: manifests.locate });
  return {
    cluster,
    status,
    // Asked to end, it waits no longer.
    drain: () => Promise.race([cluster.names.drain(), stop.promise]),
    stopped: stop.promise,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** @throws PodlaneError that says how two instances get along, where an address is taken. */
async function listen(cluster: Cluster): Promise<void> {
  try {
    await cluster.listen();
  } catch (error) {
    if (!(error instanceof PodlaneError) || error.code !== 'ERR_ADDRESS_IN_USE') throw error;
    const advice =
      'Beside another podlane, give this one ranges of its own (--service-cidr, --pod-cidr, --load-balancer-cidr, --node-ports), or --no-aliases.';
    throw new PodlaneError(error.code, error.message, {
      cause: error,
      hint: error.hint === undefined ? advice : `${error.hint}\n  ${advice}`,
    });
  }
}

interface IdleForward {
  readonly message: string;
  readonly hint?: string;
}

/** `--pod` for what nobody has: the program behind it gets nothing. */
function idleForwards({
  options,
  store,
}: Pick<Cluster, 'options' | 'store'>): readonly IdleForward[] {
  return options.forwards.flatMap(({ target: { kind, namespace, name } }) => {
    if (store.get(kind, namespace, name) !== undefined) return [];
    const names = store.list(kind, { namespace }).map(({ metadata }) => metadata.name);
    const nearest = nearestName(name, names);
    const message = `--pod names ${kind} ${namespace}/${name}, which is not there`;
    return [nearest === undefined ? { message } : { message, hint: `Did you mean "${nearest}"?` }];
  });
}

/** @throws PodlaneError `ERR_OPTION` for the first. */
function throwIdle(cluster: Cluster): void {
  const [idle] = idleForwards(cluster);
  if (idle === undefined) return;
  const { message, hint } = idle;
  throw new PodlaneError('ERR_OPTION', message, hint === undefined ? {} : { hint });
}

/** What the environment makes different from what people expect. */
function ownWarnings({ dns, ingress, names, options, store }: Cluster): readonly Warning[] {
  const moved = (dns?.addresses ?? []).filter(
    ({ port, requestedPort, address }) =>
      port !== requestedPort && requestedPort !== 0 && address === '127.0.0.1',
  );
  return [
    ...moved.map(({ port, requestedPort }) => ({
      message: `the OS refuses port ${requestedPort}: DNS listens on port ${port}`,
    })),
    ...idleForwards({ options, store }).map(({ message, hint }) => ({
      message: hint === undefined ? message : `${message}. ${hint}`,
    })),
    ...corefileWarnings(names, options.dns, ingress),
  ];
}

/** Where the Corefile is broken, and which of its ports others hold: those of the ingress are known. */
function corefileWarnings(
  { dns, corefile }: Cluster['names'],
  door: Door,
  ingress: Cluster['ingress'],
): readonly Warning[] {
  const { endpoints, listeners } = dns;
  const { broken } = corefile;
  const served = [
    ...endpoints.map((endpoint) => ({ ...endpoint, name: `the DNS server's ${endpoint.what}` })),
    ...listeners,
  ];
  const isAnyPort = door === 'off' || door.port === 0;
  const own = [...(ingress?.http ?? []), ...(ingress?.https ?? [])].map(({ port }) => port);
  const moved = served.filter(
    ({ port, requestedPort }) =>
      !isAnyPort && port !== requestedPort && !own.includes(requestedPort),
  );
  return [
    ...(broken === undefined
      ? []
      : [{ ...broken.position, message: `the Corefile is broken: ${broken.message}` }]),
    ...moved.map(({ name, address, port, requestedPort }) => ({
      message: `port ${requestedPort} is taken: ${name} is at ${address}:${port}`,
    })),
  ];
}
