import t from 'tap';
import { prepareWrites, type Pod, type Taint } from '../../../src/api/index.ts';
import { createDaemonSetController } from '../../../src/controllers/index.ts';
import { createBench, nodeIn, type Bench } from '../harness.ts';

function daemonSet(image: string, spec: object = {}, template: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent' },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: {
        metadata: { labels: { app: 'agent' } },
        spec: {
          terminationGracePeriodSeconds: 30,
          containers: [{ name: 'agent', image }],
          ...template,
        },
      },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      ...spec,
    },
  };
}

const bench = (): Bench => createBench({ controllers: [createDaemonSetController()] });

/** Daemons as `node image`, with `-` for those that are being deleted. */
function daemons(on: Bench): readonly string[] {
  return on
    .list('Pod')
    .map((pod) => {
      const { metadata, spec } = pod;
      return `${pinOf(pod)} ${metadata.deletionTimestamp === undefined ? spec?.containers[0]?.image : '-'}`;
    })
    .toSorted((a, b) => a.localeCompare(b));
}

/** The Node that a Pod's affinity names. */
function pinOf({ spec }: Pod): string | undefined {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const [term] = required?.nodeSelectorTerms ?? [];
  return term?.matchFields?.[0]?.values?.[0];
}

/** Binds each daemon to the Node that it is pinned to, as the scheduler would, and runs it. */
async function run(on: Bench): Promise<void> {
  for (const pod of on.list('Pod')) {
    const nodeName = pinOf(pod);
    if (pod.spec?.nodeName !== undefined || nodeName === undefined) continue;
    on.store.update({ ...pod, spec: { ...pod.spec, nodeName } } as never);
  }
  await on.runPods();
}

async function converge(on: Bench): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await run(on);
    await on.reapPods();
  }
}

async function taint(on: Bench, name: string, taints: readonly Taint[]): Promise<void> {
  const node = on.store.get('Node', undefined, name);
  on.store.update({ ...node, spec: { ...node?.spec, taints } } as never);
  await on.settled();
}

t.test('createDaemonSetController() pins a Pod to each Node by affinity', async (t) => {
  await using on = bench();
  await on.apply(daemonSet('v1'));
  t.same(daemons(on), ['n1 v1', 'n2 v1', 'n3 v1']);
  const [pod] = on.list('Pod');
  t.match(pod?.metadata, {
    generateName: 'agent-',
    labels: { 'controller-revision-hash': /^\w{8,10}$/ },
  });
  t.equal(pod?.spec?.nodeName, undefined);
  t.same(
    pod?.spec?.tolerations?.map(
      ({ key, effect }) => `${key?.replace('node.kubernetes.io/', '')} ${effect}`,
    ),
    [
      'not-ready NoExecute',
      'unreachable NoExecute',
      'disk-pressure NoSchedule',
      'memory-pressure NoSchedule',
      'pid-pressure NoSchedule',
      'unschedulable NoSchedule',
    ],
  );
  await converge(on);
  t.same(on.get('DaemonSet', 'agent').status, {
    currentNumberScheduled: 3,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 3,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
    observedGeneration: 1,
  });
});

t.test('createDaemonSetController() follows Nodes that come', async (t) => {
  await using on = bench();
  await on.apply(daemonSet('v1'));
  on.store.create(nodeIn('n4', 'za'));
  await on.settled();
  t.same(daemons(on), ['n1 v1', 'n2 v1', 'n3 v1', 'n4 v1']);
});

const placements = [
  {
    name: 'a nodeSelector',
    template: { nodeSelector: { 'topology.kubernetes.io/zone': 'zb' } },
    nodes: ['n2'],
  },
  { name: 'a nodeSelector of nowhere', template: { nodeSelector: { disk: 'ssd' } }, nodes: [] },
  {
    name: 'required node affinity',
    template: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: 'topology.kubernetes.io/zone', operator: 'NotIn', values: ['zb'] },
                ],
              },
            ],
          },
        },
      },
    },
    nodes: ['n1', 'n3'],
  },
] as const;
for (const { name, template, nodes } of placements) {
  t.test(`createDaemonSetController() keeps to the Nodes of ${name}`, async (t) => {
    await using on = bench();
    await on.apply(daemonSet('v1', {}, template));
    t.same(
      daemons(on),
      nodes.map((node) => `${node} v1`),
    );
  });
}

t.test(
  'createDaemonSetController() obeys taints: NoSchedule keeps what runs, NoExecute removes it',
  async (t) => {
    await using on = bench();
    await on.apply(daemonSet('v1'));
    await converge(on);
    await taint(on, 'n1', [{ key: 'dedicated', effect: 'NoSchedule' }]);
    t.same(daemons(on), ['n1 v1', 'n2 v1', 'n3 v1']);
    t.equal(
      on.get('DaemonSet', 'agent').status?.desiredNumberScheduled,
      3,
      'status is not looked at',
    );
    await on.remove(
      'Pod',
      on.list('Pod').find(({ spec }) => spec?.nodeName === 'n1')?.metadata.name ?? '',
    );
    await on.reapPods();
    t.same(daemons(on), ['n2 v1', 'n3 v1'], 'it does not come back');
    await taint(on, 'n2', [{ key: 'dedicated', effect: 'NoExecute' }]);
    await on.reapPods();
    t.same(daemons(on), ['n3 v1']);
    await taint(on, 'n3', [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]);
    await converge(on);
    t.same(daemons(on), ['n3 v1'], 'cordoning changes nothing');
  },
);

t.test('createDaemonSetController() updates one Node after the other', async (t) => {
  await using on = bench();
  await on.apply(daemonSet('v1'));
  await converge(on);
  await on.apply(daemonSet('v2'));
  const live = (): number => daemons(on).filter((daemon) => !daemon.endsWith('-')).length;
  t.equal(live(), 2);
  let least = 3;
  for (let round = 0; round < 6; round += 1) {
    await on.reapPods();
    await run(on);
    least = Math.min(least, live());
  }
  t.ok(least >= 2);
  t.same(daemons(on), ['n1 v2', 'n2 v2', 'n3 v2']);
  t.same(
    on
      .list('ControllerRevision')
      .map(({ revision }) => revision)
      .toSorted((a, b) => a - b),
    [1, 2],
  );
});

t.test('createDaemonSetController() with maxSurge makes the new Pod first', async (t) => {
  await using on = bench();
  const updateStrategy = {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
  };
  await on.apply(daemonSet('v1', { updateStrategy }));
  await converge(on);
  await on.apply(daemonSet('v2', { updateStrategy }));
  t.equal(daemons(on).filter((daemon) => daemon.endsWith('v1')).length, 3);
  t.equal(daemons(on).filter((daemon) => daemon.endsWith('v2')).length, 1);
  await converge(on);
  t.same(daemons(on), ['n1 v2', 'n2 v2', 'n3 v2']);
});

t.test('createDaemonSetController() with OnDelete waits for somebody to delete', async (t) => {
  await using on = bench();
  const updateStrategy = { type: 'OnDelete' };
  await on.apply(daemonSet('v1', { updateStrategy }));
  await converge(on);
  await on.apply(daemonSet('v2', { updateStrategy }));
  await converge(on);
  t.same(daemons(on), ['n1 v1', 'n2 v1', 'n3 v1']);
  t.equal(on.get('DaemonSet', 'agent').status?.updatedNumberScheduled, undefined);
});

t.test('createDaemonSetController() replaces a failed Pod', async (t) => {
  await using on = bench();
  await on.apply(daemonSet('v1'));
  await converge(on);
  const [pod] = on.list('Pod');
  on.store.update({ ...pod, status: { ...pod?.status, phase: 'Failed' } } as never, {
    subresource: 'status',
  });
  await on.settled();
  await converge(on);
  t.same(daemons(on), ['n1 v1', 'n2 v1', 'n3 v1']);
  const { metadata, spec } = pod ?? { metadata: { name: '' } };
  t.ok(
    on
      .events()
      .includes(
        `FailedDaemonPod: Found failed daemon pod default/${metadata.name} on node ${spec?.nodeName}, will try to kill it`,
      ),
  );
});

/** @returns whether the Pod that has failed is gone. */
async function fail(on: Bench, node: string): Promise<() => boolean> {
  const pod = on.list('Pod').find((one) => pinOf(one) === node);
  on.store.update({ ...pod, status: { ...pod?.status, phase: 'Failed' } } as never, {
    subresource: 'status',
  });
  await on.settled();
  return () => on.list('Pod').every(({ metadata }) => metadata.uid !== pod?.metadata.uid);
}

t.test('createDaemonSetController() waits longer for each Pod that fails again', async (t) => {
  await using on = bench();
  await on.apply(daemonSet('v1'));
  await converge(on);
  for (const [round, waitMs] of [0, 1000, 2000, 4000].entries()) {
    const isGone = await fail(on, 'n1');
    t.equal(isGone(), waitMs === 0, `round ${round}`);
    if (waitMs > 0) {
      on.clock.advance(waitMs - 1);
      await on.settled();
      t.notOk(isGone(), `round ${round}, not yet`);
      on.clock.advance(1);
      await on.settled();
      t.ok(isGone(), `round ${round}, at last`);
    }
    await converge(on);
    t.same(daemons(on), ['n1 v1', 'n2 v1', 'n3 v1']);
  }
  const isGone = await fail(on, 'n2');
  t.ok(isGone(), 'another Node is another matter');
});

t.test('createDaemonSetController() takes away what waits for a Node that is gone', async (t) => {
  await using on = bench();
  await on.apply(daemonSet('v1'));
  on.store.delete({ kind: 'Node', name: 'n2' });
  await on.apply(daemonSet('v1', { minReadySeconds: 0, revisionHistoryLimit: 5 }));
  await on.reapPods();
  t.same(daemons(on), ['n1 v1', 'n3 v1']);
});

const SURGE = {
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
};

t.test(
  'createDaemonSetController() with maxSurge has one Pod that stays on each Node',
  async (t) => {
    await using on = bench();
    await on.apply(daemonSet('v1', SURGE));
    await converge(on);
    const pod = on.list('Pod').find((one) => pinOf(one) === 'n1');
    on.store.delete({ kind: 'Pod', namespace: 'default', name: pod?.metadata.name ?? '' });
    await on.settled();
    t.same(daemons(on), ['n1 -', 'n1 v1', 'n2 v1', 'n3 v1']);
  },
);

t.test(
  'createDaemonSetController() keeps old Pods elsewhere until the new ones are there',
  async (t) => {
    await using on = bench();
    const inZone = (zone: string): object => ({
      nodeSelector: { 'topology.kubernetes.io/zone': zone },
    });
    await on.apply(daemonSet('v1', SURGE, inZone('za')));
    await converge(on);
    t.same(daemons(on), ['n1 v1']);
    await on.apply(daemonSet('v2', SURGE, inZone('zb')));
    t.ok(daemons(on).includes('n2 v2'));
    await converge(on);
    t.same(daemons(on), ['n2 v2']);
  },
);

t.test('createDaemonSetController() counts revisions that Pods have', async (t) => {
  await using on = bench();
  const spec = { updateStrategy: { type: 'OnDelete' }, revisionHistoryLimit: 1 };
  for (const image of ['v1', 'v2', 'v3']) {
    await on.apply(daemonSet(image, spec));
    await converge(on);
  }
  const revisions = on.list('ControllerRevision').map(({ revision }) => revision);
  t.same(
    revisions.toSorted((a, b) => a - b),
    [1, 3],
    'the first is in use, the last the present one',
  );
});

t.test('createDaemonSetController() leaves a set alone that is being deleted', async (t) => {
  await using on = bench();
  await on.apply(daemonSet('v1'));
  await converge(on);
  const set = on.get('DaemonSet', 'agent');
  on.store.update({
    ...set,
    metadata: { ...set.metadata, finalizers: ['example.org/held'] },
  } as never);
  on.store.delete({ kind: 'DaemonSet.apps', namespace: 'default', name: 'agent' });
  const [revision] = on.list('ControllerRevision');
  on.store.delete({
    kind: 'ControllerRevision.apps',
    namespace: 'default',
    name: revision?.metadata.name ?? '',
  });
  await on.settled();
  t.same(on.list('ControllerRevision'), []);
});

t.test(
  'createDaemonSetController() deletes nothing in an update that no Node is to have',
  async (t) => {
    await using on = bench();
    const spec = {
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 },
      },
    };
    await on.apply(daemonSet('v1', spec));
    await converge(on);
    for (const node of ['n1', 'n2', 'n3'])
      await taint(on, node, [{ key: 'only', value: 'gpu', effect: 'NoSchedule' }]);
    await on.apply(daemonSet('v2', spec));
    t.same(daemons(on), ['n1 v1', 'n2 v1', 'n3 v1']);
  },
);

t.test(
  'createDaemonSetController() tells how many there should be where none may come',
  async (t) => {
    await using on = bench();
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    const labelled = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default', labels } };
    await prepareWrites([labelled]);
    on.store.update(labelled);
    await on.apply(daemonSet('v1'));
    t.same(daemons(on), []);
    t.match(on.list('DaemonSet')[0]?.status, {
      desiredNumberScheduled: 3,
      currentNumberScheduled: 0,
      numberUnavailable: 3,
      observedGeneration: 1,
    });
    t.match(
      on.list('Event').map(({ reason, message }) => `${reason}: ${message}`),
      [
        /^FailedCreate: Error creating: pods "agent-\w+" is forbidden: violates PodSecurity "restricted:latest": /,
      ],
    );
  },
);
