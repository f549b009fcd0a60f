/** A rolling update under load, with all the care that Pods can take, and without any. */
import t from 'tap';
import { explain } from '../../src/cluster/explain.ts';
import { createCluster, type Cluster } from '../../src/index.ts';
import type { KubeObject } from '../../src/api/index.ts';
import { startLoad, type LoadReport } from '../harness/http-load.ts';
import { claimRanges } from '../harness/ranges.ts';

/** Of each kind, at least; a full measure is 10000. */
const REQUESTS = Number(process.env['PODLANE_ROLLING_REQUESTS'] ?? 2500);
const REPLICAS = 4;
const PORT = 8080;
// The full measure takes longer than the runner allows a file by default.
t.setTimeout(180_000);
/** A client that keeps its connection meets at least one of each generation; the second may be gone before all of it was asked. */
const LEAST_PODS = { keepAlive: 3, oneShot: 2 * REPLICAS } as const;
const ranges = await claimRanges();
const CLUSTER_IP = (ranges.options.serviceCIDRs[0] ?? '').replace(/0\/17$/, '80');

function deployment(version: number, isCareful: boolean): KubeObject {
  const care = {
    readinessProbe: { httpGet: { path: '/', port: PORT }, periodSeconds: 1 },
    lifecycle: { preStop: { sleep: { seconds: 1 } } },
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
  spec: { clusterIP: CLUSTER_IP, selector: { app: 'web' }, ports: [{ port: PORT }] },
};

function startCluster(): Promise<Cluster> {
  const off = 'off' as const;
  return createCluster({
    ...ranges.options,
    dns: off,
    http: off,
    https: off,
    entry: off,
    proxyHealth: off,
    proxyMetrics: off,
    dnsUpstream: off,
  });
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

interface Rolled {
  readonly report: LoadReport;
  /** What `explain` says of the Service before, and after. */
  readonly advice: readonly (readonly string[])[];
}

/** Replaces four Pods twice, while four clients keep their connections and four open one for each request. */
async function roll(isCareful: boolean): Promise<Rolled> {
  await using cluster = await startCluster();
  cluster.store.create(SERVICE);
  cluster.store.create(deployment(1, isCareful));
  await rolledOut(cluster, 1);
  await cluster.settled();
  await cluster.listen();
  const before = await adviceOf(cluster);
  const load = await startLoad({
    address: CLUSTER_IP.replace(/^10/, '127'),
    port: PORT,
    keepAliveClients: 4,
    oneShotClients: 4,
    requests: REQUESTS,
  });
  for (const version of [2, 3]) {
    const present = cluster.store.get('Deployment', 'default', 'web');
    cluster.store.update({ ...present, ...deployment(version, isCareful) });
    await rolledOut(cluster, version);
  }
  const report = await load.stop();
  return { report, advice: [before, await adviceOf(cluster)] };
}

async function adviceOf(cluster: Cluster): Promise<readonly string[]> {
  const { steps } = await explain(cluster, {
    to: `http://${CLUSTER_IP}:${PORT}/`,
    namespace: 'default',
  });
  return steps.flatMap(({ part, what, because = '' }) =>
    part === 'rollout' ? [`${what}: ${because}`] : [],
  );
}

t.test('a rolling update with probes and a preStop delay loses no request', async (t) => {
  const { report, advice } = await roll(true);
  for (const kind of ['keepAlive', 'oneShot'] as const) {
    const { asked, failures, pods } = report[kind];
    t.ok(asked >= REQUESTS, `${kind}, ${asked} requests`);
    t.same(failures, [], `${kind}, none lost`);
    t.ok(pods.length >= LEAST_PODS[kind], 'all generations of Pods answered');
  }
  t.same(advice, [[], []]);
});

t.test('a rolling update without them loses requests, and explain says why', async (t) => {
  const { report, advice } = await roll(false);
  const { keepAlive, oneShot } = report;
  t.not(keepAlive.failures.length + oneShot.failures.length, 0, 'some were lost');
  const [before, after] = advice;
  t.same(before, [], 'nothing was replaced yet');
  t.match(after, [/no preStop hook/, /no readinessProbe/]);
});
