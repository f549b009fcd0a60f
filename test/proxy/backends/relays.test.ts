import type { RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import {
  ConnectError,
  createDatagramPair,
  createDuplexPair,
  listenTcp,
  type Connect,
  type DatagramChannel,
  type Flow,
  type TcpListener,
} from '../../../src/net/index.ts';
import { createFakeClock, createLogger, SILENT } from '../../../src/observe/index.ts';
import { TcpRelay } from '../../../src/proxy/backends/userspace/tcp.ts';
import { UdpRelay } from '../../../src/proxy/backends/userspace/udp.ts';

const FLOW: Flow = {
  protocol: 'TCP',
  source: { address: '127.0.0.1', port: 1 },
  destination: { address: '10.96.0.1', port: 80 },
  origin: { kind: 'outside' },
  node: 'node-1',
};

function serve(relay: TcpRelay): Promise<TcpListener> {
  const onConnection = (socket: Socket): void => relay.accept(socket, FLOW);
  return listenTcp({ address: '127.0.0.1', port: 0, onConnection });
}

const failing =
  (error: Error): Connect =>
  async () => {
    throw error;
  };

async function endOf(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  socket.on('end', () => resolve('end'));
  socket.resume();
  return promise;
}

for (const code of ['ERR_REFUSED', 'ERR_UNREACHABLE'] as const) {
  t.test(`TcpRelay resets a connection that ends with ${code}`, async (t) => {
    await using listener = await serve(
      new TcpRelay({ connect: failing(new ConnectError(code, 'no')), log: SILENT }),
    );
    t.equal(await endOf(connect(listener.port, '127.0.0.1')), 'ECONNRESET');
  });
}

t.test('TcpRelay resets and reports what fails for another reason', async (t) => {
  const lines: string[] = [];
  const log = createLogger('error', (line) => lines.push(line));
  await using listener = await serve(new TcpRelay({ connect: failing(new Error('a bug')), log }));
  t.equal(await endOf(connect(listener.port, '127.0.0.1')), 'ECONNRESET');
  t.match(lines, [/connection failed .*"a bug"/]);
});

t.test('TcpRelay keeps dropped connections silent, and only so many', async (t) => {
  const dropped = failing(new ConnectError('ERR_DROPPED', 'silence'));
  const relay = new TcpRelay({ connect: dropped, log: SILENT, maxSilent: 2 });
  await using listener = await serve(relay);
  const first = connect(listener.port, '127.0.0.1');
  first.write('hello?');
  await once(first, 'connect');
  const ended = endOf(first);
  const others: Socket[] = [];
  for (let count = 0; count < 2; count += 1) {
    const other = connect(listener.port, '127.0.0.1');
    await once(other, 'connect');
    others.push(other);
  }
  t.equal(await ended, 'ECONNRESET', 'the oldest had to go');
  t.ok(others.every(({ bytesRead }) => bytesRead === 0));
  const ends = others.map(endOf);
  relay.close();
  t.same(await Promise.all(ends), ['ECONNRESET', 'ECONNRESET']);
});

t.test(
  'TcpRelay holds no more of a fast sender than its buffers when the reader is slow',
  async (t) => {
    const [client, server] = createDuplexPair();
    const relay = new TcpRelay({ connect: async () => client, log: SILENT });
    await using listener = await serve(relay);
    const sender = connect(listener.port, '127.0.0.1');
    await once(sender, 'connect');
    const chunk = Buffer.alloc(65_536);
    let sent = 0;
    const pump = (): void => {
      while (sent < 200_000_000 && sender.write(chunk)) sent += chunk.length;
    };
    sender.on('drain', pump);
    pump();
    server.once('readable', () => undefined);
    await once(server, 'readable');
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    t.ok(server.readableLength + client.writableLength < 1_000_000, 'little is held');
    t.ok(sent < 200_000_000, 'the sender was told to wait');
    sender.destroy();
    server.destroy();
    relay.close();
  },
);

const CLIENT: RemoteInfo = { address: '127.0.0.1', family: 'IPv4', port: 4000, size: 0 };

interface UdpFacts {
  readonly maxAssociations?: number;
  /** Endpoints that do not answer. */
  readonly isMute?: boolean;
}

function createUdp({ maxAssociations, isMute = false }: UdpFacts = {}): {
  readonly relay: UdpRelay;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly servers: DatagramChannel[];
  readonly replies: string[];
  readonly send: (text: string, port?: number) => void;
} {
  const servers: DatagramChannel[] = [];
  const replies: string[] = [];
  const clock = createFakeClock();
  const relay = new UdpRelay({
    clock,
    log: SILENT,
    maxAssociations,
    associate: () => {
      const [client, server] = createDatagramPair();
      if (!isMute) server.onDatagram((datagram) => server.send(datagram));
      servers.push(server);
      return client;
    },
  });
  const door = relay.open({
    flowOf: () => ({ ...FLOW, protocol: 'UDP' }),
    reply: (datagram, { port }) => replies.push(`${port} ${Buffer.from(datagram).toString()}`),
  });
  const send = (text: string, port = CLIENT.port): void =>
    door.receive(Buffer.from(text), { ...CLIENT, port });
  return { relay, clock, servers, replies, send };
}

t.test('UdpRelay keeps an association while datagrams come', async (t) => {
  const { relay, clock, servers, replies, send } = createUdp();
  for (let turn = 0; turn < 5; turn += 1) {
    send(`turn ${turn}`);
    clock.advance(25_000);
  }
  t.equal(servers.length, 1);
  t.equal(replies.length, 5);
  clock.advance(125_000);
  t.equal(relay.size, 0);
  t.equal(clock.pendingTimers, 0, 'nothing ticks when there is nothing to watch');
  send('again');
  t.equal(servers.length, 2);
});

/** Seconds between the client's datagrams; whether each is answered; how long the flow is remembered after the last. */
const idleCases = [
  { name: 'one datagram without an answer', gaps: [], isAnswered: false, idleSeconds: 30 },
  {
    name: 'many datagrams without an answer',
    gaps: [10, 10, 10],
    isAnswered: false,
    idleSeconds: 30,
  },
  { name: 'one question and its answer', gaps: [], isAnswered: true, idleSeconds: 30 },
  { name: 'two questions at once', gaps: [0], isAnswered: true, idleSeconds: 30 },
  { name: 'a talk of more than two seconds', gaps: [1, 1, 1], isAnswered: true, idleSeconds: 120 },
  { name: 'a second question after a while', gaps: [20], isAnswered: true, idleSeconds: 120 },
] as const;
for (const { name, gaps, isAnswered, idleSeconds } of idleCases) {
  t.test(`UdpRelay forgets ${name} after ${idleSeconds} idle seconds`, async (t) => {
    const { relay, clock, send } = createUdp({ isMute: !isAnswered });
    send('first');
    for (const gap of gaps) {
      clock.advance(gap * 1000);
      send('next');
    }
    clock.advance(idleSeconds * 1000 - 1);
    t.equal(relay.size, 1);
    clock.advance(2000);
    t.equal(relay.size, 0);
  });
}

t.test('UdpRelay answers from the endpoint keep an association alive, too', async (t) => {
  const { relay, clock, servers, send } = createUdp();
  send('subscribe');
  for (let turn = 0; turn < 5; turn += 1) {
    clock.advance(25_000);
    servers[0]?.send(Buffer.from('news'));
  }
  t.equal(relay.size, 1);
});

t.test('UdpRelay has room for so many associations', async (t) => {
  const { relay, servers, replies, send } = createUdp({ maxAssociations: 2 });
  for (const port of [1, 2, 3]) send('hello', port);
  t.equal(relay.size, 2);
  send('hello', 2);
  t.equal(servers.length, 3, 'the second is still there');
  send('hello', 1);
  t.equal(servers.length, 4, 'the oldest had gone');
  t.equal(replies.length, 5);
});

t.test('UdpRelay loses datagrams that are refused', async (t) => {
  const relay = new UdpRelay({
    clock: createFakeClock(),
    log: SILENT,
    associate: () => {
      throw new ConnectError('ERR_REFUSED', 'no endpoints');
    },
  });
  const door = relay.open({ flowOf: () => FLOW, reply: () => t.fail('nobody answers') });
  door.receive(Buffer.from('hello'), CLIENT);
  t.equal(relay.size, 0);
});

t.test(
  'UdpRelay serves thousands of clients at a time, and holds no more than its limit',
  async (t) => {
    const { relay, servers, replies, send } = createUdp({ maxAssociations: 5000 });
    for (let port = 1; port <= 20_000; port += 1) send('hello', port);
    t.equal(replies.length, 20_000, 'all are answered');
    t.equal(relay.size, 5000);
    const before = servers.length;
    for (let port = 15_001; port <= 20_000; port += 1) send('again', port);
    t.equal(servers.length, before, 'the last ones keep theirs');
  },
);
