import t from 'tap';
import { createFakeClock } from '../../src/observe/index.ts';
import { ContainerLog } from '../../src/pods/container-log.ts';
import { readLog, type LogWish } from '../../src/pods/read-log.ts';
import { createPodCluster, type PodCluster } from './pod-cluster.ts';

const ALL: LogWish & { readonly previous: boolean } = {
  follow: false,
  previous: false,
  timestamps: false,
  tailLines: undefined,
  since: undefined,
  limitBytes: undefined,
  stream: 'All',
};
const NEVER = new AbortController().signal;

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

const wishes = [
  { name: 'everything', wish: {}, text: 'one\ntwo\nthree' },
  { name: 'the last lines', wish: { tailLines: 1 }, text: 'three' },
  { name: 'no lines', wish: { tailLines: 0 }, text: '' },
  { name: 'one stream', wish: { stream: 'Stderr' }, text: 'two\n' },
  { name: 'what came since', wish: { since: Date.UTC(2026, 0, 1, 0, 0, 2) }, text: 'three' },
  { name: 'a number of bytes', wish: { limitBytes: 5 }, text: 'one\nt' },
  {
    name: 'times',
    wish: { timestamps: true, tailLines: 2 },
    text: '2026-01-01T00:00:01.000000000Z two\n2026-01-01T00:00:02.000000000Z three',
  },
] as const;
for (const { name, wish, text } of wishes) {
  t.test(`readLog() gives ${name}`, async (t) => {
    const clock = createFakeClock();
    const log = new ContainerLog(clock);
    log.print('one');
    clock.advance(1000);
    log.write('tw', 'stderr');
    log.write('o\n', 'stderr');
    clock.advance(1000);
    log.write('three', 'stdout');
    log.end();
    t.equal(await textOf(readLog(log, { ...ALL, ...wish }, NEVER)), text);
  });
}

t.test('readLog() follows until the container ends', async (t) => {
  const log = new ContainerLog(createFakeClock());
  log.print('before');
  const read = textOf(readLog(log, { ...ALL, follow: true }, NEVER));
  log.print('after');
  log.end();
  t.equal(await read, 'before\nafter\n');
});

t.test('readLog() stops following when the client leaves', async (t) => {
  const log = new ContainerLog(createFakeClock());
  const gone = new AbortController();
  const read = textOf(readLog(log, { ...ALL, follow: true }, gone.signal));
  log.print('seen');
  await Promise.resolve();
  gone.abort();
  await read;
  t.notOk(log.hasEnded);
});

t.test('ContainerLog keeps the last lines only', async (t) => {
  const log = new ContainerLog(createFakeClock());
  for (let count = 0; count < 20_000; count += 1) log.print(`line ${count}`);
  t.ok(log.lines.length <= 5000, `${log.lines.length} lines`);
  t.equal(log.lines.at(-1)?.text, 'line 19999');
  for (let count = 0; count < 100; count += 1) log.print('x'.repeat(100_000));
  let size = 0;
  for (const { text } of log.lines) size += text.length;
  t.ok(size <= 1024 * 1024, `${size} bytes`);
});

const SCRIPT = {
  name: 'main',
  image: 'busybox',
  command: ['sh', '-c', 'echo hello; echo bad >&2; exit 3'],
};

async function ended(cluster: PodCluster): Promise<void> {
  for (let count = 0; count < 1000; count += 1) {
    if (cluster.pod()?.status?.containerStatuses?.[0]?.state?.running === undefined) return;
    await Promise.resolve();
  }
}

t.test(
  'Kubelets.logs() gives what a container has printed, and the instance before it',
  async (t) => {
    await using cluster = createPodCluster();
    cluster.run({ containers: [SCRIPT] });
    await ended(cluster);
    const name = { namespace: 'default', name: 'web', container: 'main' };
    const read = (previous: boolean): Promise<string> =>
      textOf(cluster.kubelets.logs(name, { ...ALL, previous }, NEVER));
    t.equal(await read(false), 'hello\nbad\n');
    cluster.clock.advance(30_000);
    await ended(cluster);
    t.equal(await read(false), 'hello\nbad\n');
    t.equal(await read(true), 'hello\nbad\n');
  },
);

const problems = [
  {
    name: 'a container that has not started',
    spec: {
      containers: [
        {
          name: 'main',
          image: 'nginx',
          env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'a' } } }],
        },
      ],
    },
    previous: false,
    message: 'container "main" in pod "web" is waiting to start: CreateContainerConfigError',
  },
  {
    name: 'an instance that was not there',
    spec: { containers: [{ name: 'main', image: 'nginx' }] },
    previous: true,
    message: 'previous terminated container "main" in pod "web" not found',
  },
  {
    name: 'a Pod that is on no Node',
    spec: { nodeName: '', containers: [{ name: 'main', image: 'nginx' }] },
    previous: false,
    message: 'container "main" in pod "web" is waiting to start: ContainerCreating',
  },
] as const;
for (const { name, spec, previous, message } of problems) {
  t.test(`Kubelets.logs() says why there is no log of ${name}`, async (t) => {
    await using cluster = createPodCluster();
    cluster.run(spec);
    const container = { namespace: 'default', name: 'web', container: 'main' };
    t.throws(() => cluster.kubelets.logs(container, { ...ALL, previous }, NEVER), { message });
  });
}

const printed = [
  {
    image: 'nginx',
    port: 80,
    path: '/',
    line: /^10\.244\.9\.9 - - \[01\/Jan\/2026:00:00:00 \+0000\] "GET \/ HTTP\/1\.1" 200 \d+ "-" "-"$/,
  },
  {
    image: 'gcr.io/google-samples/hello-app:1.0',
    port: 8080,
    path: '/x',
    line: /^2026\/01\/01 00:00:00 Serving request: \/x$/,
  },
  {
    image: 'registry.k8s.io/e2e-test-images/agnhost:2.47',
    args: ['netexec'],
    port: 8080,
    path: '/hostName',
    line: /^I0101 00:00:00\.000000 {7}1 log\.go:245\] GET \/hostName$/,
  },
  { image: 'example.org/own', port: 3000, path: '/a', line: /"GET \/a HTTP\/1\.1" 200/ },
] as const;
for (const { image, port, path, line, ...more } of printed) {
  t.test(`${image} prints each request`, async (t) => {
    await using cluster = createPodCluster();
    cluster.run({
      containers: [{ name: 'main', image, ports: [{ containerPort: port }], ...more }],
    });
    const address = cluster.pod()?.status?.podIP ?? '';
    await cluster.http(`http://${address}:${port}${path}`);
    const name = { namespace: 'default', name: 'web', container: 'main' };
    const lines = (await textOf(cluster.kubelets.logs(name, ALL, NEVER))).trimEnd().split('\n');
    t.ok(lines.length > 1, 'it has said that it starts');
    t.match(lines.at(-1), line);
  });
}
