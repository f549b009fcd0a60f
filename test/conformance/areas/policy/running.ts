import { parseManifests, type KubeObject, type Pod } from '../../../../src/api/index.ts';
import { createCluster, type Cluster } from '../../../../src/index.ts';
import { PodlaneError } from '../../../../src/net/index.ts';
import { put } from '../../../proxy/world.ts';
import type { Addresses, PodName, World } from './cases.ts';
import type { Place } from './flow.ts';
import type { Pods } from './operations.ts';

/** The whole program with the fixture of the tables in it. */
export interface RunningCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly world: World;
  readonly addresses: Addresses;
  readonly pods: Pods;
  readonly place: Place;
}

/** Starts it in process, with aliases where they are free, and waits until its Pods run. */
export async function startCluster(world: World, fixture: string): Promise<RunningCluster> {
  const cluster = await startListening(world);
  const { store } = cluster;
  for (const { object } of parseManifests(fixture, 'fixture.yaml').documents) put(store, object);
  for (const node of Object.keys(world.nodes)) put(store, kubeletOf(node));
  await cluster.settled();
  for (const [name, addresses] of Object.entries(world.dns))
    cluster.view.policies.names.record(name, addresses);
  const podNamed = (wanted: PodName): PodName => {
    if (store.get('Pod', wanted.ns, wanted.pod) !== undefined) return wanted;
    const [dns] = store.list('Pod', { namespace: wanted.ns, labelSelector: 'k8s-app=kube-dns' });
    return { ns: wanted.ns, pod: dns?.metadata.name ?? wanted.pod };
  };
  const addresses = {
    pod: (key: string) => {
      const [ns = '', pod = ''] = key.split('/');
      const { ns: namespace, pod: name } = podNamed({ ns, pod });
      return store.get('Pod', namespace, name)?.status?.podIP ?? key;
    },
    service: (key: string) => {
      const [ns = '', name = ''] = key.split('/');
      return store.get('Service', ns, name)?.spec?.clusterIP ?? key;
    },
  };
  return {
    cluster,
    world,
    addresses,
    pods: podsOf(cluster),
    place: { store, world, podNamed },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

async function startListening(world: World): Promise<Cluster> {
  for (const hasAliases of [true, false]) {
    const cluster = await build(world, hasAliases);
    try {
      await cluster.listen();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      const isTaken = error instanceof PodlaneError && error.code === 'ERR_ADDRESS_IN_USE';
      if (!isTaken || !hasAliases) throw error;
    }
  }
  throw new Error('no cluster');
}

async function build(world: World, hasAliases: boolean): Promise<Cluster> {
  const cluster = await createCluster({
    nodes: 0,
    hasAliases,
    dns: 'off',
    http: 'off',
    https: 'off',
    entry: { address: '127.0.0.1', port: 0 },
    proxyHealth: 'off',
    proxyMetrics: 'off',
    ingressMetrics: 'off',
    dnsUpstream: 'off',
    serviceCIDRs: [world.serviceCIDR],
    podCIDRs: [world.clusterCIDR],
    nodeCIDRs: Object.values(world.nodes).map(({ ip }) => `${ip}/32`),
    loadBalancerCIDR: '127.3.99.0/24',
  });
  for (const [name, { ip, podCIDR, labels }] of Object.entries(world.nodes))
    put(cluster.store, nodeOf(name, { ip, podCIDR, labels }));
  putApiEndpoints(cluster, world);
  return cluster;
}

function nodeOf(name: string, { ip, podCIDR, labels }: World['nodes'][string]): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: {
      addresses: [{ type: 'InternalIP', address: ip }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

/** What rows reach on a Node: its kubelet's port and the API server's, on the Node's own network. */
function kubeletOf(node: string): KubeObject {
  const ports = [10_250, 6443].map((containerPort) => ({ containerPort }));
  const containers = [{ name: 'node', image: 'example.org/node:1', ports }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'kube-system', name: `node-${node}` },
    spec: { nodeName: node, hostNetwork: true, terminationGracePeriodSeconds: 0, containers },
  };
}

/** The API server is on the table's first Node. */
function putApiEndpoints({ store }: Cluster, world: World): void {
  const [first] = Object.values(world.nodes);
  const slice = store.list('EndpointSlice', { namespace: 'default' })[0];
  if (first === undefined || slice === undefined) return;
  const endpoints = [{ addresses: [first.ip], conditions: { ready: true } }];
  store.update({ ...slice, endpoints });
}

/** New Pods are like the fixture's own. */
function podsOf({ store }: Cluster): Pods {
  return {
    create: ({ ns, pod }, labels) => {
      const model: Pod | undefined = store
        .list('Pod')
        .find(
          ({ metadata, spec }) => spec?.hostNetwork !== true && 'pod' in (metadata.labels ?? {}),
        );
      const { nodeName, containers } = model?.spec ?? { containers: [] };
      // The token that admission mounts is each Pod's own.
      const own = containers.map((container) => ({ ...container, volumeMounts: [] }));
      const spec = { nodeName, containers: own, terminationGracePeriodSeconds: 0 };
      store.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: ns, name: pod, labels },
        spec,
      });
    },
    delete: ({ ns, pod }) => {
      store.delete({ kind: 'Pod', namespace: ns, name: pod }, { gracePeriodSeconds: 0 });
    },
  };
}
