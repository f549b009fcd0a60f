import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { alternativePort, listenTcp, listenUdp, PodlaneError } from '../../src/net/index.ts';
import { listenSomewhere } from '../../src/net/listen.ts';
import { describeListenError } from '../../src/net/listen-error.ts';

const ports = [
  { port: 53, other: 10053 },
  { port: 80, other: 8080 },
  { port: 443, other: 8443 },
  { port: 22, other: 20022 },
  { port: 1023, other: 21023 },
  { port: 1024, other: undefined },
  { port: 0, other: undefined },
] as const;
for (const { port, other } of ports) {
  t.test(`alternativePort() of ${port}`, async (t) => {
    t.equal(alternativePort(port), other);
  });
}

const fail = (code: string): Error => Object.assign(new Error(code), { code });

t.test('listenSomewhere() moves a port that the OS refuses to its stand-in', async (t) => {
  const tried: number[] = [];
  const bound = await listenSomewhere('TCP', { address: '127.0.0.1', port: 80 }, async (port) => {
    tried.push(port);
    if (port < 1024) throw fail('EACCES');
    return port;
  });
  t.same(tried, [80, 8080]);
  t.equal(bound, 8080);
});

t.test('listenSomewhere() names the stand-in when that is taken', async (t) => {
  const attempt = listenSomewhere('UDP', { address: '127.0.0.1', port: 53 }, async (port) => {
    throw fail(port < 1024 ? 'EACCES' : 'EADDRINUSE');
  });
  await t.rejects(attempt, {
    code: 'ERR_ADDRESS_IN_USE',
    message: /udp 127\.0\.0\.1:10053, which stands in for port 53, is taken$/,
  });
});

const refusals = [
  { code: 'EACCES', alternativePort: undefined, becomes: 'ERR_ADDRESS_FORBIDDEN' },
  { code: 'EADDRNOTAVAIL', alternativePort: 8080, becomes: 'ERR_ADDRESS_NOT_AVAILABLE' },
  { code: 'EMFILE', alternativePort: 8080, becomes: 'ERR_TOO_MANY_OPEN_FILES' },
  { code: 'EINVAL', alternativePort: 8080, becomes: 'ERR_LISTEN_FAILED' },
] as const;
for (const { code, becomes, alternativePort: other } of refusals) {
  t.test(`listenSomewhere() turns ${code} into ${becomes}`, async (t) => {
    const options = { address: '127.0.0.1', port: 80, alternativePort: other };
    await t.rejects(
      listenSomewhere('TCP', options, async () => {
        throw fail(code);
      }),
      { code: becomes },
    );
  });
}

t.test('listenTcp() gives connections to the listener', async (t) => {
  const { promise, resolve } = Promise.withResolvers<string>();
  await using listener = await listenTcp({
    address: '127.0.0.1',
    port: 0,
    onConnection: (socket) => {
      socket.end();
      resolve(socket.localAddress ?? '');
    },
  });
  const client = connect(listener.port, '127.0.0.1');
  t.equal(await promise, '127.0.0.1');
  t.equal(listener.requestedPort, 0);
  client.destroy();
});

t.test('listenTcp() names the address, the port and the program that holds it', async (t) => {
  const onConnection = (): void => undefined;
  await using first = await listenTcp({ address: '127.0.0.1', port: 0, onConnection });
  const second = listenTcp({
    address: '127.0.0.1',
    port: first.port,
    hint: 'Choose another with --http.',
    onConnection,
  });
  const error = await second.catch((reason: unknown) => reason);
  t.ok(error instanceof PodlaneError);
  if (!(error instanceof PodlaneError)) return;
  t.equal(error.code, 'ERR_ADDRESS_IN_USE');
  t.equal(error.hint, 'Choose another with --http.');
  const who = process.platform === 'linux' ? `held by .+ \\(pid ${process.pid}\\)` : 'taken';
  t.match(error.message, new RegExp(`^tcp 127\\.0\\.0\\.1:${first.port} is ${who}$`));
});

t.test('listenUdp() names the program that holds the port', async (t) => {
  const onDatagram = (): void => undefined;
  await using first = await listenUdp({ address: '127.0.0.1', port: 0, onDatagram });
  const second = listenUdp({ address: '127.0.0.1', port: first.port, onDatagram });
  const expected = process.platform === 'linux' ? `pid ${process.pid}` : 'is taken';
  await t.rejects(second, { code: 'ERR_ADDRESS_IN_USE', message: new RegExp(expected) });
});

t.test('listenUdp() hands over datagrams and frees its port when closed', async (t) => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const options = {
    address: '127.0.0.1',
    onDatagram: (datagram: Buffer) => resolve(datagram.toString()),
  };
  const first = await listenUdp({ ...options, port: 0 });
  first.socket.send('hello', first.port, '127.0.0.1');
  t.equal(await promise, 'hello');
  await first.close();
  await first.close();
  await using again = await listenUdp({ ...options, port: first.port });
  t.equal(again.port, first.port);
});

t.test('close() frees the port while accepted connections live on', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const listener = await listenTcp({ address: '127.0.0.1', port: 0, onConnection: resolve });
  const client = connect(listener.port, '127.0.0.1');
  const accepted = await promise;
  await listener.close();
  await using again = await listenTcp({
    address: '127.0.0.1',
    port: listener.port,
    onConnection: () => undefined,
  });
  t.equal(again.port, listener.port);
  accepted.end('still here');
  const [data] = (await once(client, 'data')) as [Buffer];
  t.equal(data.toString(), 'still here');
  client.destroy();
});

t.test('listenTcp() on an address that is not of this host', async (t) => {
  const attempt = listenTcp({ address: '192.0.2.1', port: 0, onConnection: () => undefined });
  await t.rejects(attempt, { code: 'ERR_ADDRESS_NOT_AVAILABLE', message: /192\.0\.2\.1/ });
});

const holders = [
  { holder: undefined, says: 'is taken' },
  { holder: { kind: 'program', pid: 42, program: 'nginx' }, says: 'is held by nginx (pid 42)' },
  { holder: { kind: 'user', uid: 0 }, says: 'is held by a program of root' },
  { holder: { kind: 'user', uid: 1001 }, says: 'is held by a program of the user with id 1001' },
] as const;
for (const { holder, says } of holders) {
  t.test(`describeListenError() says that a port ${says}`, async (t) => {
    const local = { protocol: 'TCP', address: '127.0.0.1', port: 80 } as const;
    const error = describeListenError(local, { cause: fail('EADDRINUSE'), holder });
    t.match(error, { message: `tcp 127.0.0.1:80 ${says}`, hint: 'Choose another port.' });
  });
}
