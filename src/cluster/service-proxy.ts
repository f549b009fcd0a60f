import type { EndpointSlice, Node, Service, Store } from '../api/index.ts';
import type { RunningControllers } from '../controllers/index.ts';
import type { DnsServer } from '../dns/index.ts';
import { loopbackAlias, type AddressPlan, type IpFamily } from '../net/index.ts';
import {
  countNoLocalEndpoints,
  createProxyHealth,
  createProxyMetrics,
  createUserspaceBackend,
  renderProcessMetrics,
  serveProxyDoors,
  type BackendSync,
  type HealthCheckFailure,
  type ProxyDoor,
  type ProxyMetrics,
  type UserspaceBackend,
} from '../proxy/index.ts';
import type { DoorParts } from './doors.ts';
import type { Door } from './options.ts';
import { dnsServiceIP } from './system-objects.ts';

/** What the Nodes' service proxy needs of the cluster. */
export interface ServiceProxyParts extends DoorParts {
  readonly controllers: RunningControllers;
}

/** The listeners of Services and Pods on their aliases, and what kube-proxy tells about them. */
export async function createServiceProxy(
  core: ServiceProxyParts,
  dns: DnsServer | undefined,
  stack: AsyncDisposableStack,
): Promise<UserspaceBackend> {
  const { options, plan, view, store, datapath, random } = core;
  const { clock, log } = options;
  const health = createProxyHealth({ now: () => clock.now() });
  const metrics = createProxyMetrics(familiesOf(plan));
  const changes = stack.use(watchChanges(store));
  stack.use(declareSctp(core));
  const backend = stack.use(
    createUserspaceBackend({
      view,
      clock,
      log,
      random,
      connect: datapath.connect,
      associate: datapath.associate,
      reserved: reservedBy(dns, plan),
      hasAliases: options.hasAliases,
      health,
      onSync: (sync) => count(metrics, sync, { now: clock.now(), changes: changes.take() }),
      onHealthCheckFailure: (failure) => core.controllers.record('kube-proxy', eventOf(failure)),
    }),
  );
  const renderMetrics = (): string => {
    const [node] = view.nodes.list();
    const countFor = (family: IpFamily) =>
      countNoLocalEndpoints(view.services.services().values(), node, family);
    const counted = metrics.render({
      noLocalEndpoints: { IPv4: countFor('IPv4'), IPv6: countFor('IPv6') },
      pending: changes.waiting(),
      endedFlows: datapath.endedUdpFlows,
    });
    return `${counted}${renderProcessMetrics()}`;
  };
  stack.use(
    await serveProxyDoors({
      health: doorOf(options.proxyHealth, 10_256),
      metrics: doorOf(options.proxyMetrics, 10_249),
      proxy: {
        health,
        mode: view.proxy.mode,
        asked: (path, code) => metrics.asked(path, code),
        isNodeEligible: () =>
          isEligible(store.get('Node', undefined, view.nodes.list()[0]?.name ?? '')),
        renderMetrics,
      },
    }),
  );
  return backend;
}

function familiesOf({ serviceCIDRs }: AddressPlan): readonly IpFamily[] {
  return [...new Set(serviceCIDRs.map(({ family }) => family))];
}

/** kube-proxy's own place is left to whoever has it. */
function doorOf(door: Door | 'default', port: number): ProxyDoor {
  return door === 'default' ? { address: '127.0.0.1', port, isOptional: true } : door;
}

/** Whoever looks at a Service with an SCTP port is told that nothing listens for it. */
function declareSctp({ store, controllers }: ServiceProxyParts): Disposable {
  const hasSctp = ({ spec }: Service): boolean =>
    (spec?.ports ?? []).some(({ protocol }) => protocol === 'SCTP');
  return store.watch(
    'Service',
    ({ type, object, old }) => {
      const isTold = old !== undefined && hasSctp(old);
      if (type === 'DELETED' || isTold || !hasSctp(object)) return;
      const { namespace = '', name } = object.metadata;
      controllers.record('kube-proxy', {
        about: { kind: 'Service', namespace, name },
        type: 'Warning',
        reason: 'ProtocolNotCarried',
        message: 'SCTP is not carried in userspace: the runtime has no sockets for it',
      });
    },
    { sendInitialEvents: true },
  );
}

/** What has been written since it was last taken. */
interface Changes {
  services: number;
  endpoints: number;
  /** Milliseconds since 1970. */
  triggeredAt: number[];
}

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

function watchChanges(
  store: Store,
): Disposable & { readonly take: () => Changes; readonly waiting: () => Changes } {
  let changes: Changes = { services: 0, endpoints: 0, triggeredAt: [] };
  const watches = [
    store.watch('Service', () => void (changes.services += 1)),
    store.watch('EndpointSlice', ({ type, object }) => {
      changes.endpoints += 1;
      const time = (object as EndpointSlice).metadata.annotations?.[TRIGGER_TIME];
      if (type !== 'DELETED' && time !== undefined) changes.triggeredAt.push(Date.parse(time));
    }),
  ];
  return {
    take: () => {
      const taken = changes;
      changes = { services: 0, endpoints: 0, triggeredAt: [] };
      return taken;
    },
    waiting: () => changes,
    [Symbol.dispose]: () => {
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };
}

function count(
  metrics: ProxyMetrics,
  { queuedAt, isFull, durationSeconds }: BackendSync,
  { now, changes }: { readonly now: number; readonly changes: Changes },
): void {
  metrics.synced({
    queuedAt,
    endedAt: now,
    durationSeconds,
    isFull,
    serviceChanges: changes.services,
    endpointChanges: changes.endpoints,
    programmingSeconds: changes.triggeredAt.map((at) => Math.max(0, now - at) / 1000),
  });
}

function eventOf({ namespace, name, message }: HealthCheckFailure) {
  return {
    about: { kind: 'Service', namespace, name },
    type: 'Warning',
    reason: 'FailedToStartServiceHealthcheck',
    message,
  } as const;
}

const AUTOSCALER_TAINT = 'ToBeDeletedByClusterAutoscaler';

/** Balancers leave a Node that is going away. */
function isEligible(node: Node | undefined): boolean {
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return false;
  return !(node.spec?.taints ?? []).some(({ key }) => key === AUTOSCALER_TAINT);
}

/** The Service ports that the DNS server answers itself. */
function reservedBy(dns: DnsServer | undefined, plan: AddressPlan): ReadonlyMap<string, number> {
  const alias = loopbackAlias(dnsServiceIP(plan.serviceCIDRs));
  const bound = dns?.addresses.find(({ address }) => address === alias);
  if (bound === undefined) return new Map();
  return new Map(['UDP', 'TCP'].map((protocol) => [`${protocol}/${alias}/53`, bound.port]));
}
