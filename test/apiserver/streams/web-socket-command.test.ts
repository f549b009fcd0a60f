import { once } from 'node:events';
import t from 'tap';
import { openSocket } from './web-socket-client.ts';
import { POD_PATH, startPodServer } from './pod-server.ts';

const EXEC = `${POD_PATH}/exec?command=hi&stdin=true&stdout=true&stderr=true`;

t.test('openWebSocketCommand() carries a command over v5, its end of stdin too', async (t) => {
  await using server = await startPodServer();
  await using client = await openSocket(server, EXEC, 'v5.channel.k8s.io');
  client.socket.send(Buffer.from('\0typed\n'));
  client.socket.send(Buffer.from([255, 0]));
  const { code, channel } = await client.finished();
  t.equal(code, 1000);
  t.equal(channel(1), 'hi\ntyped\n');
  t.equal(channel(2), 'warned\n');
  t.match(JSON.parse(channel(3)), { status: 'Success' });
});

const outcomes = [
  { protocol: 'v4.channel.k8s.io', text: /"reason":"NonZeroExitCode".*"message":"3"/ },
  {
    protocol: 'v3.channel.k8s.io',
    text: /^command terminated with non-zero exit code: exit status 3$/,
  },
  {
    protocol: 'channel.k8s.io',
    text: /^command terminated with non-zero exit code: exit status 3$/,
  },
  { protocol: '', text: /^command terminated with non-zero exit code: exit status 3$/ },
] as const;
for (const { protocol, text } of outcomes) {
  t.test(`openWebSocketCommand() tells the exit code over '${protocol}'`, async (t) => {
    await using server = await startPodServer();
    const path = `${POD_PATH}/exec?command=hi&command=3&stdout=true`;
    await using client = await openSocket(server, path, protocol);
    const { channel } = await client.finished();
    t.equal(channel(1), 'hi\n');
    t.match(channel(3), text);
  });
}

t.test('openWebSocketCommand() ends the command of a client that leaves', async (t) => {
  const left = Promise.withResolvers<void>();
  await using server = await startPodServer({
    run: async (_target, _command, { signal, stdout }) => {
      stdout?.write('begun');
      await once(signal, 'abort');
      left.resolve();
      return 0;
    },
  });
  const client = await openSocket(server, EXEC, 'v5.channel.k8s.io');
  await client.messages(1);
  await client[Symbol.asyncDispose]();
  await left.promise;
  t.pass('the command was told');
});

t.test('openWebSocketCommand() waits for a client that does not read', async (t) => {
  const chunk = Buffer.alloc(256 * 1024);
  let written = 0;
  const stuck = Promise.withResolvers<void>();
  await using server = await startPodServer({
    run: async (_target, _command, { signal, stdout }) => {
      while (!signal.aborted && written < 400) {
        const isTaken = new Promise<void>((resolve) => void stdout?.write(chunk, () => resolve()));
        const waited = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 500));
        if ((await Promise.race([isTaken, waited])) === 'late') {
          stuck.resolve();
          await once(signal, 'abort');
        } else written += 1;
      }
      return 0;
    },
  });
  const client = await openSocket(server, EXEC, 'v5.channel.k8s.io');
  client.socket.pause();
  await stuck.promise;
  t.ok(written < 400, `${written} pieces went out`);
  await client[Symbol.asyncDispose]();
});

for (const protocol of ['binary.k8s.io', '']) {
  t.test(`a log goes over a WebSocket of '${protocol}'`, async (t) => {
    await using server = await startPodServer();
    await using client = await openSocket(server, `${POD_PATH}/log`, protocol);
    const messages = await client.messages(2);
    t.equal(Buffer.concat(messages).toString(), 'one\ntwo\n');
  });
}
