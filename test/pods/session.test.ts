import t from 'tap';
import type { CommandIo } from '../../src/pods/index.ts';
import { createPodCluster, type PodCluster } from './pod-cluster.ts';

const SPEC = {
  containers: [
    { name: 'main', image: 'registry.k8s.io/e2e-test-images/agnhost:2.47', args: ['pause'] },
  ],
};
const NAME = { namespace: 'default', name: 'web', container: 'main' };

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Typing {
  readonly input?: readonly string[];
  readonly isTty?: boolean;
}

async function run(
  cluster: PodCluster,
  command: readonly string[],
  { input = [], isTty = false }: Typing = {},
): Promise<Ran> {
  const said = { stdout: '', stderr: '' };
  const pieces = [...input];
  const io: CommandIo = {
    read: async () => {
      const piece = pieces.shift();
      return piece === undefined ? undefined : Buffer.from(piece);
    },
    stdout: { write: (bytes) => void (said.stdout += Buffer.from(bytes).toString()) },
    stderr: { write: (bytes) => void (said.stderr += Buffer.from(bytes).toString()) },
    isTty,
    signal: new AbortController().signal,
  };
  const code = await cluster.kubelets.run(NAME, command, io);
  return { code, ...said };
}

const sessions = [
  { name: 'a program with input', command: ['cat'], input: ['a', 'b\n'], code: 0, stdout: 'ab\n' },
  {
    name: 'a shell that is told what to do',
    command: ['sh'],
    input: ['x=1\necho $x\nexit 4\n'],
    code: 4,
    stdout: '1\n',
  },
  {
    name: 'a loop over several lines',
    command: ['sh'],
    input: ['for i in 1 2\ndo\necho $i\ndone\n'],
    code: 0,
    stdout: '1\n2\n',
  },
  {
    name: 'lines for a script',
    command: ['sh', '-c', 'while read l; do echo "<$l>"; done'],
    input: ['a\nb\n'],
    code: 0,
    stdout: '<a>\n<b>\n',
  },
  {
    name: 'the program of a workload',
    command: ['/agnhost', 'dns-suffix'],
    input: [],
    code: 0,
    stdout: '',
  },
  {
    name: 'that program in a script',
    command: ['sh', '-c', '/agnhost dns-suffix && echo ok'],
    input: [],
    code: 0,
    stdout: 'ok\n',
  },
] as const;
for (const { name, command, input, code, stdout } of sessions) {
  t.test(`Kubelets.run() runs ${name}`, async (t) => {
    await using cluster = createPodCluster();
    cluster.run(SPEC);
    t.match(await run(cluster, command, { input }), { code, stdout });
  });
}

t.test('Kubelets.run() says what it does not run', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(SPEC);
  for (const command of [
    ['nginx', '-t'],
    ['sh', '-c', 'nginx -t'],
    ['sh', '-c', '$NONE nginx'],
  ]) {
    const { code, stderr } = await run(cluster, command);
    t.equal(code, 126, command.join(' '));
    t.match(stderr, /^podlane does not run nginx: /);
  }
  const { code, stderr } = await run(cluster, ['sh', '-c', 'echo "open']);
  t.equal(code, 2);
  t.match(stderr, /unterminated/);
});

t.test('Kubelets.run() is a terminal where one is wanted', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(SPEC);
  const { code, stdout } = await run(cluster, ['sh'], {
    input: ['ech', 'x\u007fo hi\r', 'exit 2\r'],
    isTty: true,
  });
  t.equal(code, 2);
  t.equal(stdout, '/ # echx\b \bo hi\r\nhi\r\n/ # exit 2\r\n');
});

t.test('Kubelets.run() ends with its client', async (t) => {
  await using cluster = createPodCluster();
  cluster.run(SPEC);
  const gone = new AbortController();
  const quiet = { write: () => undefined };
  const io = {
    read: async () => undefined,
    stdout: quiet,
    stderr: quiet,
    isTty: false,
    signal: gone.signal,
  };
  const running = cluster.kubelets.run(NAME, ['sleep', 'infinity'], io);
  gone.abort();
  t.equal(await running, 143);
});

t.test('Kubelets.attach() shows what is printed from now on, to the end', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({
    restartPolicy: 'Never',
    containers: [
      { name: 'main', image: 'busybox', command: ['sh', '-c', 'echo before; sleep 1; echo after'] },
    ],
  });
  let said = '';
  const stdout = {
    write: (bytes: string | Uint8Array) => void (said += Buffer.from(bytes).toString()),
  };
  for (let count = 0; count < 500; count += 1) await Promise.resolve();
  const io = {
    read: async () => undefined,
    stdout,
    stderr: stdout,
    isTty: false,
    signal: new AbortController().signal,
  };
  const attached = cluster.kubelets.attach(NAME, io);
  await Promise.resolve();
  cluster.clock.advance(1000);
  t.equal(await attached, 0);
  t.equal(said, 'after\n');
});

t.test('Kubelets.attach() talks with a shell that waits for somebody', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: 'busybox', stdin: true, command: ['sh'] }],
  });
  let said = '';
  const pieces = ['echo hi\n', 'exit 3\n'];
  const stdout = {
    write: (bytes: string | Uint8Array) => void (said += Buffer.from(bytes).toString()),
  };
  const read = async (): Promise<Buffer | undefined> => {
    const piece = pieces.shift();
    return piece === undefined ? undefined : Buffer.from(piece);
  };
  const signal = new AbortController().signal;
  t.equal(
    await cluster.kubelets.attach(NAME, { read, stdout, stderr: stdout, isTty: false, signal }),
    3,
  );
  t.equal(said, 'hi\n');
  t.equal(cluster.pod()?.status?.phase, 'Failed');
});
