import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import t from 'tap';
import {
  createDuplexPair,
  dialSocket,
  listenTcp,
  reset,
  splice,
  type Endpoint,
  type TcpListener,
} from '../../src/net/index.ts';

interface Relay extends AsyncDisposable {
  readonly client: Socket;
  readonly server: Socket;
  readonly done: Promise<void>;
  readonly inner: readonly [Socket, Socket];
}

async function accept(): Promise<{ listener: TcpListener; accepted: Promise<Socket> }> {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const listener = await listenTcp({ address: '127.0.0.1', port: 0, onConnection: resolve });
  return { listener, accepted: promise };
}

async function dial(
  { port }: TcpListener,
  open: (to: Endpoint) => Socket = dialPlain,
): Promise<Socket> {
  const socket = open({ address: '127.0.0.1', port });
  await once(socket, 'connect');
  return socket;
}

function dialPlain({ address, port }: Endpoint): Socket {
  return connect({ host: address, port, allowHalfOpen: true });
}

/** Everything until the end, leaving the other direction open. */
async function collect(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

/** client <-> inner[0] spliced with inner[1] <-> server; `open` makes inner[1] */
async function createRelay(open?: (to: Endpoint) => Socket): Promise<Relay> {
  const front = await accept();
  const back = await accept();
  const client = await dial(front.listener);
  const outgoing = await dial(back.listener, open);
  const incoming = await front.accepted;
  const server = await back.accepted;
  const done = splice(incoming, outgoing);
  return {
    client,
    server,
    done,
    inner: [incoming, outgoing],
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.destroy();
      await Promise.all([front.listener.close(), back.listener.close()]);
      await done;
    },
  };
}

for (const [name, open] of [
  ['plain', dialPlain],
  ['dialled', dialSocket],
] as const) {
  t.test(
    `splice() passes bytes both ways and each end by itself of a ${name} socket`,
    async (t) => {
      await using relay = await createRelay(open);
      relay.client.end('question');
      t.equal(String(await collect(relay.server)), 'question');
      relay.server.end('answer after the question ended');
      t.equal(String(await collect(relay.client)), 'answer after the question ended');
      await relay.done;
    },
  );

  t.test(`splice() passes a reset on of a ${name} socket`, async (t) => {
    await using relay = await createRelay(open);
    relay.client.write('x');
    await once(relay.server, 'data');
    const failed = once(relay.server, 'error') as Promise<[NodeJS.ErrnoException]>;
    relay.server.on('close', () => undefined);
    relay.client.resetAndDestroy();
    const error = await failed.catch((reason: unknown) => [reason as NodeJS.ErrnoException]);
    t.equal(error[0]?.code, 'ECONNRESET');
    await relay.done;
  });

  t.test(
    `splice() passes a reset of the server on to the client of a ${name} socket`,
    async (t) => {
      await using relay = await createRelay(open);
      relay.client.on('data', () => undefined);
      const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException>();
      relay.client.on('error', resolve);
      relay.server.resetAndDestroy();
      t.equal((await promise).code, 'ECONNRESET');
      await relay.done;
    },
  );

  t.test(`splice() carries bulk both ways unharmed of a ${name} socket`, async (t) => {
    await using relay = await createRelay(open);
    const up = Buffer.alloc(3_000_000, 'up and away ');
    const down = Buffer.alloc(2_000_000, 'down under ');
    relay.client.end(up);
    relay.server.end(down);
    const [received, returned] = await Promise.all([collect(relay.server), collect(relay.client)]);
    t.ok(received.equals(up));
    t.ok(returned.equals(down));
    await relay.done;
  });
}

t.test('splice() makes a writer wait for a slow reader', async (t) => {
  const [client, a] = createDuplexPair();
  const slow = new PassThrough({ highWaterMark: 1024 });
  const done = splice(a, slow);
  slow.pause();
  const chunk = Buffer.alloc(16_384);
  let written = 0;
  while (written < 64 && client.write(chunk)) written += 1;
  await new Promise((resolve) => setImmediate(resolve));
  let more = 0;
  while (more < 64 && client.write(chunk)) more += 1;
  await new Promise((resolve) => setImmediate(resolve));
  t.ok(written + more < 64, 'the writer was told to wait');
  t.ok(slow.readableLength + slow.writableLength <= 4 * 65_536, 'little is held');
  client.destroy();
  slow.destroy();
  await done;
});

t.test('splice() with a side that is gone already resets the other', async (t) => {
  const [client, a] = createDuplexPair();
  const gone = new PassThrough();
  gone.destroy();
  const failed = once(client, 'error').catch((error: unknown) => [error]);
  await splice(a, gone);
  const [error] = await failed;
  t.match(error, { code: 'ECONNRESET' });
});

t.test('splice() contains errors of either side', async (t) => {
  const [client, a] = createDuplexPair();
  const broken = new PassThrough();
  client.on('error', () => undefined);
  const done = splice(a, broken);
  broken.destroy(new Error('boom'));
  await done;
  t.ok(a.destroyed && broken.destroyed);
});

t.test('reset() closes a connection whose half-close is under way', async (t) => {
  const { listener, accepted } = await accept();
  await using _ = listener;
  const client = await dial(listener);
  client.on('error', () => undefined);
  const socket = await accepted;
  socket.end();
  // The half-close goes out in this turn and is done in a later one.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  reset(socket);
  const closed = new Promise((resolve) => client.once('close', resolve));
  // The first write meets the closed side, a later one what came back.
  const knock = (): void => {
    if (client.destroyed) return;
    client.write('is anybody there?', () => setImmediate(knock));
  };
  knock();
  await closed;
  t.ok(client.destroyed);
});
