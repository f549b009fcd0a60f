import { prepareWrites, type KindRegistry, type KubeObject, type Store } from '../api/index.ts';
import {
  createControllers,
  runControllers,
  type RunningControllers,
} from '../controllers/index.ts';
import {
  createDatapath,
  createDatapathView,
  type Datapath,
  type DatapathView,
} from '../datapath/index.ts';
import {
  createAddressPlan,
  PodlaneError,
  type AddressPlan,
  type Endpoint,
  type Flow,
} from '../net/index.ts';
import type { DataFolder } from '../persistence/index.ts';
import { createKubelets, type Kubelets } from '../pods/index.ts';
import type { ApiDoor, PodTokens, Webhooks } from './api-door.ts';
import { openDoors, type Doors } from './doors.ts';
import type { UserspaceBackend } from '../proxy/index.ts';
import { createIngressRouting, type IngressRouting } from './ingress-routing.ts';
import { keptPodAddresses } from './kept-pod-addresses.ts';
import { createState } from './state.ts';
import { createClusterNames, type AskedParts } from './cluster-names.ts';
import type { Names } from './names.ts';
import { createDnsMessages } from './dns-messages.ts';
import { resolveOptions, type ClusterOptions, type ResolvedOptions } from './options.ts';
import { resolveForPods } from './resolve-for-pods.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createServiceProxy } from './service-proxy.ts';
import { systemObjects } from './system-objects.ts';

/** Odd and large, so that seeds of neighbouring revisions are far apart. */
const SEED_STEP = 0x9e_37_79_b1;

/** A running cluster. */
export interface Cluster extends Doors, AsyncDisposable {
  readonly options: ResolvedOptions;
  readonly plan: AddressPlan;
  readonly store: Store;
  /** Where the store is kept; absent where it is in memory alone. */
  readonly data: DataFolder | undefined;
  readonly kinds: KindRegistry;
  readonly datapath: Datapath;
  readonly view: DatapathView;
  readonly names: Names;
  readonly routing: IngressRouting;
  readonly kubelets: Kubelets;
  readonly controllers: RunningControllers;
  /** The listeners on aliases, once `listen` has been called; absent where there are none. */
  readonly backend: UserspaceBackend | undefined;
  /** The API server, once `listen` has been called; absent where it is off. */
  readonly api: ApiDoor | undefined;
  /**
   * Opens the listeners of Services and Pods on loopback aliases, and keeps them equal to the store from then on.
   *
   * Called once the first manifests have settled, so that nothing is opened only to be closed.
   *
   * @throws PodlaneError when the port of a Service cannot be had, `ERR_ADDRESS_IN_USE` above all.
   */
  listen(): Promise<void>;
  /** Resolves when everything that was written so far has had its effect: controllers, Pods, listeners. */
  settled(): Promise<void>;
}

/**
 * Builds every part of a cluster, wires them, and opens its front doors.
 *
 * The store is filled with what every cluster has; manifests are applied to it afterwards, and `settled` waits for them.
 *
 * @throws PodlaneError when an option makes no sense or an address cannot be bound; nothing is left open then.
 */
export async function createCluster(given: ClusterOptions = {}): Promise<Cluster> {
  const options = resolveOptions(given);
  const stack = new AsyncDisposableStack();
  try {
    return await build(options, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function build(options: ResolvedOptions, stack: AsyncDisposableStack): Promise<Cluster> {
  const plan = createAddressPlan(options);
  const data = await openData(options, stack);
  const core = createCore({ options, plan, stack, data });
  const { store, controllers, kubelets, names } = core;
  // What cannot be bound, and a Corefile that cannot be read, is said before anything is served.
  await names.corefile.load();
  names.corefile.follow();
  const doors = await openDoors(core, stack);
  const { serviceCIDRs } = plan;
  for (const object of systemObjects({ ...options, serviceCIDRs, now: options.clock.now() }))
    if (!isStored(object, core)) store.create(object);
  let backend: UserspaceBackend | undefined;
  let api: ApiDoor | undefined;
  let opening: Promise<void> | undefined;
  const openApi = async (): Promise<void> => {
    if (options.api === 'off') return;
    // What it needs is slow to load, and nobody else needs it.
    const door = await import('./api-door.ts');
    api = await door.openApi(core);
  };
  // What is still being opened when something else fails is closed, too.
  const closeApi = async (opened: Promise<void>): Promise<void> => {
    await opened.catch(() => undefined);
    await api?.[Symbol.asyncDispose]();
  };
  return {
    ...core,
    ...doors,
    get backend() {
      return backend;
    },
    get api() {
      return api;
    },
    listen: async () => {
      await names.dns.start();
      opening ??= stack.adopt(openApi(), closeApi);
      // It is waited for below, and may have failed before.
      opening.catch(() => undefined);
      backend ??= await createServiceProxy(core, doors.dns, stack);
      await Promise.all([backend.ready, opening]);
    },
    settled: async () => {
      let revision: number;
      do {
        ({ revision } = store);
        await controllers.settled();
        await kubelets.settled();
        await names.corefile.settled();
        await backend?.settled();
      } while (revision !== store.revision);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Loaded where it is asked for alone. @throws DataFolderError */
async function openData(
  { dataDir }: ResolvedOptions,
  stack: AsyncDisposableStack,
): Promise<DataFolder | undefined> {
  if (dataDir === '') return undefined;
  const { openDataFolder } = await import('../persistence/index.ts');
  const data = stack.use(openDataFolder(dataDir));
  await prepareWrites(data.state.objects);
  return data;
}

function isStored(
  { apiVersion, kind, metadata: { namespace, name } }: KubeObject,
  { store, kinds }: Pick<Cluster, 'store' | 'kinds'>,
): boolean {
  const definition = kinds.byApiVersion(apiVersion, kind);
  return store.get<string>(definition.name, namespace, name) !== undefined;
}

type Core = Pick<
  Cluster,
  | 'options'
  | 'plan'
  | 'store'
  | 'data'
  | 'kinds'
  | 'datapath'
  | 'view'
  | 'names'
  | 'routing'
  | 'kubelets'
  | 'controllers'
> & {
  readonly random: () => number;
  /** Made by the API server, once it is there. */
  readonly tokens: PodTokens;
  readonly webhooks: Webhooks;
  /** Where DNS listens, once it does. */
  readonly dnsAddresses: Endpoint[];
};

interface CoreOptions {
  readonly options: ResolvedOptions;
  readonly plan: AddressPlan;
  readonly stack: AsyncDisposableStack;
  readonly data: DataFolder | undefined;
}

/** Everything that needs no socket. */
function createCore({ options, plan, stack, data }: CoreOptions): Core {
  const { clock } = options;
  // What was chosen before is not chosen again for something else.
  const random = createSeededRandom(options.seed + Math.imul(data?.state.revision ?? 0, SEED_STEP));
  const { store, kinds, admissionFacts } = createState({ options, plan, random, data });
  const dnsAddresses: Endpoint[] = [];
  // Pods ask DNS through the datapath, which needs names for its own answers.
  const asked: AskedParts = {};
  const names = stack.use(
    createClusterNames({ options, plan, store, random, dnsAddresses, asked }),
  );
  const view = stack.use(
    createDatapathView(store, { plan, proxy: options.proxy, deny: options.deny }),
  );
  // The kubelets' own connections go through the datapath, and the datapath's end at the kubelets.
  const pods: { kubelets?: Kubelets } = {};
  const tokens: PodTokens = {};
  const webhooks: Webhooks = {};
  const datapath = stack.use(
    createDatapath({
      view,
      random,
      clock,
      dialPod: (flow, connectOptions) => running(pods).dial(flow, connectOptions),
      associatePod: (flow) => running(pods).associate(flow),
    }),
  );
  Object.assign(asked, { datapath, view });
  const routing = stack.use(
    createIngressRouting({
      store,
      view,
      random,
      admissionFacts,
      connect: datapath.connect,
      resolve: async (name, origin) => (await names.resolveAs(name, origin)).addresses,
    }),
  );
  const controllers = stack.use(
    startControllers({ options, plan, store, kinds, routing, webhooks }),
  );
  const kubelets = stack.use(
    startKubelets({ options, store, names, datapath, controllers, tokens }),
  );
  pods.kubelets = kubelets;
  return {
    options,
    plan,
    store,
    data,
    kinds,
    datapath,
    view,
    names,
    routing,
    kubelets,
    controllers,
    random,
    tokens,
    webhooks,
    dnsAddresses,
  };
}

function running({ kubelets }: { readonly kubelets?: Kubelets }): Kubelets {
  if (kubelets === undefined)
    throw new PodlaneError('ERR_NOT_READY', 'the kubelets are not running yet');
  return kubelets;
}

type KubeletParts = Pick<
  Core,
  'options' | 'store' | 'names' | 'datapath' | 'controllers' | 'tokens'
>;

function startKubelets({
  options,
  store,
  names,
  datapath,
  controllers,
  tokens,
}: KubeletParts): Kubelets {
  const { clock, log, forwards, clusterDomain } = options;
  return createKubelets({
    store,
    clock,
    log,
    podAddresses: keptPodAddresses(store),
    connect: datapath.connect,
    associate: datapath.associate,
    resolve: resolveForPods({ store, names, clock, deny: options.deny }),
    resolvConf: (pod) => {
      const { nameservers, search, options: flags } = names.resolvConfOf(pod);
      return { nameservers, searches: search, options: flags };
    },
    dns: createDnsMessages(createSeededRandom(options.seed)),
    token: (pod, wish) => tokens.issue?.(pod, wish),
    serveDnsBytes: async (message, flow) => names.answerBytes(message, dnsClientOf(flow)),
    forwards,
    clusterDomain,
    record: (event) => controllers.record('kubelet', event),
  });
}

interface Started {
  readonly options: ResolvedOptions;
  readonly plan: AddressPlan;
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly routing: IngressRouting;
  readonly webhooks: Webhooks;
}

function startControllers({
  options: { clock, log, seed },
  plan,
  store,
  kinds,
  routing,
  webhooks,
}: Started): RunningControllers {
  return runControllers({
    store,
    review: () => webhooks.review,
    clock,
    log,
    controllers: createControllers({
      seed,
      podCIDRs: { clusterCIDRs: plan.podCIDRs.map(({ text }) => text) },
      loadBalancerCIDR: plan.loadBalancerCIDR.text,
      ingress: routing.status,
      kinds,
    }),
  });
}

function dnsClientOf({ source, protocol }: Flow): {
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
} {
  return { ...source, transport: protocol === 'UDP' ? 'udp' : 'tcp' };
}
