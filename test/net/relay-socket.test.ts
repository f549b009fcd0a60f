import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { array, assert, asyncProperty, constantFrom, integer, nat, oneof } from 'fast-check';
import t from 'tap';
import {
  createDuplexPair,
  dialSocket,
  listenTcp,
  readAtOnce,
  splice,
} from '../../src/net/index.ts';

interface Link extends AsyncDisposable {
  readonly dialled: Socket;
  readonly server: Socket;
}

async function createLink(): Promise<Link> {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const listener = await listenTcp({ address: '127.0.0.1', port: 0, onConnection: resolve });
  const dialled = dialSocket(listener);
  await once(dialled, 'connect');
  const server = await promise;
  for (const socket of [dialled, server]) socket.on('error', () => undefined);
  return {
    dialled,
    server,
    async [Symbol.asyncDispose]() {
      dialled.destroy();
      server.destroy();
      await listener.close();
    },
  };
}

/** Bytes of which no two stretches are alike. */
function noise(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let state = size;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Everything until the end, leaving the other direction open. */
async function readAll(readable: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  readable.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(readable, 'end');
  return Buffer.concat(chunks);
}

t.test('dialSocket() is read as any other socket', async (t) => {
  await using link = await createLink();
  const sent = noise(700_000);
  link.server.end(sent);
  t.ok((await readAll(link.dialled)).equals(sent));
  link.dialled.end('and the other direction');
  t.equal(String(await readAll(link.server)), 'and the other direction');
});

t.test('dialSocket() keeps what it has told apart from what it reads next', async (t) => {
  await using link = await createLink();
  const chunks: Buffer[] = [];
  link.dialled.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const word of ['one', 'two', 'three']) {
    link.server.write(word);
    await once(link.dialled, 'data');
  }
  t.same(chunks.map(String), ['one', 'two', 'three']);
});

t.test('dialSocket() leaves bytes where they are while nobody reads', async (t) => {
  await using link = await createLink();
  link.dialled.pause();
  link.server.write(noise(50_000_000));
  await turn();
  await turn();
  t.ok(link.dialled.readableLength <= 2 * link.dialled.readableHighWaterMark);
  t.ok(link.server.writableLength > 0);
});

t.test('splice() passes on what a dialled socket had read before', async (t) => {
  await using front = await createLink();
  await using back = await createLink();
  back.server.write('hello from the server');
  await once(back.dialled, 'readable');
  const done = splice(front.server, back.dialled);
  back.server.end(', and goodbye');
  t.equal(String(await readAll(front.dialled)), 'hello from the server, and goodbye');
  front.dialled.end();
  await done;
});

t.test('splice() of a dialled socket and one in memory keeps every chunk', async (t) => {
  await using link = await createLink();
  const [client, inner] = createDuplexPair();
  const done = splice(inner, link.dialled);
  const parts = ['first', 'second', 'third'];
  const read = readAll(client);
  for (const part of parts) {
    link.server.write(part);
    await turn();
  }
  link.server.end();
  t.equal(String(await read), parts.join(''));
  client.end();
  await done;
});

t.test('splice() carries writes of any size to readers of any pace', async (t) => {
  const sizes = array(
    oneof(integer({ min: 1, max: 20_000 }), constantFrom(8192, 131_072, 3_000_000)),
    { minLength: 1, maxLength: 12 },
  );
  await assert(
    asyncProperty(sizes, array(nat(3), { minLength: 1 }), async (writes, pauses) => {
      await using front = await createLink();
      await using back = await createLink();
      const done = splice(front.server, back.dialled);
      const sent = writes.map(noise);
      const write = async (): Promise<void> => {
        for (const chunk of sent) {
          back.server.write(chunk);
          await turn();
        }
        back.server.end();
      };
      const chunks: Buffer[] = [];
      const read = async (): Promise<void> => {
        let turns = 0;
        for await (const chunk of front.dialled) {
          chunks.push(chunk);
          for (let left = pauses[turns % pauses.length] ?? 0; left > 0; left -= 1) await turn();
          turns += 1;
        }
      };
      await Promise.all([write(), read()]);
      front.dialled.end();
      await done;
      return Buffer.concat(chunks).equals(Buffer.concat(sent));
    }),
    { numRuns: 25 },
  );
  t.pass('nothing was lost, repeated or overwritten');
});

t.test('splice() overwrites nothing that a slow reader has still to get', async (t) => {
  await using front = await createLink();
  await using back = await createLink();
  const done = splice(front.server, back.dialled);
  const sent: Buffer[] = [];
  const writeOne = async (): Promise<void> => {
    sent.push(noise(5000 + sent.length));
    back.server.write(sent.at(-1) ?? '');
    await turn();
  };
  // Until the OS takes no more, in pieces that leave room in the socket; then some more.
  while (front.server.writableLength === 0 && sent.length < 10_000) await writeOne();
  for (let more = 0; more < 20; more += 1) await writeOne();
  back.server.end();
  t.ok((await readAll(front.dialled)).equals(Buffer.concat(sent)));
  front.dialled.end();
  await done;
});

t.test('readAtOnce() leaves bytes alone that somebody is not done with', async (t) => {
  await using link = await createLink();
  const sent = noise(700_000);
  const kept: Buffer[] = [];
  let count = 0;
  readAtOnce(link.dialled, (chunk) => {
    count += 1;
    const isDone = count % 3 === 0;
    kept.push(isDone ? Buffer.from(chunk) : chunk);
    return isDone;
  });
  link.dialled.on('data', () => t.fail('what is read at once is no data'));
  link.server.end(sent);
  await once(link.dialled, 'end');
  t.ok(Buffer.concat(kept).equals(sent));
});

t.test('readAtOnce() reads into the same place again', async (t) => {
  await using link = await createLink();
  const places = new Set<ArrayBufferLike>();
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = 5;
  readAtOnce(link.dialled, (chunk) => {
    places.add(chunk.buffer);
    left -= 1;
    if (left === 0) resolve();
    else link.server.write('next');
    return true;
  });
  link.server.write('first');
  await promise;
  t.equal(places.size, 1);
});

t.test('readAtOnce() reads accepted sockets too, whatever is paused and resumed', async (t) => {
  await using link = await createLink();
  const sent = noise(3_000_000);
  const kept: Buffer[] = [];
  let count = 0;
  const take = (chunk: Buffer): boolean => {
    kept.push(chunk);
    count += 1;
    if (count % 7 === 0) {
      link.server.pause();
      setImmediate(() => link.server.resume());
    }
    return false;
  };
  readAtOnce(link.server, take);
  // What waited while it was paused.
  link.server.on('data', take);
  link.dialled.end(sent);
  await once(link.server, 'end');
  t.ok(Buffer.concat(kept).equals(sent));
});

t.test('readAtOnce() lets go of accepted sockets', async (t) => {
  await using link = await createLink();
  readAtOnce(link.server, () => t.fail('it ended'));
  readAtOnce(link.server, undefined);
  link.dialled.end('data');
  t.equal(String(await readAll(link.server)), 'data');
});

t.test('readAtOnce() ends, and what comes is data again', async (t) => {
  await using link = await createLink();
  readAtOnce(link.dialled, () => true);
  readAtOnce(link.dialled, undefined);
  link.server.end('as ever');
  t.equal(String(await readAll(link.dialled)), 'as ever');
});
