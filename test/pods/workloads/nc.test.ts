import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { ConnectError, type DuplexEnd } from '../../../src/net/index.ts';
import { readNc } from '../../../src/pods/workloads/shell/programs/nc-words.ts';
import { runSession, startSession } from '../container-session.ts';
import { createPodCluster, flowTo, type PodCluster } from '../pod-cluster.ts';

const words = [
  { args: '-zv -w 2 web 80', flags: 'zvw', rest: 'web 80', program: '' },
  { args: 'web 80 -q 1', flags: 'q', rest: 'web 80', program: '' },
  { args: '-lk -p 8080', flags: 'lkp', rest: '', program: '' },
  { args: '-lkp 8080', flags: 'lkp', rest: '', program: '' },
  { args: '-l 0.0.0.0 8080', flags: 'l', rest: '0.0.0.0 8080', program: '' },
  { args: '-lk -p 1 -e echo -e hi', flags: 'lkp', rest: '', program: 'echo -e hi' },
  { args: '-lkp 1 -ve cat -n', flags: 'lkpv', rest: '', program: 'cat -n' },
  { args: '-e cat -l -p 1', flags: 'lp', rest: '', program: 'cat' },
  { args: '-e cat web 80', flags: '', rest: 'web 80', program: 'cat' },
  { args: 'web 80 -e cat', flags: '', rest: 'web 80', program: 'cat' },
  { args: '-c date -l 80', flags: 'l', rest: '80', program: 'sh -c date' },
] as const;
for (const { args, flags, rest, program } of words) {
  t.test(`readNc() of ${args}`, async (t) => {
    const read = readNc(args.split(' '));
    t.equal([...read.flags.keys()].join(''), flags);
    t.equal(read.rest.join(' '), rest);
    t.equal(read.program.join(' '), program);
  });
}

const PAUSE = { name: 'main', image: 'busybox', command: ['sleep', 'infinity'] };

/** Two Pods, and the address of the first. */
function createPair(): PodCluster & { readonly web: string } {
  const cluster = createPodCluster({ resolve: async (name) => addressesOf(name) });
  const { status } = cluster.run({ containers: [PAUSE] });
  cluster.run({ containers: [PAUSE] }, { name: 'client' });
  const address = status?.podIP ?? cluster.pod()?.status?.podIP ?? '';
  const addressesOf = (name: string): readonly string[] => (name === 'web' ? [address] : []);
  return Object.assign(cluster, { web: address });
}

/** `server` runs in one Pod, then `client` in another. */
const talks = [
  {
    name: 'what comes, and ends with its client',
    server: 'nc -lv -p 8080',
    client: 'echo hello | nc web 8080',
    hears: /^Listening on 0\.0\.0\.0 8080\nConnection received on 10\.244\.0\.\d+ \d+\nhello\n$/,
    gets: '',
  },
  {
    name: 'an answer that is there already',
    server: 'printf "HTTP/1.0 200 OK\\r\\n\\r\\nhi\\n" | nc -lv 8080',
    client: 'curl -s http://web:8080/',
    hears: /\nGET \/ HTTP\/1\.1\r\n/,
    gets: 'hi\n',
  },
  {
    name: 'a file to be sent',
    server: 'nc -lv 8080 > /tmp/x; wc -c < /tmp/x',
    client: 'seq 10000 | nc web 8080',
    hears: /\n48894\n$/,
    gets: '',
  },
  {
    name: 'a program',
    server: 'nc -lv -p 8080 -e tr a-z A-Z',
    client: 'echo hello | nc web 8080',
    hears: /Connection received/,
    gets: 'HELLO\n',
  },
  {
    name: 'a line of a shell',
    server: 'nc -v -c "read who; echo hi \\$who" -l 8080',
    client: 'echo you | nc web 8080',
    hears: /Connection received/,
    gets: 'hi you\n',
  },
  {
    name: 'a client that says nothing for long',
    server: 'nc -lv 8080',
    client: 'nc -q 0 web 8080; echo left',
    hears: /Connection received/,
    gets: 'left\n',
  },
] as const;
for (const { name, server, client, hears, gets } of talks) {
  t.test(`nc -l takes ${name}`, async (t) => {
    await using cluster = createPair();
    const listening = startSession(cluster, ['sh', '-c', server]);
    await listening.saying('Listening');
    const asking = startSession(cluster, ['sh', '-c', client], { pod: 'client' });
    const over = Promise.all([asking.ended, listening.ended]);
    const state = { isOver: false };
    void over.then(() => (state.isOver = true));
    while (!state.isOver) {
      await turn();
      cluster.clock.advance(10);
    }
    t.match(listening.said(), hears);
    t.equal(asking.said(), gets);
    t.same(await over, [0, 0]);
  });
}

t.test('nc -lk serves one after another, until it is interrupted', async (t) => {
  await using cluster = createPair();
  const listening = startSession(cluster, ['nc', '-lkv', '-p', '8080', '-e', 'echo', 'hi']);
  await listening.saying('Listening');
  for (const round of [1, 2, 3])
    t.equal(
      await runSession(cluster, ['nc', 'web', '8080'], { pod: 'client' }),
      'hi\n',
      `${round}`,
    );
  t.match(await runSession(cluster, ['nc', '-l', '8080']), 'nc: bind: Address already in use\n!1');
  listening.stop();
  t.equal(await listening.ended, 143);
  t.match(
    await runSession(cluster, ['nc', '-zv', 'web', '8080'], { pod: 'client' }),
    /refused|listens/,
  );
});

t.test('nc -lk goes on when a client breaks off that was handed to another Pod', async (t) => {
  await using cluster = createPair();
  const broken: unknown[] = [];
  const note = (error: unknown): void => void broken.push(error);
  process.prependListener('unhandledRejection', note);
  t.teardown(() => process.off('unhandledRejection', note));
  const backend = startSession(cluster, ['nc', '-lkv', '-p', '80', '-e', 'cat'], { pod: 'client' });
  await backend.saying('Listening');
  const behind = cluster.pod('client')?.status?.podIP ?? '';
  const command = ['nc', '-lkv', '-p', '80', '-e', 'nc', behind, '80'];
  const proxy = startSession(cluster, command);
  await proxy.saying('Listening');
  const client = (await cluster.dial(cluster.web, 80)) as DuplexEnd;
  client.on('error', () => undefined).write('one\n');
  await once(client, 'readable');
  client.resetAndDestroy();
  await proxy.saying('ECONNRESET');
  const next = await cluster.dial(cluster.web, 80);
  next.end('two\n');
  t.equal(await text(next), 'two\n');
  t.same(broken, []);
  proxy.stop();
  backend.stop();
  t.same(await Promise.all([proxy.ended, backend.ended]), [143, 143]);
});

t.test('nc -lu answers its client', async (t) => {
  await using cluster = createPair();
  const listening = startSession(cluster, ['nc', '-luv', '5353'], { input: ['pong\n'] });
  await listening.saying('Bound');
  const asked = await runSession(cluster, ['sh', '-c', 'echo ping | nc -u web 5353'], {
    pod: 'client',
  });
  t.equal(asked, 'pong\n');
  await listening.saying('ping\n');
  listening.stop();
  t.equal(await listening.ended, 143);
});

/** What the server prints goes nowhere after its first line. */
const unheard = [
  ['nc -luv -p 5353 2>&1 | head -n 1', 'Bound on 0.0.0.0 5353\n'],
  ['nc -luv -p 5353 2>/dev/null | head -n 1', 'ping\n'],
] as const;
/** A datagram from a client of its own, once somebody listens. */
function ping({ kubelets, web }: ReturnType<typeof createPair>): void {
  try {
    kubelets.associate(flowTo(web, 5353, 'UDP')).send(Buffer.from('ping\n'));
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
  }
}
for (const [script, says] of unheard) {
  t.test(`a client's datagrams end ${script}`, async (t) => {
    await using cluster = createPair();
    const listening = startSession(cluster, ['sh', '-c', script]);
    const state = { isOver: false };
    void listening.ended.then(() => (state.isOver = true));
    while (!state.isOver) {
      ping(cluster);
      await turn();
    }
    t.equal(listening.said(), says);
    const next = startSession(cluster, ['nc', '-luv', '5353']);
    await next.saying('Bound');
    next.stop();
    t.equal(await next.ended, 143);
  });
}

t.test('nc -l is what a container may run', async (t) => {
  await using cluster = createPodCluster();
  const command = ['sh', '-c', 'while true; do echo hi | nc -l -p 8080; done'];
  cluster.run({ containers: [{ name: 'main', image: 'busybox', command }] });
  const address = cluster.pod()?.status?.podIP ?? '';
  for (const round of [1, 2, 3]) {
    let said = '';
    while (said === '') {
      await turn();
      const socket = await cluster.dial(address, 8080).catch(() => undefined);
      socket?.end();
      for await (const piece of socket ?? []) said += `${piece}`;
    }
    t.equal(said, 'hi\n', `${round}`);
  }
});

t.test('a port that a command listens on closes with the container', async (t) => {
  await using cluster = createPair();
  const listening = startSession(cluster, ['nc', '-lv', '8080']);
  await listening.saying('Listening');
  const ref = { kind: 'Pod', namespace: 'default', name: 'web' };
  cluster.store.delete(ref, { gracePeriodSeconds: 0 });
  t.equal(await listening.ended, 143);
  await t.rejects(cluster.dial(cluster.web, 8080));
});
