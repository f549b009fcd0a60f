import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import type { KubeObject } from '../../src/api/index.ts';
import { runSession, startSession } from './container-session.ts';
import { createPodCluster, type PodCluster } from './pod-cluster.ts';

const WISH = {
  previous: false,
  follow: false,
  timestamps: false,
  tailLines: undefined,
  since: undefined,
  limitBytes: undefined,
  stream: 'All',
} as const;
const PAUSE = { image: 'busybox', command: ['sleep', 'infinity'] };

/** Two containers of one Pod that share what can be shared. */
const SHARING = {
  volumes: [
    { name: 'scratch', emptyDir: {} },
    { name: 'config', configMap: { name: 'settings' } },
    { name: 'host', hostPath: { path: '/var/data' } },
    { name: 'deep', hostPath: { path: '/var/data/deep' } },
    { name: 'claimed', persistentVolumeClaim: { claimName: 'data' } },
  ],
  containers: [
    {
      ...PAUSE,
      name: 'main',
      env: [{ name: 'COLOR', value: 'blue' }],
      volumeMounts: [
        { name: 'scratch', mountPath: '/data' },
        { name: 'scratch', mountPath: '/data/own', subPath: 'sub' },
        { name: 'scratch', mountPath: '/colored', subPathExpr: 'of-$(COLOR)' },
        { name: 'config', mountPath: '/etc/app' },
        { name: 'host', mountPath: '/host' },
        { name: 'claimed', mountPath: '/claimed' },
      ],
    },
    {
      ...PAUSE,
      name: 'other',
      workingDir: '/work',
      volumeMounts: [
        { name: 'scratch', mountPath: '/shared' },
        { name: 'scratch', mountPath: '/fixed', readOnly: true },
        { name: 'deep', mountPath: '/deep' },
      ],
    },
    { ...PAUSE, name: 'sealed', securityContext: { readOnlyRootFilesystem: true } },
  ],
};

function createSharing(): PodCluster {
  const cluster = createPodCluster();
  cluster.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { key: 'value\n' },
  });
  cluster.run(SHARING);
  return cluster;
}

/** `write` is run in `main`; then `read` in `container`. */
const shared = [
  {
    name: 'an emptyDir',
    write: 'echo hi > /data/x',
    container: 'other',
    read: 'cat /shared/x',
    sees: 'hi\n',
  },
  {
    name: 'a directory in it',
    write: 'mkdir /data/d && echo 1 > /data/d/x',
    container: 'other',
    read: 'ls /shared; cat /shared/d/x',
    sees: 'd\n1\n',
  },
  {
    name: 'a part of it',
    write: 'echo 1 > /data/own/x; echo 2 > /colored/x',
    container: 'other',
    read: 'cat /shared/sub/x /shared/of-blue/x',
    sees: '1\n2\n',
  },
  {
    name: 'what is appended to it',
    write: 'echo 1 > /data/x; echo 2 >> /data/x',
    container: 'other',
    read: 'cat /fixed/x',
    sees: '1\n2\n',
  },
  {
    name: 'what is taken away from it',
    write: 'mkdir /data/d; touch /data/d/a /data/b; rm -r /data/d',
    container: 'other',
    read: 'ls /shared',
    sees: 'b\n',
  },
  {
    name: "the Node's directory",
    write: 'mkdir -p /host/deep; echo 1 > /host/deep/x',
    container: 'other',
    read: 'cat /deep/x',
    sees: '1\n',
  },
  {
    name: 'nothing of what is outside of volumes',
    write: 'echo 1 > /tmp/x',
    container: 'other',
    read: 'ls /tmp',
    sees: '',
  },
] as const;
for (const { name, write, container, read, sees } of shared) {
  t.test(`containers of one Pod share ${name}`, async (t) => {
    await using cluster = createSharing();
    t.equal(await runSession(cluster, ['sh', '-c', write]), '');
    t.equal(await runSession(cluster, ['sh', '-c', read], { container }), sees);
  });
}

/** What is a directory of itself, or as something is mounted in it. */
const SEEN = `/var
ls: /var/run/secrets: No such file or directory
/etc/app
ls: /etc/ap: No such file or directory
/data/own
/claimed
ls: /host/x: No such file or directory
!1`;

/** `sees` is what is printed, errors too, and the exit code after `!`. */
const problems = [
  ['echo 1 > /nope/x', "sh: can't create /nope/x: nonexistent directory\n!1"],
  ['echo 1 > /data', "sh: can't create /data: Is a directory\n!1"],
  ['echo 1 > /etc/app/key', "sh: can't create /etc/app/key: Read-only file system\n!1"],
  ['rm /etc/app/key', "rm: can't remove '/etc/app/key': Read-only file system\n!1"],
  ['cat /etc/app/key', 'value\n'],
  ['cat < /nope', "sh: can't open /nope: no such file\n!1"],
  ['mkdir /a/b', "mkdir: can't create directory '/a/b': No such file or directory\n!1"],
  ['mkdir -p /a/b && mkdir /a/c && ls /a', 'b\nc\n'],
  ['mkdir /tmp', "mkdir: can't create directory '/tmp': File exists\n!1"],
  ['mkdir /tmp/d && rm /tmp/d', "rm: '/tmp/d' is a directory\n!1"],
  ['mkdir /tmp/d && touch /tmp/d/x && rmdir /tmp/d', "rmdir: '/tmp/d': Directory not empty\n!1"],
  ['mkdir /tmp/d && rmdir /tmp/d && ls /tmp', ''],
  ['touch /nope/x', 'touch: /nope/x: No such file or directory\n!1'],
  ['echo 1 | tee /nope/x', 'tee: /nope/x: No such file or directory\n1\n!1'],
  [
    'echo 1 > /tmp/x; cp /tmp/x /nope/y',
    "cp: can't create '/nope/y': No such file or directory\n!1",
  ],
  [
    'tar xf - -C /nope </dev/null',
    "tar: can't change directory to '/nope': No such file or directory\n!1",
  ],
  [
    'seq 1000000 > /tmp/x; cat /tmp/x > /tmp/y; for i in $(seq 9000); do mkdir /tmp/$i || break; done',
    /^mkdir: can't create directory '\/tmp\/\d{4}': No space left on device\n!1$/,
  ],
  [
    'seq 1000000 > /tmp/x; cat /tmp/x > /tmp/y; for i in $(seq 9000); do >/tmp/$i || break; done',
    /^sh: can't create \/tmp\/\d{4}: No space left on device\n!1$/,
  ],
  ['ls -d /var /var/run/secrets /etc/app /etc/ap /data/own /claimed /host/x', SEEN],
  [
    'seq 1000000 > /tmp/x; cat /tmp/x /tmp/x > /tmp/y',
    'sh: write error: No space left on device\n!1',
  ],
] as const;
for (const [script, sees] of problems) {
  t.test(`a container says of ${script}`, async (t) => {
    await using cluster = createSharing();
    const said = await runSession(cluster, ['sh', '-c', script]);
    if (typeof sees === 'string') t.equal(said, sees);
    else t.match(said, sees);
  });
}

t.test('a file that is mounted by its subPath is no directory', async (t) => {
  await using cluster = createPodCluster();
  const whole = { name: 'scratch', mountPath: '/data' };
  const part = { name: 'scratch', mountPath: '/one', subPath: 'x' };
  const main = { ...PAUSE, name: 'main', volumeMounts: [whole] };
  const other = { ...PAUSE, name: 'other', volumeMounts: [part] };
  cluster.run({ volumes: [{ name: 'scratch', emptyDir: {} }], containers: [main, other] });
  await runSession(cluster, ['sh', '-c', 'echo 1 > /data/x']);
  const script = 'echo 2 >> /one; cat /one; ls -d /one; ls /';
  const seen = await runSession(cluster, ['sh', '-c', script], { container: 'other' });
  t.match(seen, /^1\n2\n\/one\n(?:[a-z]+\n)*one\n/);
  t.equal(await runSession(cluster, ['cat', '/data/x']), '1\n2\n');
});

t.test("a Node's directory goes with the Node", async (t) => {
  await using cluster = createSharing();
  t.equal(await runSession(cluster, ['sh', '-c', 'echo 1 > /host/x; cat /host/x']), '1\n');
  const node = cluster.store.get('Node', undefined, 'n1');
  const ref = { kind: 'Pod', namespace: 'default', name: 'web' };
  cluster.store.delete(ref, { gracePeriodSeconds: 0 });
  cluster.run(SHARING);
  t.equal(await runSession(cluster, ['ls', '/host']), 'x\n');
  cluster.store.delete(ref, { gracePeriodSeconds: 0 });
  cluster.store.delete({ kind: 'Node', name: 'n1' }, { gracePeriodSeconds: 0 });
  const { apiVersion, kind, spec, status } = node ?? {};
  const anew = { apiVersion, kind, metadata: { name: 'n1' }, spec, status };
  cluster.create(anew);
  cluster.store.update(anew as KubeObject, { subresource: 'status' });
  cluster.run(SHARING);
  t.equal(await runSession(cluster, ['ls', '/host']), '');
});

t.test('a container writes nothing where its file system is sealed', async (t) => {
  await using cluster = createSharing();
  const fixed = await runSession(cluster, ['touch', '/fixed/x'], { container: 'other' });
  t.equal(fixed, 'touch: /fixed/x: Read-only file system\n!1');
  const sealed = await runSession(cluster, ['touch', '/tmp/x'], { container: 'sealed' });
  t.equal(sealed, 'touch: /tmp/x: Read-only file system\n!1');
});

t.test('files of an emptyDir outlive a container', async (t) => {
  await using cluster = createPodCluster();
  const script =
    'echo run >> /data/x; echo run >> /tmp/x; cat /data/x /tmp/x > /data/seen; sleep 5';
  cluster.run({
    containers: [
      {
        name: 'main',
        image: 'busybox',
        command: ['sh', '-c', script],
        volumeMounts: [{ name: 'scratch', mountPath: '/data' }],
      },
    ],
    volumes: [{ name: 'scratch', emptyDir: {} }],
  });
  const sleeping = async (): Promise<void> => {
    while (cluster.clock.pendingTimers === 0) await turn();
  };
  await sleeping();
  t.equal(await runSession(cluster, ['cat', '/data/seen']), 'run\nrun\n');
  while (cluster.pod()?.status?.containerStatuses?.[0]?.restartCount !== 1) {
    cluster.clock.advance(5000);
    await turn();
  }
  await sleeping();
  t.equal(await runSession(cluster, ['cat', '/data/seen']), 'run\nrun\nrun\n');
});

t.test('files of a claim outlive the Pod, and go with their volume', async (t) => {
  await using cluster = createPodCluster();
  const spec = {
    terminationGracePeriodSeconds: 0,
    containers: [{ ...PAUSE, name: 'main', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
  };
  const capacity = { storage: '1Gi' };
  cluster.create({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'pv1' },
    spec: { capacity, accessModes: ['ReadWriteOnce'], hostPath: { path: '/pv1' } },
  });
  cluster.create({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: capacity },
      volumeName: 'pv1',
    },
  });
  const again = (): void => {
    const ref = { kind: 'Pod', namespace: 'default', name: 'web' };
    if (cluster.pod() !== undefined) cluster.store.delete(ref, { gracePeriodSeconds: 0 });
    cluster.run(spec);
  };
  again();
  t.equal(await runSession(cluster, ['sh', '-c', 'echo kept > /data/x']), '');
  again();
  t.equal(await runSession(cluster, ['cat', '/data/x']), 'kept\n');
  cluster.store.delete({ kind: 'PersistentVolume', name: 'pv1' }, { gracePeriodSeconds: 0 });
  again();
  t.equal(await runSession(cluster, ['ls', '/data']), '');
});

t.test('tail -f shows what another container writes, until it is interrupted', async (t) => {
  await using cluster = createSharing();
  const write = (script: string): Promise<string> =>
    runSession(cluster, ['sh', '-c', script], { container: 'other' });
  await write('seq 20 > /shared/log');
  const tail = startSession(cluster, ['tail', '-n', '2', '-f', '/data/log']);
  await tail.saying('19\n20\n');
  await write('echo 21 >> /shared/log');
  await tail.saying('21\n');
  await write('echo anew > /shared/log');
  await tail.saying('anew\n');
  t.equal(tail.said(), '19\n20\n21\ntail: /data/log: file truncated\nanew\n');
  tail.stop();
  t.equal(await tail.ended, 143);
});

t.test('tail -F waits for a file, and says whose lines it shows', async (t) => {
  await using cluster = createSharing();
  const tail = startSession(cluster, ['tail', '-F', '/data/a', '/data/b']);
  await tail.saying("'/data/b'");
  await runSession(cluster, ['sh', '-c', 'echo 1 > /data/b; echo 2 > /data/a; echo 3 >> /data/a']);
  await tail.saying('3\n');
  t.match(
    tail.said().replaceAll(/^tail: can't open.*\n/gm, ''),
    /^==> \/data\/b <==\n1\n\n==> \/data\/a <==\n2\n3\n$|^==> \/data\/a <==\n2\n3\n/,
  );
  tail.stop();
  await tail.ended;
});

const tails = [
  ['seq 12 > /tmp/x; tail -n 2 /tmp/x', '11\n12\n'],
  ['seq 12 > /tmp/x; tail /tmp/x | wc -l', '10\n'],
  ['seq 12 > /tmp/x; tail -1 /tmp/x', '12\n'],
  ['seq 12 > /tmp/x; tail -n +11 /tmp/x', '11\n12\n'],
  ['seq 12 > /tmp/x; tail /tmp/x -n1', '12\n'],
  ['printf abc > /tmp/x; tail -c 2 /tmp/x', 'bc'],
  ['printf abc > /tmp/x; tail -c +2 /tmp/x', 'bc'],
  ['printf abc > /tmp/x; tail -c +1 /tmp/x', 'abc'],
  ['printf abc > /tmp/x; tail -c +0 /tmp/x', 'abc'],
  ['printf abc | tail -c +9', ''],
  ['printf "a\\nb" > /tmp/x; tail -n 1 /tmp/x', 'b'],
  ['printf "a\\nb" | tail -n 5', 'a\nb'],
  ['printf "\\n\\n" | tail -n 1', '\n'],
  ['printf "" | tail; seq 3 | tail -n 0', ''],
  ['echo 1 > /tmp/x; tail -v /tmp/x', '==> /tmp/x <==\n1\n'],
  [
    'echo 1 > /tmp/x; echo 2 > /tmp/y; tail /tmp/x /tmp/y',
    '==> /tmp/x <==\n1\n\n==> /tmp/y <==\n2\n',
  ],
  ['echo 1 > /tmp/x; echo 2 > /tmp/y; tail -q /tmp/x /tmp/y', '1\n2\n'],
  ['tail /none', "tail: can't open '/none': No such file or directory\n!1"],
  [
    'tail -f /none',
    "tail: can't open '/none': No such file or directory\ntail: no files remaining\n!1",
  ],
  ['timeout 0.1 tail -f /dev/null & wait; echo over', 'over\n'],
] as const;
for (const [script, sees] of tails) {
  t.test(`tail: ${script}`, async (t) => {
    await using cluster = createPodCluster();
    cluster.run({ containers: [{ ...PAUSE, name: 'main' }] });
    const session = startSession(cluster, ['sh', '-c', script]);
    const ended = session.ended.then((code) => (code === 0 ? '' : `!${code}`));
    if (script.startsWith('timeout')) {
      while (cluster.clock.pendingTimers === 0) await turn();
      cluster.clock.advance(1000);
    }
    const code = await ended;
    t.equal(`${session.said()}${code}`, sees);
  });
}

t.test('tail -f waits for what another container writes when the Pod starts', async (t) => {
  await using cluster = createPodCluster();
  const volumeMounts = [{ name: 'scratch', mountPath: '/data' }];
  cluster.run({
    volumes: [{ name: 'scratch', emptyDir: {} }],
    containers: [
      { name: 'reader', image: 'busybox', command: ['tail', '-f', '/data/log'], volumeMounts },
      {
        name: 'main',
        image: 'busybox',
        command: ['sh', '-c', 'echo started > /data/log; sleep infinity'],
        volumeMounts,
      },
    ],
  });
  const wish = { ...WISH, follow: true };
  const name = { namespace: 'default', name: 'web', container: 'reader' };
  for await (const line of cluster.kubelets.logs(name, wish, new AbortController().signal)) {
    t.equal(line, 'started\n');
    break;
  }
  const statuses = cluster.pod()?.status?.containerStatuses ?? [];
  t.same(
    statuses.map(({ restartCount }) => restartCount),
    [0, 0],
  );
});
