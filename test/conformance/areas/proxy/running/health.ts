import { get } from 'node:http';
import type { Store } from '../../../../../src/api/index.ts';
import { createCluster } from '../../../../../src/index.ts';
import { listenTcp } from '../../../../../src/net/index.ts';
import { createFakeClock } from '../../../../../src/observe/index.ts';
import { createProxyHealth, serveProxyDoors } from '../../../../../src/proxy/index.ts';
import {
  ADDRESSES,
  aliasOf,
  createRig,
  dial,
  failureOf,
  freePort,
  type Rig,
} from '../../../../proxy/rig.ts';
import { put, serviceObject, sliceObject } from '../../../../proxy/world.ts';
import type { CaseResult } from '../../../area.ts';

/** A health-check row; most of it is in what it expects. */
export interface HealthCase {
  readonly id: string;
  readonly title: string;
  readonly service?: Readonly<Record<string, unknown>>;
  readonly localReady?: number;
  readonly proxyHealthy?: boolean;
  readonly request?: string;
  readonly expect: {
    readonly status?: number | string;
    readonly json?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly listener?: boolean;
    readonly localEndpoints?: number;
    readonly oldListener?: string;
    readonly newListener?: string;
    readonly event?: Readonly<Record<string, string>>;
    readonly jsonKeys?: readonly string[];
    readonly statusEntryKeys?: readonly string[];
    readonly livezJsonKeys?: readonly string[];
    readonly healthz?: number;
    readonly livez?: number;
    readonly afterHealthTimeoutWithoutAnySync?: number;
  };
}

/** Plays a row over real HTTP. */
export async function playHealth(row: HealthCase): Promise<CaseResult> {
  const { id, title } = row;
  const play = PLAYERS.find(({ of }) => of(row))?.play;
  if (play === undefined)
    return { id, title, ok: false, skipped: 'the row asks for what no player of this area knows' };
  const { expected, actual } = await play(row);
  return { id, title, ok: JSON.stringify(actual) === JSON.stringify(expected), expected, actual };
}

interface Played {
  readonly expected: unknown;
  readonly actual: unknown;
}

const PLAYERS: readonly {
  readonly of: (row: HealthCase) => boolean;
  readonly play: (row: HealthCase) => Promise<Played>;
}[] = [
  { of: ({ expect }) => expect.listener !== undefined, play: playListener },
  { of: ({ expect }) => expect.oldListener !== undefined, play: playChangedPort },
  { of: ({ expect }) => expect.event !== undefined, play: playTakenPort },
  { of: ({ expect }) => expect.localEndpoints !== undefined, play: playSharedPod },
  { of: ({ expect }) => expect.jsonKeys !== undefined, play: playKeys },
  { of: ({ expect }) => expect.afterHealthTimeoutWithoutAnySync !== undefined, play: playStart },
  { of: ({ title }) => title.includes('taint'), play: playTaint },
  { of: ({ title }) => title.includes('timeout'), play: playOverdue },
  { of: ({ request }) => request !== undefined, play: playAnyPath },
  { of: ({ localReady }) => localReady !== undefined, play: playAnswer },
];

const SERVICE = 'web';
const NODE = aliasOf(ADDRESSES.nodes[0]);

function putWorld(
  store: Store,
  port: number,
  {
    local = 1,
    spec = {},
    ports = [80],
  }: { readonly local?: number; readonly spec?: object; readonly ports?: readonly number[] } = {},
): void {
  const named = ports.map((number) => ({ name: `p${number}`, port: number, protocol: 'TCP' }));
  put(
    store,
    serviceObject(SERVICE, {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: port,
      clusterIP: ADDRESSES.service(3),
      clusterIPs: [ADDRESSES.service(3)],
      ports: named,
      ...spec,
    }),
  );
  const pods = [1, 2, 3].map((index, at) => ({
    address: ADDRESSES.pod(index),
    node: at < local ? 'node-1' : 'node-2',
  }));
  for (const { name, port: number } of named)
    put(
      store,
      sliceObject(`web-${name}`, {
        service: SERVICE,
        port: number,
        portName: name,
        endpoints: pods,
      }),
    );
}

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly json: Readonly<Record<string, unknown>>;
}

async function ask(address: string, port: number, request = 'GET /healthz'): Promise<Told> {
  const [method = '', path = ''] = request.split(' ');
  const { promise, resolve, reject } = Promise.withResolvers<Told>();
  const outgoing = get({ host: address, port, path, method, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        json: text.startsWith('{') ? (JSON.parse(text) as Told['json']) : {}, // an object, by its first sign
      }),
    );
  });
  outgoing.once('error', reject);
  return promise;
}

async function rigFor(port: number, facts?: Parameters<typeof putWorld>[2]): Promise<Rig> {
  const rig = await createRig({ prepare: (store) => putWorld(store, port, facts) });
  await rig.settle();
  return rig;
}

async function playAnswer({
  expect,
  localReady = 0,
  proxyHealthy = true,
}: HealthCase): Promise<Played> {
  const port = await freePort();
  await using rig = await rigFor(port, { local: localReady });
  if (!proxyHealthy) {
    rig.health.queued();
    rig.clock.advance(61_000);
  }
  const { status, headers, json } = await ask(NODE, port);
  const names = { NS: 'default', SVC: SERVICE };
  const expectedJson = JSON.parse(
    JSON.stringify(expect.json ?? {}).replaceAll(
      /"(NS|SVC)"/g,
      (_, key: 'NS' | 'SVC') => `"${names[key]}"`,
    ),
  ) as Readonly<Record<string, unknown>>;
  const expectedHeaders = expect.headers ?? {};
  return {
    expected: { status: expect.status, json: expectedJson, headers: expectedHeaders },
    actual: {
      status,
      json: Object.fromEntries(Object.keys(expectedJson).map((key) => [key, json[key]])),
      headers: Object.fromEntries(
        Object.keys(expectedHeaders).map((key) => [key, headers[key.toLowerCase()]]),
      ),
    },
  };
}

async function playListener({ service = {}, expect }: HealthCase): Promise<Played> {
  const port = await freePort();
  await using _rig = await rigFor(port, { spec: service });
  const failure = await failureOf(dial(NODE, port));
  return { expected: expect.listener, actual: failure === 'connected' };
}

async function playChangedPort({ expect }: HealthCase): Promise<Played> {
  const [before, after] = [await freePort(), await freePort()];
  await using rig = await rigFor(before);
  const { status } = await ask(NODE, before);
  putWorld(rig.store, after);
  await rig.settle();
  const oldListener = (await failureOf(dial(NODE, before))) === 'ECONNREFUSED' ? 'closed' : 'open';
  const newListener = (await ask(NODE, after)).status === status ? 'open' : 'closed';
  const { oldListener: old, newListener: now } = expect;
  return { expected: { oldListener: old, newListener: now }, actual: { oldListener, newListener } };
}

/** The Event is written by the cluster; a listener that goes lets the next change have the port. */
async function playTakenPort({ expect }: HealthCase): Promise<Played> {
  const port = await freePort();
  const other = await listenTcp({ address: '127.0.0.1', port, onConnection: () => undefined });
  const cluster = await createCluster({
    nodes: 1,
    dns: 'off',
    http: 'off',
    https: 'off',
    entry: 'off',
    proxyHealth: 'off',
    proxyMetrics: 'off',
    dnsUpstream: 'off',
    nodePortRange: `${port}-${port + 1}`,
    serviceCIDRs: ['10.99.0.0/16'],
    podCIDRs: ['10.98.0.0/16'],
    nodeCIDRs: ['10.0.0.0/24'],
    loadBalancerCIDR: '127.9.0.0/24',
  });
  try {
    for (const [namespace, name] of [
      ['kube-system', 'kube-dns'],
      ['default', 'kubernetes'],
    ] as const)
      cluster.store.delete({ kind: 'Service', namespace, name });
    await cluster.listen();
    const create = {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      allocateLoadBalancerNodePorts: false,
    };
    const service = serviceObject(SERVICE, {
      ...create,
      healthCheckNodePort: port,
      ports: [{ port: 80 }],
    });
    put(cluster.store, service);
    await cluster.settled();
    await other.close();
    put(cluster.store, {
      ...service,
      metadata: { ...service.metadata, labels: { again: 'true' } },
    });
    await cluster.settled();
    await cluster.controllers.idle();
    const told = cluster.store
      .list('Event', { namespace: 'default' })
      .find(({ reason }) => reason === expect.event?.['reason']);
    const retried = (await ask('127.0.0.1', port)).status;
    const { type, reason } = expect.event ?? {};
    return {
      expected: { type, reason, retried: 503 },
      actual: { type: told?.type, reason: told?.reason, retried },
    };
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
}

async function playSharedPod({ expect }: HealthCase): Promise<Played> {
  const port = await freePort();
  await using _rig = await rigFor(port, { local: 1, ports: [80, 443] });
  const { json } = await ask(NODE, port);
  return { expected: expect.localEndpoints, actual: json['localEndpoints'] };
}

async function playAnyPath({ request = '' }: HealthCase): Promise<Played> {
  const port = await freePort();
  await using _rig = await rigFor(port);
  const expected = await ask(NODE, port);
  const others = [await ask(NODE, port, request), await ask(NODE, port, 'POST /')];
  const essence = ({ status, json }: Told): unknown => ({ status, json });
  return { expected: [essence(expected), essence(expected)], actual: others.map(essence) };
}

/** The doors alone, with a clock that is moved on. */
async function withDoors<T>(
  use: (doors: {
    readonly health: ReturnType<typeof createProxyHealth>;
    readonly clock: ReturnType<typeof createFakeClock>;
    readonly statusOf: (path: string) => Promise<number>;
    readonly tell: (path: string) => Promise<Told>;
  }) => Promise<T>,
): Promise<T> {
  const clock = createFakeClock();
  const health = createProxyHealth({ now: () => clock.now() });
  await using doors = await serveProxyDoors({
    health: { address: '127.0.0.1', port: 0 },
    metrics: 'off',
    proxy: {
      health,
      isNodeEligible: () => true,
      asked: () => undefined,
      renderMetrics: () => '',
      mode: 'nftables',
    },
  });
  const tell = (path: string): Promise<Told> =>
    ask('127.0.0.1', doors.health?.port ?? 0, `GET ${path}`);
  // Awaited here: the doors close when this returns.
  return await use({ health, clock, tell, statusOf: async (path) => (await tell(path)).status });
}

function playKeys({ expect }: HealthCase): Promise<Played> {
  return withDoors(async ({ health, tell }) => {
    health.updated();
    const { status, json } = await tell('/healthz');
    const [entry = {}] = Object.values((json['status'] ?? {}) as Record<string, object>); // by family
    const { status: wanted, jsonKeys, statusEntryKeys, livezJsonKeys } = expect;
    return {
      expected: { status: wanted, jsonKeys, statusEntryKeys, livezJsonKeys },
      actual: {
        status,
        jsonKeys: Object.keys(json),
        statusEntryKeys: Object.keys(entry),
        livezJsonKeys: Object.keys((await tell('/livez')).json),
      },
    };
  });
}

function playStart({ expect }: HealthCase): Promise<Played> {
  return withDoors(async ({ clock, statusOf }) => {
    clock.advance(59_000);
    const healthz = await statusOf('/healthz');
    clock.advance(2000);
    const late = await statusOf('/healthz');
    return {
      expected: [expect.healthz, expect.afterHealthTimeoutWithoutAnySync],
      actual: [healthz, late],
    };
  });
}

function playOverdue({ expect }: HealthCase): Promise<Played> {
  return withDoors(async ({ health, clock, statusOf }) => {
    health.updated();
    clock.advance(300_000);
    const idle = await statusOf('/healthz');
    health.queued();
    clock.advance(61_000);
    const actual = [idle, await statusOf('/healthz'), await statusOf('/livez')];
    return { expected: [200, expect.healthz, expect.livez], actual };
  });
}

/** The whole program: its first Node is tainted. */
async function playTaint({ expect }: HealthCase): Promise<Played> {
  const port = await freePort();
  const cluster = await createCluster({
    nodes: 1,
    dns: 'off',
    http: 'off',
    https: 'off',
    entry: 'off',
    dnsUpstream: 'off',
    proxyHealth: { address: '127.0.0.1', port },
    proxyMetrics: 'off',
  });
  try {
    for (const [namespace, name] of [
      ['kube-system', 'kube-dns'],
      ['default', 'kubernetes'],
    ] as const)
      cluster.store.delete({ kind: 'Service', namespace, name });
    await cluster.listen();
    await cluster.settled();
    const before = (await ask('127.0.0.1', port)).status;
    const [node] = cluster.store.list('Node');
    if (node === undefined) throw new Error('there is no Node');
    const taint = { key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' };
    const tainted = { ...node, spec: { ...node.spec, taints: [taint] } };
    cluster.store.update(tainted);
    const healthz = (await ask('127.0.0.1', port)).status;
    const livez = (await ask('127.0.0.1', port, 'GET /livez')).status;
    return { expected: [200, expect.healthz, expect.livez], actual: [before, healthz, livez] };
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
}
