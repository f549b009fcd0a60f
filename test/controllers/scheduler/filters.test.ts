import t from 'tap';
import type { KubeObject, Pod } from '../../../src/api/index.ts';
import { createSchedulerController, type Controller } from '../../../src/controllers/index.ts';
import { ClusterCache } from '../../../src/controllers/scheduler/cluster-cache.ts';
import { filtersFor, refusalOf } from '../../../src/controllers/scheduler/filters.ts';
import { podFacts } from '../../../src/controllers/scheduler/pod-facts.ts';
import { podVolumes } from '../../../src/controllers/scheduler/volumes.ts';
import { node, pod } from '../cluster.ts';
import { startTestCluster, type TestCluster } from '../start.ts';

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';

interface Case {
  readonly name: string;
  readonly nodes?: readonly KubeObject[];
  /** Already on a Node. */
  readonly present?: readonly KubeObject[];
  readonly pod: KubeObject;
  /** The Nodes that will do; none with `because`. */
  readonly fits: readonly string[];
  /** The part of the message that counts the Nodes. */
  readonly because?: string;
}

const THREE = [
  node('a', { metadata: { name: 'a', labels: { [ZONE]: 'za', disk: 'ssd', size: '10' } } }),
  node('b', { metadata: { name: 'b', labels: { [ZONE]: 'zb', disk: 'hdd', size: '20' } } }),
  node('c', { metadata: { name: 'c', labels: { [ZONE]: 'zb' } } }),
];

const required = (...nodeSelectorTerms: readonly object[]): Partial<Pod['spec']> => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  },
});

const expression = (key: string, operator: string, ...values: readonly string[]): object => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }],
});

const near = (
  kind: 'podAffinity' | 'podAntiAffinity',
  topologyKey: string,
  more: object = {},
): Partial<Pod['spec']> => ({
  affinity: {
    [kind]: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey, labelSelector: { matchLabels: { app: 'web' } }, ...more },
      ],
    },
  },
});

const spread = (topologyKey: string, more: object = {}): Partial<Pod['spec']> => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
      ...more,
    },
  ],
});

const WEB = { labels: { app: 'web' } };
const on = (
  nodeName: string,
  name = `on-${nodeName}`,
  spec: Partial<Pod['spec']> = {},
): KubeObject => pod(name, { ...spec, nodeName }, WEB);

const port = (hostPort: number, hostIP?: string, protocol = 'TCP'): Partial<Pod['spec']> => ({
  containers: [
    {
      name: 'main',
      image: 'web',
      ports: [{ containerPort: 80, hostPort, protocol, ...(hostIP !== undefined && { hostIP }) }],
    },
  ],
});

const AFFINITY = "node(s) didn't match Pod's node affinity/selector";
const TAINTED = [
  node('a', { spec: { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] } }),
  node('b', { spec: { taints: [{ key: 'gone', effect: 'NoExecute' }] } }),
  node('c', { spec: { unschedulable: true } }),
];

const cases: readonly Case[] = [
  { name: 'no wish', pod: pod('p'), fits: ['a', 'b', 'c'] },
  { name: 'a nodeSelector', pod: pod('p', { nodeSelector: { disk: 'ssd' } }), fits: ['a'] },
  {
    name: 'a nodeSelector that nobody has',
    pod: pod('p', { nodeSelector: { disk: 'tape' } }),
    fits: [],
    because: `3 ${AFFINITY}`,
  },
  {
    name: 'affinity In',
    pod: pod('p', required(expression('disk', 'In', 'ssd', 'hdd'))),
    fits: ['a', 'b'],
  },
  {
    name: 'affinity NotIn',
    pod: pod('p', required(expression('disk', 'NotIn', 'ssd'))),
    fits: ['b', 'c'],
  },
  {
    name: 'affinity Exists',
    pod: pod('p', required(expression('disk', 'Exists'))),
    fits: ['a', 'b'],
  },
  {
    name: 'affinity DoesNotExist',
    pod: pod('p', required(expression('disk', 'DoesNotExist'))),
    fits: ['c'],
  },
  { name: 'affinity Gt', pod: pod('p', required(expression('size', 'Gt', '10'))), fits: ['b'] },
  { name: 'affinity Lt', pod: pod('p', required(expression('size', 'Lt', '20'))), fits: ['a'] },
  {
    name: 'affinity of several terms, one of which is enough',
    pod: pod('p', required(expression('disk', 'In', 'ssd'), expression('disk', 'DoesNotExist'))),
    fits: ['a', 'c'],
  },
  {
    name: 'affinity by metadata.name, as DaemonSets use it',
    pod: pod(
      'p',
      required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }),
    ),
    fits: ['b'],
  },
  {
    name: 'taints that are not tolerated, and a cordoned Node',
    nodes: TAINTED,
    pod: pod('p'),
    fits: [],
    because: '1 node(s) were unschedulable, 2 node(s) had untolerated taint(s)',
  },
  {
    name: 'tolerations',
    nodes: TAINTED,
    pod: pod('p', {
      tolerations: [
        { key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
        { key: 'gone', operator: 'Exists' },
      ],
    }),
    fits: ['a', 'b'],
  },
  {
    name: 'a toleration of everything',
    nodes: TAINTED,
    pod: pod('p', { tolerations: [{ operator: 'Exists' }] }),
    fits: ['a', 'b', 'c'],
  },
  {
    name: 'a toleration of another value',
    nodes: TAINTED.slice(0, 1),
    pod: pod('p', { tolerations: [{ key: 'dedicated', value: 'cpu' }] }),
    fits: [],
    because: '1 node(s) had untolerated taint(s)',
  },
  {
    name: 'a host port that is taken',
    present: [
      on('a', 'x', port(8080)),
      on('b', 'y', port(8080, '192.0.2.1')),
      on('c', 'z', port(8080, '', 'UDP')),
    ],
    pod: pod('p', port(8080)),
    fits: ['c'],
  },
  {
    name: 'a host port on another address',
    present: [on('a', 'x', port(8080, '192.0.2.1'))],
    pod: pod('p', { ...port(8080, '192.0.2.2'), nodeSelector: { disk: 'ssd' } }),
    fits: ['a'],
  },
  {
    name: 'host ports that are taken everywhere',
    present: ['a', 'b', 'c'].map((name) => on(name, `x-${name}`, port(8080))),
    pod: pod('p', port(8080)),
    fits: [],
    because: "3 node(s) didn't have free ports for the requested pod ports",
  },
  {
    name: 'affinity to Pods by zone',
    present: [on('b')],
    pod: pod('p', near('podAffinity', ZONE)),
    fits: ['b', 'c'],
  },
  {
    name: 'affinity to Pods that are nowhere',
    pod: pod('p', near('podAffinity', ZONE)),
    fits: [],
    because: "3 node(s) didn't match pod affinity rules",
  },
  {
    name: 'affinity to itself, being the first',
    pod: pod('p', near('podAffinity', ZONE), WEB),
    fits: ['a', 'b', 'c'],
  },
  {
    name: 'affinity to Pods of another Namespace by name',
    present: [pod('q', { nodeName: 'a' }, { ...WEB, namespace: 'shop' })],
    pod: pod('p', near('podAffinity', HOST, { namespaces: ['shop'] })),
    fits: ['a'],
  },
  {
    name: 'affinity to Pods of another Namespace by label',
    present: [pod('q', { nodeName: 'a' }, { ...WEB, namespace: 'shop' }), on('b')],
    pod: pod(
      'p',
      near('podAffinity', HOST, { namespaceSelector: { matchLabels: { team: 'shop' } } }),
    ),
    fits: ['a'],
  },
  {
    name: 'affinity to Pods of all Namespaces',
    present: [pod('q', { nodeName: 'a' }, { ...WEB, namespace: 'shop' }), on('b')],
    pod: pod('p', near('podAffinity', HOST, { namespaceSelector: {} })),
    fits: ['a', 'b'],
  },
  {
    name: 'anti-affinity by host',
    present: [on('a')],
    pod: pod('p', near('podAntiAffinity', HOST)),
    fits: ['b', 'c'],
  },
  {
    name: 'anti-affinity by zone',
    present: [on('b')],
    pod: pod('p', near('podAntiAffinity', ZONE)),
    fits: ['a'],
  },
  {
    name: 'anti-affinity with the same value of a key',
    present: [
      pod('x', { nodeName: 'a' }, { labels: { app: 'web', version: '1' } }),
      pod('y', { nodeName: 'b' }, { labels: { app: 'web', version: '2' } }),
    ],
    pod: pod('p', near('podAntiAffinity', HOST, { matchLabelKeys: ['version'] }), {
      labels: { app: 'web', version: '2' },
    }),
    fits: ['a', 'c'],
  },
  {
    name: 'anti-affinity that nothing satisfies',
    present: [on('a'), on('b')],
    pod: pod('p', near('podAntiAffinity', ZONE)),
    fits: [],
    because: "3 node(s) didn't match pod anti-affinity rules",
  },
  {
    name: 'the anti-affinity of Pods that are there',
    present: [pod('guard', { ...near('podAntiAffinity', ZONE), nodeName: 'b' })],
    pod: pod('p', {}, WEB),
    fits: ['a'],
  },
  {
    name: 'the anti-affinity of a Pod everywhere',
    present: ['a', 'b', 'c'].map((name) =>
      pod(`guard-${name}`, { ...near('podAntiAffinity', HOST), nodeName: name }),
    ),
    pod: pod('p', {}, WEB),
    fits: [],
    because: "3 node(s) didn't satisfy existing pods anti-affinity rules",
  },
  {
    name: 'the anti-affinity of a Pod that is done',
    present: [
      {
        ...pod('guard', { ...near('podAntiAffinity', ZONE), nodeName: 'b' }),
        status: { phase: 'Succeeded' },
      },
    ],
    pod: pod('p', {}, WEB),
    fits: ['a', 'b', 'c'],
  },
  {
    name: 'spread by zone',
    present: [on('b')],
    pod: pod('p', spread(ZONE), WEB),
    fits: ['a'],
  },
  {
    name: 'spread by zone with a wider skew',
    present: [on('b')],
    pod: pod('p', spread(ZONE, { maxSkew: 2 }), WEB),
    fits: ['a', 'b', 'c'],
  },
  {
    name: 'spread over too few domains',
    present: [on('a'), on('b')],
    pod: pod('p', spread(ZONE, { minDomains: 3 }), WEB),
    fits: [],
    because: "3 node(s) didn't match pod topology spread constraints",
  },
  {
    name: 'spread of a Pod that its own constraint does not count',
    present: [on('b')],
    pod: pod('p', spread(ZONE)),
    fits: ['a', 'b', 'c'],
  },
  {
    name: 'spread by a label that some Nodes lack',
    pod: pod('p', spread('disk'), WEB),
    fits: ['a', 'b'],
  },
  {
    name: 'spread by a label that no Node has',
    pod: pod('p', spread('rack'), WEB),
    fits: [],
    because: "3 node(s) didn't match pod topology spread constraints (missing required label)",
  },
  {
    name: 'spread among the Nodes that the nodeSelector leaves',
    present: [on('b'), on('b', 'b2')],
    pod: pod('p', { ...spread(HOST), nodeSelector: { disk: 'hdd' } }, WEB),
    fits: ['b'],
  },
];

for (const one of cases) {
  const { nodes = THREE, present = [], fits, because } = one;
  t.test(`filtersFor() with ${one.name}`, async (t) => {
    await using cluster = start([...nodes, ...present]);
    t.same(fittingNodes(cluster, one.pod), fits);
  });

  if (because === undefined) continue;
  t.test(`createSchedulerController() tells of ${one.name}`, async (t) => {
    await using cluster = start([...nodes, ...present], createSchedulerController());
    cluster.create(one.pod);
    await cluster.settled();
    const status = cluster.store.get('Pod', 'default', 'p')?.status;
    const condition = status?.conditions?.find(({ type }) => type === 'PodScheduled');
    t.match(condition, { status: 'False', reason: 'Unschedulable' });
    t.match(condition?.message, `0/${nodes.length} nodes are available: ${because}. `);
    t.same(cluster.events(), [`FailedScheduling: ${condition?.message}`]);
  });
}

function start(objects: readonly KubeObject[], ...controllers: readonly Controller[]): TestCluster {
  const cluster = startTestCluster({ controllers });
  cluster.create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels: { team: 'shop' } },
  });
  for (const object of objects) cluster.create(object);
  return cluster;
}

/** The Nodes that pass every filter for a Pod. */
function fittingNodes(cluster: TestCluster, wanted: KubeObject): readonly string[] {
  const cache = new ClusterCache();
  for (const present of cluster.store.list('Pod')) cache.notePod(present, cluster.store);
  for (const present of cluster.store.list('Node')) cache.noteNode(present);
  cluster.create(wanted);
  const created = cluster.store.get('Pod', 'default', 'p');
  if (created === undefined) return [];
  cache.refresh(cluster.store);
  const nodes = cache.nodes();
  const seen = { pod: podFacts(created), cache, nodes, reader: cluster.store };
  const filters = filtersFor({ ...seen, volumes: podVolumes(seen) });
  return nodes
    .filter((facts) => refusalOf(filters, facts) === undefined)
    .map(({ node: { metadata } }) => metadata.name);
}
