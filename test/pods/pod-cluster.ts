import { once } from 'node:events';
import { type IncomingHttpHeaders, request, type RequestOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  createKindRegistry,
  createStore,
  KINDS,
  type KubeObject,
  type Pod,
  type Store,
} from '../../src/api/index.ts';
import { createPodAddresses } from '../../src/ipam/index.ts';
import type { Flow, Protocol } from '../../src/net/index.ts';
import { createFakeClock, type FakeClock, SILENT } from '../../src/observe/index.ts';
import {
  createKubelets,
  type Kubelets,
  type KubeletsOptions,
  type PodEvent,
} from '../../src/pods/index.ts';

/** One Node, some namespaces, and kubelets whose only network is the Pods' own. */
export interface PodCluster extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly kubelets: Kubelets;
  readonly events: readonly PodEvent[];
  create(object: object): KubeObject;
  /** Creates a Pod that is bound to the Node. */
  run(spec: object, metadata?: object): Pod;
  pod(name?: string, namespace?: string): Pod | undefined;
  dial(address: string, port: number): Promise<Duplex>;
  /** One HTTP request on a connection of its own. */
  http(url: string, init?: HttpInit): Promise<HttpAnswer>;
}

export interface HttpInit extends RequestOptions {
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export function createPodCluster(options: Partial<KubeletsOptions> = {}): PodCluster {
  const clock = createFakeClock();
  const store = createStore({
    kinds: createKindRegistry(KINDS),
    now: () => clock.now(),
    random: Math.random,
  });
  const create = (object: object): KubeObject => store.create(object as KubeObject);
  for (const name of ['default', 'shop', 'kube-system'])
    create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  create(NODE);
  store.update(NODE, { subresource: 'status' });
  const events: PodEvent[] = [];
  const kubelets: Kubelets = createKubelets({
    store,
    clock,
    log: SILENT,
    podAddresses: createPodAddresses(),
    connect: (flow, connectOptions) => kubelets.dial(flow, connectOptions),
    associate: (flow) => kubelets.associate(flow),
    resolve: async () => [],
    record: (event) => void events.push(event),
    ...options,
  });
  const dial = (address: string, port: number): Promise<Duplex> =>
    kubelets.dial(flowTo(address, port));
  const pod = (name = 'web', namespace = 'default'): Pod | undefined =>
    store.get('Pod', namespace, name);
  const run = (spec: object, metadata: object = {}): Pod => {
    const { name, namespace } = create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default', ...metadata },
      spec: { nodeName: 'n1', ...spec },
    }).metadata;
    const found = pod(name, namespace);
    if (found === undefined) throw new Error(`pod ${name} was not created`);
    return found;
  };
  const http = async (target: string, init: HttpInit = {}): Promise<HttpAnswer> => {
    const url = new URL(target);
    const address = url.hostname.replaceAll(/[[\]]/g, '');
    return ask(await dial(address, Number(url.port || 80)), {
      path: `${url.pathname}${url.search}`,
      ...init,
      headers: { host: url.host, ...(init.headers as Record<string, string> | undefined) },
    });
  };
  const dispose = (): Promise<void> => kubelets[Symbol.asyncDispose]() as Promise<void>;
  return {
    clock,
    store,
    kubelets,
    events,
    create,
    run,
    pod,
    dial,
    http,
    [Symbol.asyncDispose]: dispose,
  };
}

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', 'fd00:10:244::/64'] },
  status: {
    addresses: [{ type: 'InternalIP', address: '10.0.0.11' }],
    allocatable: { cpu: '8', memory: '16Gi' },
  },
} as const;

/** A flow from outside of the cluster. */
export function flowTo(address: string, port: number, protocol: Protocol = 'TCP'): Flow {
  return {
    protocol,
    source: { address: '10.244.9.9', port: 40_000 },
    destination: { address, port },
    origin: { kind: 'outside' },
    node: 'n1',
  };
}

/** Sends one request over `socket` and closes it. */
export async function ask(socket: Duplex, init: HttpInit): Promise<HttpAnswer> {
  const sent = request({ createConnection: () => socket, ...init }).end(init.body);
  const [response] = await once(sent, 'response');
  const body = await text(response);
  socket.destroy();
  return { status: response.statusCode, headers: response.headers, body };
}
