import { once } from 'node:events';
import t from 'tap';
import { openSpdy } from './spdy-client.ts';
import { POD_PATH, startPodServer } from './pod-server.ts';

const EXEC = `${POD_PATH}/exec?command=hi&stdin=true&stdout=true&stderr=true`;

for (const protocol of ['v5.channel.k8s.io', 'v4.channel.k8s.io']) {
  t.test(`openSpdyCommand() carries a command over ${protocol}`, async (t) => {
    await using server = await startPodServer();
    await using client = await openSpdy(server, EXEC, protocol);
    t.match(client.head, /^HTTP\/1\.1 101 /);
    t.match(client.head, new RegExp(`X-Stream-Protocol-Version: ${protocol}`, 'i'));
    await client.open(1, { streamtype: 'error' }, true);
    await client.open(3, { streamtype: 'stdin' });
    await client.open(5, { streamtype: 'stdout' });
    await client.open(7, { streamtype: 'stderr' });
    client.send(3, 'typed\n', true);
    t.equal(await client.ended(5), 'hi\ntyped\n');
    t.equal(await client.ended(7), 'warned\n');
    t.match(JSON.parse(await client.ended(1)), { status: 'Success' });
  });
}

t.test('openSpdyCommand() tells the exit code', async (t) => {
  await using server = await startPodServer();
  const path = `${POD_PATH}/exec?command=hi&command=7&stdout=true`;
  await using client = await openSpdy(server, path, 'v4.channel.k8s.io');
  await client.open(1, { streamtype: 'error' }, true);
  await client.open(3, { streamtype: 'stdout' });
  t.match(JSON.parse(await client.ended(1)), {
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '7' }] },
  });
});

t.test('openSpdyCommand() ends the command of a client that leaves', async (t) => {
  const left = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  await using server = await startPodServer({
    run: async (_target, _command, { signal }) => {
      begun.resolve();
      await once(signal, 'abort');
      left.resolve();
      return 0;
    },
  });
  const client = await openSpdy(server, EXEC.replace('stdin=true&', ''), 'v4.channel.k8s.io');
  await client.open(1, { streamtype: 'error' }, true);
  await client.open(3, { streamtype: 'stdout' });
  await client.open(5, { streamtype: 'stderr' });
  await begun.promise;
  await client[Symbol.asyncDispose]();
  await left.promise;
  t.pass('the command was told');
});

t.test('acceptSpdy() refuses protocols that it does not speak', async (t) => {
  await using server = await startPodServer();
  await using client = await openSpdy(server, EXEC, 'v9.channel.k8s.io');
  t.match(client.head, /^HTTP\/1\.1 403 /);
});
