import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import type { ContainerStatus, KubeObject } from '../../src/api/index.ts';
import { createPodCluster, type PodCluster } from './pod-cluster.ts';

const WEB = { name: 'web', image: 'example.org/web', ports: [{ containerPort: 8080 }] };
const NETEXEC = { name: 'web', image: 'agnhost:2.53', args: ['netexec'] };

/** `Ready=False/ContainersNotReady` */
function condition(cluster: PodCluster, type: string, name = 'web'): string {
  const found = cluster.pod(name)?.status?.conditions?.find((one) => one.type === type);
  return `${found?.status}${found?.reason === undefined ? '' : `/${found.reason}`}`;
}

function firstContainer(cluster: PodCluster): ContainerStatus | undefined {
  return cluster.pod()?.status?.containerStatuses?.[0];
}

/** Lets probes and commands under way come to their end. */
async function settle(cluster: PodCluster): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await cluster.kubelets.settled();
    await turn();
  }
}

/** Moves time on step by step, so that what one timer starts is done before the next. */
async function pass(cluster: PodCluster, seconds: number): Promise<void> {
  await settle(cluster);
  for (let second = 0; second < seconds; second += 1) {
    cluster.clock.advance(1000);
    await settle(cluster);
  }
}

function deletePod(cluster: PodCluster, options = {}): void {
  cluster.store.delete({ kind: 'Pod', namespace: 'default', name: 'web' }, options);
}

t.test('createKubelets() runs init containers one after the other', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({
    initContainers: [
      { name: 'wait', image: 'busybox', command: ['sh', '-c', 'sleep 5'] },
      { name: 'migrate', image: 'example.org/migrate' },
    ],
    containers: [WEB],
  });
  t.equal(cluster.pod()?.status?.phase, 'Pending');
  t.equal(condition(cluster, 'Initialized'), 'False/ContainersNotInitialized');
  t.match(firstContainer(cluster)?.state, {
    waiting: { reason: 'PodInitializing' },
  });
  await pass(cluster, 6);
  t.equal(cluster.pod()?.status?.phase, 'Running');
  t.equal(condition(cluster, 'Initialized'), 'True');
  t.same(
    cluster.pod()?.status?.initContainerStatuses?.map(({ name, ready }) => `${name} ${ready}`),
    ['wait true', 'migrate true'],
  );
});

t.test('createKubelets() starts sidecars before the others and stops them last', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({
    restartPolicy: 'Never',
    initContainers: [{ ...WEB, name: 'proxy', restartPolicy: 'Always' }],
    containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', 'sleep 3; exit 4'] }],
  });
  t.equal(cluster.pod()?.status?.phase, 'Running');
  t.equal((await cluster.http('http://10.244.0.2:8080/')).status, 200);
  await pass(cluster, 4);
  t.equal(cluster.pod()?.status?.phase, 'Failed');
  t.match(firstContainer(cluster)?.state, {
    terminated: { exitCode: 4, reason: 'Error' },
  });
  t.equal(condition(cluster, 'Ready'), 'False/PodFailed');
  await t.rejects(cluster.dial('10.244.0.2', 8080), { code: 'ERR_UNREACHABLE' });
});

t.test('createKubelets() ends what a Job runs', async (t) => {
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'pi', uid: 'u', controller: true };
  for (const [container, phase] of [
    [{ image: 'perl:5', command: ['perl', '-wle', 'print 1'] }, 'Succeeded'],
    [{ image: 'busybox', command: ['sh', '-c', 'echo hi'] }, 'Succeeded'],
    [{ image: 'busybox', command: ['sh', '-c', 'exit 3'] }, 'Failed'],
    [{ image: 'example.org/any', command: ['/bin/false'] }, 'Failed'],
    [{ image: 'example.org/load-test' }, 'Succeeded'],
    [{ image: 'nginx', command: ['nginx', '-t'] }, 'Running'],
    [{ image: 'nginx', command: ['custom'] }, 'Succeeded'],
  ] as const) {
    await using cluster = createPodCluster();
    const spec = { restartPolicy: 'Never', containers: [{ name: 'main', ...container }] };
    cluster.run(spec, { ownerReferences: [owner] });
    await settle(cluster);
    t.equal(cluster.pod()?.status?.phase, phase, JSON.stringify(container));
  }
});

t.test('createKubelets() restarts what crashes, after a back-off', async (t) => {
  await using cluster = createPodCluster();
  const crash = { name: 'main', image: 'busybox', command: ['sh', '-c', 'sleep 1; exit 2'] };
  cluster.run({ containers: [crash] });
  await pass(cluster, 1);
  t.match(
    firstContainer(cluster),
    { restartCount: 1, state: { running: {} } },
    'the first restart is at once',
  );
  await pass(cluster, 1);
  t.match(firstContainer(cluster), {
    restartCount: 1,
    state: {
      waiting: {
        reason: 'CrashLoopBackOff',
        message: /^back-off 10s restarting failed container=main pod=web_default\(/,
      },
    },
    lastState: { terminated: { exitCode: 2 } },
  });
  t.equal(cluster.pod()?.status?.phase, 'Running');
  t.match(cluster.events.at(-1), { type: 'Warning', reason: 'BackOff' });
  await pass(cluster, 10);
  t.match(firstContainer(cluster), {
    restartCount: 2,
    state: { running: {} },
  });
  await pass(cluster, 1);
  t.match(firstContainer(cluster)?.state, {
    waiting: { message: /^back-off 20s/ },
  });
});

t.test('createKubelets() fails the second container that binds a port', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [WEB, { ...WEB, name: 'other' }] });
  const [other, web] = cluster.pod()?.status?.containerStatuses ?? [];
  t.match(web, { name: 'web', ready: true });
  t.match(other, {
    name: 'other',
    ready: false,
    lastState: {
      terminated: { exitCode: 1, message: 'listen tcp :8080: bind: address already in use' },
    },
  });
  t.equal(condition(cluster, 'Ready'), 'False/ContainersNotReady');
  t.equal((await cluster.http('http://10.244.0.2:8080/')).status, 200);
});

t.test('createKubelets() waits for the ConfigMap that a container needs', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [{ ...WEB, envFrom: [{ configMapRef: { name: 'settings' } }] }] });
  t.match(cluster.pod()?.status, {
    phase: 'Pending',
    containerStatuses: [
      {
        state: {
          waiting: {
            reason: 'CreateContainerConfigError',
            message: 'configmap "settings" not found',
          },
        },
      },
    ],
  });
  t.match(cluster.events, [
    { reason: 'Pulled' },
    { reason: 'Failed', message: 'Error: configmap "settings" not found' },
  ]);
  cluster.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
  });
  t.equal(cluster.pod()?.status?.phase, 'Running');
});

t.test('createKubelets() tells of the life of each container', async (t) => {
  await using cluster = createPodCluster();
  const prepare = { name: 'prepare', image: 'busybox', command: ['true'] };
  cluster.run({ initContainers: [prepare], containers: [{ ...WEB, image: 'nginx:1.29' }] });
  await settle(cluster);
  deletePod(cluster);
  const [init, main] = ['spec.initContainers{prepare}', 'spec.containers{web}'];
  const image = 'already present on machine and can be accessed by the pod';
  t.same(
    cluster.events.map(({ about, reason, message }) => [about.fieldPath, reason, message]),
    [
      [init, 'Pulled', `Container image "busybox" ${image}`],
      [init, 'Created', 'Container created'],
      [init, 'Started', 'Container started'],
      [main, 'Pulled', `Container image "nginx:1.29" ${image}`],
      [main, 'Created', 'Container created'],
      [main, 'Started', 'Container started'],
      [main, 'Killing', 'Stopping container web'],
    ],
  );
  t.same(
    new Set(cluster.events.map(({ type, host }) => `${type} ${host}`)),
    new Set(['Normal n1']),
  );
});

t.test('createKubelets() starts a Pod once its Node is there', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ nodeName: 'n2', containers: [WEB] });
  t.equal(cluster.pod()?.status?.podIP, undefined);
  cluster.create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n2' },
    spec: { podCIDR: '10.244.7.0/24', podCIDRs: ['10.244.7.0/24'] },
  });
  t.match(cluster.pod()?.status, { phase: 'Running', podIP: '10.244.7.2' });
});

t.test(
  'createKubelets() keeps a Pod unready that its annotation or a gate holds back',
  async (t) => {
    await using cluster = createPodCluster();
    const pod = cluster.run(
      { readinessGates: [{ conditionType: 'example.org/lb' }], containers: [WEB] },
      { annotations: { 'podlane.dev/ready': 'false' } },
    );
    t.equal(condition(cluster, 'Ready'), 'False/ContainersNotReady');
    t.equal(firstContainer(cluster)?.ready, false);
    const released = {
      ...pod,
      metadata: { ...pod.metadata, annotations: {} },
    } as unknown as KubeObject;
    const { resourceVersion: _, ...metadata } = released.metadata;
    cluster.store.update({ ...released, metadata });
    t.equal(condition(cluster, 'Ready'), 'False/ReadinessGatesNotReady');
    const current = cluster.pod();
    const conditions = [
      ...(current?.status?.conditions ?? []),
      { type: 'example.org/lb', status: 'True' },
    ];
    const gated = {
      ...current,
      status: { ...current?.status, conditions },
    } as unknown as KubeObject;
    cluster.store.update(gated, { subresource: 'status' });
    t.equal(condition(cluster, 'Ready'), 'True');
    t.equal(condition(cluster, 'example.org/lb'), 'True', 'the gate is kept');
  },
);

t.test('createKubelets() follows readiness', async (t) => {
  await using cluster = createPodCluster();
  const readinessProbe = {
    httpGet: { path: '/readyz', port: 8080 },
    periodSeconds: 5,
    failureThreshold: 2,
  };
  cluster.run({
    containers: [{ ...NETEXEC, args: ['netexec', '--delay-shutdown=60'], readinessProbe }],
  });
  t.equal(condition(cluster, 'Ready'), 'False/ContainersNotReady', 'before the first probe');
  await settle(cluster);
  t.equal(condition(cluster, 'Ready'), 'True');
  deletePod(cluster);
  await pass(cluster, 5);
  t.equal(condition(cluster, 'Ready'), 'True', 'one failure is none');
  await pass(cluster, 5);
  t.equal(condition(cluster, 'Ready'), 'False/ContainersNotReady');
  t.match(cluster.events.at(-1), {
    reason: 'Unhealthy',
    message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
  });
});

t.test('createKubelets() restarts what its liveness probe finds dead', async (t) => {
  await using cluster = createPodCluster();
  const script = 'touch /tmp/healthy; sleep 5; rm -f /tmp/healthy; sleep 600';
  const livenessProbe = { exec: { command: ['cat', '/tmp/healthy'] }, periodSeconds: 5 };
  cluster.run({
    containers: [
      { name: 'main', image: 'busybox', args: ['/bin/sh', '-c', script], livenessProbe },
    ],
  });
  await pass(cluster, 4);
  t.equal(firstContainer(cluster)?.restartCount, 0);
  await pass(cluster, 17);
  t.match(firstContainer(cluster), {
    restartCount: 1,
    state: { running: {} },
    lastState: { terminated: { exitCode: 143 } },
  });
  t.ok(
    cluster.events.some(
      ({ message }) => message === 'Container main failed liveness probe, will be restarted',
    ),
  );
  t.ok(
    cluster.events.some(
      ({ message }) =>
        message ===
        "Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory\n",
    ),
  );
});

t.test('createKubelets() probes for readiness only after startup', async (t) => {
  await using cluster = createPodCluster();
  const startupProbe = {
    httpGet: { path: '/healthz', port: 8080 },
    initialDelaySeconds: 3,
    periodSeconds: 1,
  };
  const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
  cluster.run({ containers: [{ ...NETEXEC, startupProbe, readinessProbe }] });
  await pass(cluster, 2);
  t.match(firstContainer(cluster), { started: false, ready: false });
  await pass(cluster, 2);
  t.match(firstContainer(cluster), { started: true, ready: true });
});

t.test('createKubelets() takes a probe that does not answer in time for a failure', async (t) => {
  await using cluster = createPodCluster({ connect: () => new Promise(() => undefined) });
  cluster.run({
    containers: [{ ...WEB, readinessProbe: { tcpSocket: { port: 8080 }, timeoutSeconds: 2 } }],
  });
  cluster.clock.advance(2000);
  await turn();
  t.match(cluster.events.at(-1), { reason: 'Unhealthy', message: /context deadline exceeded/ });
});

t.test('createKubelets() probes gRPC services', async (t) => {
  await using cluster = createPodCluster();
  const readinessProbe = { grpc: { port: 5000 }, periodSeconds: 1, failureThreshold: 1 };
  cluster.run({
    containers: [{ name: 'web', image: 'agnhost', args: ['grpc-health-checking'], readinessProbe }],
  });
  await settle(cluster);
  t.equal(condition(cluster, 'Ready'), 'True');
  await cluster.http('http://10.244.0.2:8080/make-not-serving');
  await pass(cluster, 1);
  t.equal(condition(cluster, 'Ready'), 'False/ContainersNotReady');
  t.match(cluster.events.at(-1)?.message, /NOT_SERVING/);
});

t.test('createKubelets() lets a Pod serve until its program has ended', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [{ ...NETEXEC, args: ['netexec', '--delay-shutdown=10'] }] });
  deletePod(cluster);
  t.ok(cluster.pod()?.metadata.deletionTimestamp);
  t.equal((await cluster.http('http://10.244.0.2:8080/hostname')).body, 'web');
  await pass(cluster, 10);
  t.equal(cluster.pod(), undefined);
});

t.test('createKubelets() kills what outlives its grace period', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(
    {
      terminationGracePeriodSeconds: 5,
      containers: [{ ...NETEXEC, args: ['netexec', '--delay-shutdown=60'] }],
    },
    { finalizers: ['example.org/hold'] },
  );
  deletePod(cluster);
  await pass(cluster, 4);
  t.equal(cluster.pod()?.status?.phase, 'Running');
  await pass(cluster, 1);
  t.match(cluster.pod()?.status, {
    phase: 'Failed',
    containerStatuses: [{ state: { terminated: { exitCode: 137 } } }],
  });
});

t.test('createKubelets() runs preStop before it ends a program', async (t) => {
  for (const preStop of [
    { sleep: { seconds: 4 } },
    { exec: { command: ['sh', '-c', 'sleep 4'] } },
  ]) {
    await using cluster = createPodCluster();
    cluster.run({ containers: [{ ...WEB, lifecycle: { preStop } }] });
    deletePod(cluster);
    await pass(cluster, 3);
    t.equal((await cluster.http('http://10.244.0.2:8080/')).status, 200);
    await pass(cluster, 1);
    t.equal(cluster.pod(), undefined);
  }
});

t.test('createKubelets() ends a Pod that was removed by force', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ containers: [{ ...NETEXEC, args: ['netexec', '--delay-shutdown=60'] }] });
  const socket = await cluster.dial('10.244.0.2', 8080);
  deletePod(cluster, { gracePeriodSeconds: 0 });
  t.equal(cluster.pod(), undefined);
  await new Promise((resolve) => socket.resume().once('close', resolve));
  await t.rejects(cluster.dial('10.244.0.2', 8080), { code: 'ERR_UNREACHABLE' });
});

t.test('createKubelets() fails a Pod that runs longer than it may', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ activeDeadlineSeconds: 5, containers: [WEB] });
  await pass(cluster, 5);
  t.match(cluster.pod()?.status, { phase: 'Failed', reason: 'DeadlineExceeded' });
});

t.test('createKubelets() gives Pods of the host network their Node’s address', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({ hostNetwork: true, containers: [WEB] });
  t.match(cluster.pod()?.status, { podIP: '10.0.0.11', hostIP: '10.0.0.11' });
  t.equal((await cluster.http('http://10.0.0.11:8080/')).status, 200);
  await t.rejects(cluster.dial('10.0.0.11', 22), { code: 'ERR_REFUSED' });
  deletePod(cluster);
  await t.rejects(
    cluster.dial('10.0.0.11', 8080),
    { code: 'ERR_REFUSED' },
    'the Node is still there',
  );
});

t.test('createKubelets() leaves no timer behind', async (t) => {
  const cluster = createPodCluster();
  const readinessProbe = { httpGet: { path: '/', port: 8080 } };
  cluster.run({ containers: [{ ...WEB, readinessProbe, livenessProbe: readinessProbe }] });
  cluster.run(
    { containers: [{ name: 'a', image: 'busybox', command: ['sleep', '9'] }] },
    { name: 'b' },
  );
  cluster.run({ containers: [{ name: 'a', image: 'busybox', command: ['false'] }] }, { name: 'c' });
  await settle(cluster);
  deletePod(cluster);
  await cluster[Symbol.asyncDispose]();
  t.equal(cluster.clock.pendingTimers, 0);
});
