/** A rolling update under load, with all the care that Pods can take, and without any. */
import { Agent, request } from 'node:http';
import t from 'tap';
import { createCluster, type Cluster } from '../../src/index.ts';
import type { KubeObject } from '../../src/api/index.ts';

/** Requests of each kind; the full count is 10000. */
const REQUESTS = Number(process.env['PODLANE_ROLLING_REQUESTS'] ?? 1500);
const REPLICAS = 4;
const ADDRESS = '127.131.0.80';
const PORT = 8080;

function deployment(version: number, isCareful: boolean): KubeObject {
  const care = {
    readinessProbe: { httpGet: { path: '/', port: PORT }, periodSeconds: 1 },
    lifecycle: { preStop: { sleep: { seconds: 2 } } },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', version: `v${version}` } },
        spec: {
          terminationGracePeriodSeconds: 10,
          containers: [
            {
              name: 'main',
              image: 'example.org/web:1',
              ports: [{ containerPort: PORT }],
              ...(isCareful ? care : {}),
            },
          ],
        },
      },
    },
  };
}

const SERVICE: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    clusterIP: ADDRESS.replace(/^127/, '10'),
    selector: { app: 'web' },
    ports: [{ port: PORT }],
  },
};

async function startCluster(): Promise<Cluster> {
  const off = 'off' as const;
  const cluster = await createCluster({
    dns: off,
    http: off,
    https: off,
    entry: off,
    proxyHealth: off,
    proxyMetrics: off,
    dnsUpstream: off,
    serviceCIDRs: ['10.131.0.0/16'],
    podCIDRs: ['10.132.0.0/16'],
    nodeCIDRs: ['10.133.0.0/24'],
    loadBalancerCIDR: '127.134.0.0/24',
    nodePortRange: '29000-29099',
  });
  return cluster;
}

/**
 * A GET is asked again when the connection that it reused had just ended, as Go's client and browsers do it: a server may
 * always end an idle connection in the moment in which it is used.
 *
 * @returns the name of the Pod.
 */
function ask(agent: Agent | false): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: ADDRESS, port: PORT, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve((JSON.parse(text) as { pod: string }).pod)); // echo's answer
    });
    outgoing.on('error', (error) => {
      if (outgoing.reusedSocket) resolve(ask(false));
      else reject(error);
    });
    outgoing.end();
  });
}

interface Load {
  readonly pods: Set<string>;
  readonly failures: string[];
  asked: number;
}

interface LoadOptions {
  readonly agent: Agent | false;
  readonly isDone: () => boolean;
  readonly atLeast: number;
}

/** Asks until `isDone` and at least so often. */
async function load({ agent, isDone, atLeast }: LoadOptions): Promise<Load> {
  const result: Load = { pods: new Set(), failures: [], asked: 0 };
  while (!isDone() || result.asked < atLeast) {
    result.asked += 1;
    try {
      result.pods.add(await ask(agent));
    } catch (error) {
      result.failures.push(error instanceof Error ? error.message : String(error));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return result;
}

function readyPods({ store }: Cluster, version: number): boolean {
  const pods = store.list('Pod', { namespace: 'default' });
  const current = pods.filter(({ metadata }) => metadata.labels?.['version'] === `v${version}`);
  const isReady = (pod: (typeof pods)[number]): boolean =>
    pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ===
    true;
  return pods.length === REPLICAS && current.length === REPLICAS && current.every(isReady);
}

async function rolledOut(cluster: Cluster, version: number): Promise<void> {
  if (readyPods(cluster, version)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  using _watch = cluster.store.watch('Pod', () => {
    if (readyPods(cluster, version)) resolve();
  });
  await promise;
}

interface RollOptions {
  readonly isCareful: boolean;
  /** Clients that open a connection for each request, at the same time. */
  readonly oneShotClients: number;
}

async function roll(options: RollOptions): Promise<{ keepAlive: Load; oneShot: readonly Load[] }> {
  const { isCareful, oneShotClients } = options;
  await using cluster = await startCluster();
  cluster.store.create(SERVICE);
  cluster.store.create(deployment(1, isCareful));
  await rolledOut(cluster, 1);
  await cluster.settled();
  await cluster.listen();
  let isDone = false;
  using agent = {
    agent: new Agent({ keepAlive: true, maxSockets: 4 }),
    [Symbol.dispose]: () => agent.agent.destroy(),
  };
  const until = { isDone: () => isDone, atLeast: REQUESTS / oneShotClients };
  const keepAlive = load({ ...agent, ...until });
  const oneShot = Array.from({ length: oneShotClients }, () => load({ agent: false, ...until }));
  for (const version of [2, 3]) {
    const present = cluster.store.get('Deployment', 'default', 'web');
    cluster.store.update({ ...present, ...deployment(version, isCareful) });
    await rolledOut(cluster, version);
  }
  isDone = true;
  // Awaited here: the cluster goes when this returns.
  return { keepAlive: await keepAlive, oneShot: await Promise.all(oneShot) };
}

t.test('a rolling update with probes and a preStop delay loses no request', async (t) => {
  const { keepAlive, oneShot } = await roll({ isCareful: true, oneShotClients: 1 });
  t.same(keepAlive.failures, [], `keep-alive, ${keepAlive.asked} requests`);
  for (const { failures, asked, pods } of oneShot) {
    t.same(failures, [], `one-shot, ${asked} requests`);
    t.ok(pods.size >= 2 * REPLICAS, 'several generations of Pods answered');
  }
});

t.test('a rolling update without them loses requests, as it does in a cluster', async (t) => {
  // Pods go one by one, so it takes several clients for each to have a request under way in one that goes.
  const { keepAlive, oneShot } = await roll({ isCareful: false, oneShotClients: 8 });
  t.not([keepAlive, ...oneShot].flatMap(({ failures }) => failures).length, 0, 'some were lost');
});
