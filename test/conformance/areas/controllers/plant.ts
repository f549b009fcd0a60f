import {
  createKindRegistry,
  createStore,
  formatTime,
  KINDS,
  type Event,
  type KindName,
  type KubeObject,
  type Store,
  type StoreEvent,
} from '../../../../src/api/index.ts';
import { createEndpointControllers, runControllers } from '../../../../src/controllers/index.ts';
import { createServiceAllocator } from '../../../../src/ipam/index.ts';
import { createFakeClock, SILENT, type FakeClock } from '../../../../src/observe/index.ts';

/** A Pod as the tables write it. */
export interface PodRow {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly phase?: string;
  readonly ready?: boolean;
  readonly podIPs?: readonly string[];
  readonly nodeName?: string;
  readonly deletionTimestamp?: boolean;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly hostNetwork?: boolean;
  readonly readinessGates?: readonly string[];
  readonly conditions?: Readonly<Record<string, boolean>>;
  readonly containerPorts?: readonly object[];
  readonly initContainers?: readonly object[];
}

/** A Service as the tables write it. */
export interface ServiceRow {
  readonly namespace?: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: boolean;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface NodeRow {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cpu?: string;
  readonly isReady?: boolean;
}

export const DEFAULT_NODES: readonly NodeRow[] = [
  { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'za' } },
  { name: 'n2', labels: { 'topology.kubernetes.io/zone': 'zb' } },
  { name: 'n3' },
];

/** The Service of rows that do not write one. */
export const WEB: ServiceRow = {
  namespace: 'ns1',
  name: 'web',
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.9',
    ipFamilies: ['IPv4'],
    selector: { app: 'web' },
    ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
  },
};

/** A store in which state is planted before the endpoint controllers start, and what they then did. */
export class Field implements AsyncDisposable {
  readonly clock: FakeClock = createFakeClock();
  readonly store: Store;
  /** What the controllers wrote, in order. */
  readonly writes: StoreEvent[] = [];
  #running: ReturnType<typeof runControllers> | undefined;

  constructor() {
    let seed = 7;
    this.store = createStore({
      // The tables plant Endpoints that no API server would take any more.
      kinds: createKindRegistry(KINDS.filter(({ name }) => name !== 'Endpoints')),
      allocators: [createServiceAllocator({ serviceCIDRs: ['10.96.0.0/12', 'fd00:10:96::/108'] })],
      now: () => this.clock.now(),
      random: () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647,
    });
    this.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns1' } });
  }

  create(object: object): KubeObject {
    return this.store.create(object as KubeObject);
  }

  node({ name, labels = {}, cpu = '4', isReady = true }: NodeRow): void {
    const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
    const status = { allocatable: { cpu }, conditions };
    this.#withStatus({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }, status);
  }

  service({
    namespace = 'ns1',
    name,
    labels,
    annotations,
    deletionTimestamp,
    spec,
  }: ServiceRow): KubeObject {
    const given = Object.entries(spec).filter(([, value]) => value !== null);
    const service = this.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        namespace,
        name,
        ...(labels && { labels }),
        ...(annotations && { annotations }),
        ...(deletionTimestamp === true && { finalizers: ['example.org/hold'] }),
      },
      spec: {
        // The tables leave out what the API server wants with two families.
        ...(given.some(([, value]) => Array.isArray(value) && value.includes('IPv6')) && {
          ipFamilyPolicy: 'PreferDualStack',
        }),
        ...Object.fromEntries(given),
      },
    });
    if (deletionTimestamp === true) this.store.delete({ kind: 'Service', namespace, name });
    return service;
  }

  pod(row: PodRow): KubeObject {
    const { name, namespace = 'ns1', labels = { app: 'web' }, nodeName = 'n1' } = row;
    const hold = row.deletionTimestamp === true ? { finalizers: ['example.org/hold'] } : {};
    const pod = this.#withStatus(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace, name, labels, ...hold },
        spec: {
          nodeName,
          ...podSpec(row),
          containers: [{ name: 'main', image: 'main', ports: row.containerPorts ?? [] }],
        },
      },
      podStatus(row, formatTime(this.clock.now())),
    );
    if (row.deletionTimestamp === true) this.store.delete({ kind: 'Pod', namespace, name });
    return pod;
  }

  /** Starts the controllers and waits for their first sync. */
  async start(maxEndpointsPerSlice = 100): Promise<void> {
    for (const kind of ['EndpointSlice', 'Endpoints'] as const)
      this.store.watch<KindName>(kind, (event) => void this.writes.push(event));
    this.#running = runControllers({
      store: this.store,
      controllers: createEndpointControllers({ maxEndpointsPerSlice }),
      clock: this.clock,
      log: SILENT,
    });
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.#running?.idle();
  }

  events(): readonly Event[] {
    return this.store.list('Event');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
  }

  #withStatus(object: object, status: object): KubeObject {
    const created = this.create(object);
    return this.store.update({ ...created, status }, { subresource: 'status' });
  }
}

/** What a row says of a Pod's spec, as it stands. */
function podSpec({
  hostname,
  subdomain,
  hostNetwork,
  readinessGates,
  initContainers,
}: PodRow): object {
  const gates = readinessGates?.map((conditionType) => ({ conditionType }));
  const spec = { hostname, subdomain, hostNetwork, readinessGates: gates, initContainers };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
}

function podStatus(row: PodRow, time: string): object {
  const { phase = 'Running', ready = true, podIPs = [], conditions = {} } = row;
  const others = Object.entries(conditions).filter(([type]) => type !== 'Ready');
  return {
    phase,
    ...(podIPs.length > 0 && { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) }),
    conditions: [
      ...others.map(([type, is]) => ({ type, status: is ? 'True' : 'False' })),
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time },
    ],
  };
}
