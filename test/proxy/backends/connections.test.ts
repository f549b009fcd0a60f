/** What happens on one side of a connection through the proxy happens on the other: to a Pod, and to a process of the host. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { openForward } from '../../../src/pods/forward.ts';
import { ADDRESSES, aliasOf, createRig, dial, type Rig, type RigOptions } from '../rig.ts';
import { podObject, put, serviceObject, sliceObject } from '../world.ts';

const CLUSTER_IP = ADDRESSES.service(7);
const PLACE = { address: aliasOf(CLUSTER_IP), port: 7070 };
const MANY_BYTES = 256_000_000;

interface Joined extends AsyncDisposable {
  readonly rig: Rig;
  /** A client's connection and what the backend has of it. */
  readonly join: () => Promise<{ readonly client: Socket; readonly server: Duplex }>;
}

async function createProxied(
  options: Pick<RigOptions, 'serve' | 'dialPod'>,
  accepted: AsyncIterator<Duplex>,
): Promise<Joined> {
  const rig = await createRig({
    ...options,
    prepare: (store) => {
      const address = ADDRESSES.pod(7);
      put(store, podObject('pod', { address }));
      const ports = [{ port: PLACE.port }];
      put(store, serviceObject('svc', { clusterIP: CLUSTER_IP, clusterIPs: [CLUSTER_IP], ports }));
      put(store, sliceObject('svc-1', { service: 'svc', port: 8080, endpoints: [{ address }] }));
    },
  });
  return {
    rig,
    join: async () => {
      const client = await dial(PLACE.address, PLACE.port);
      const { value } = await accepted.next();
      return { client, server: value as Duplex }; // it never ends
    },
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
}

/** What is pushed, in turn. */
function createQueue<T>(): AsyncIterator<T> & { readonly push: (value: T) => void } {
  const values: T[] = [];
  let wake: () => void = () => undefined;
  return {
    push: (value) => {
      values.push(value);
      wake();
    },
    next: async () => {
      while (values.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return { done: false, value: values.shift() as T }; // there is one
    },
  };
}

async function toPod(): Promise<Joined> {
  const accepted = createQueue<Duplex>();
  const serve = (server: Duplex): void => {
    server.on('error', () => undefined);
    accepted.push(server);
  };
  return createProxied({ serve }, accepted);
}

async function toHost(): Promise<Joined> {
  const accepted = createQueue<Duplex>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const dialPod = (): Promise<Duplex> => openForward({ address: '127.0.0.1', port });
  const proxied = await createProxied({ dialPod }, accepted);
  const close = async (): Promise<void> => {
    await proxied[Symbol.asyncDispose]();
    server.close();
  };
  return { ...proxied, [Symbol.asyncDispose]: close };
}

/** Everything until the end. */
async function collect(end: Duplex): Promise<string> {
  let text = '';
  end.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  end.resume();
  await once(end, 'end');
  return text;
}

async function errorOf(end: Duplex): Promise<string | undefined> {
  end.resume();
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  end.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
  end.on('close', () => resolve(undefined));
  return promise;
}

/** Writes until nobody takes more; how much that was. */
async function fill(end: Duplex): Promise<number> {
  const chunk = Buffer.alloc(65_536, 'x');
  let sent = 0;
  let quietTurns = 0;
  while (quietTurns < 100 && sent < MANY_BYTES) {
    quietTurns += 1;
    while (!end.writableNeedDrain && sent < MANY_BYTES) {
      end.write(chunk);
      sent += chunk.length;
      quietTurns = 0;
    }
    await turn();
  }
  return sent;
}

/** Reads so many bytes. */
async function drain(end: Duplex, sizeBytes: number): Promise<number> {
  let received = 0;
  const { promise, resolve } = Promise.withResolvers<number>();
  end.on('data', ({ length }: Buffer) => {
    received += length;
    if (received >= sizeBytes) resolve(received);
  });
  end.resume();
  return promise;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // what the flag brings

function bufferedBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

const BACKENDS = [
  { name: 'a Pod', start: toPod },
  { name: 'a process of the host', start: toHost },
] as const;

for (const { name, start } of BACKENDS) {
  t.test(`a client that ends first still hears ${name}`, async (t) => {
    await using proxied = await start();
    const { client, server } = await proxied.join();
    client.end('question');
    t.equal(await collect(server), 'question');
    server.end('answer');
    t.equal(await collect(client), 'answer');
  });

  t.test(`a client is heard by ${name} that ends first`, async (t) => {
    await using proxied = await start();
    const { client, server } = await proxied.join();
    server.end('greeting');
    t.equal(await collect(client), 'greeting');
    client.end('late');
    t.equal(await collect(server), 'late');
  });

  t.test(`a reset of the client reaches ${name}`, async (t) => {
    await using proxied = await start();
    const { client, server } = await proxied.join();
    client.write('x');
    await once(server.resume(), 'data');
    const error = errorOf(server);
    client.resetAndDestroy();
    t.equal(await error, 'ECONNRESET');
  });

  t.test(`a reset by ${name} reaches the client`, async (t) => {
    await using proxied = await start();
    const { client, server } = await proxied.join();
    client.write('x');
    await once(server.resume(), 'data');
    const error = errorOf(client);
    (server as Socket).resetAndDestroy(); // either kind of connection has it
    t.equal(await error, 'ECONNRESET');
  });

  t.test(`a client waits while ${name} does not read, and the other way round`, async (t) => {
    await using proxied = await start();
    const { client, server } = await proxied.join();
    const [up, down] = await Promise.all([fill(client), fill(server)]);
    t.ok(up < MANY_BYTES, `held back after ${up} bytes`);
    t.ok(down < MANY_BYTES, `held back after ${down} bytes`);
    t.same(await Promise.all([drain(server, up), drain(client, down)]), [up, down], 'all arrives');
    client.destroy();
  });

  t.test(`slow readers of ${name} take little memory`, async (t) => {
    await using proxied = await start();
    const pairs: Awaited<ReturnType<Joined['join']>>[] = [];
    while (pairs.length < 20) pairs.push(await proxied.join());
    const before = bufferedBytes();
    await Promise.all(pairs.map(({ server }) => fill(server)));
    const grown = bufferedBytes() - before;
    t.ok(grown < pairs.length * 500_000, `${grown} bytes for ${pairs.length} connections`);
    for (const { client } of pairs) client.destroy();
  });

  t.test(`an idle connection to ${name} lives on`, async (t) => {
    await using proxied = await start();
    const { client, server } = await proxied.join();
    proxied.rig.clock.advance(7 * 86_400_000);
    await turn();
    client.write('still there?');
    t.equal(String((await once(server.resume(), 'data'))[0]), 'still there?');
    server.write('yes');
    t.equal(String((await once(client, 'data'))[0]), 'yes');
    client.destroy();
  });
}
