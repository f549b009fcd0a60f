/** One client that wants everything, and another that wants an answer. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t, { type Test } from 'tap';
import {
  createAnswerBytes,
  decodeMessage,
  encodeMessage,
  failure,
  RCODE,
  routeTo,
  type Answer,
  type Resolve,
} from '../../src/dns/index.ts';
import { SYSTEM_CLOCK } from '../../src/observe/index.ts';
import { query as ask, loadDns, brief, WEB } from './corefile-world.ts';
import { framed, openTcp, serve, type TestServer } from './sockets.ts';
import { FLAGS, messageWith } from './wire/messages.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void; // what the flag adds

function query(name: string, id = 1): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { id, flags, questions: [{ name, type: 1, class: 1 }] }));
}

/** Sixteen addresses: an answer of some 300 octets. */
const answer = (name: string): Answer => ({
  ...failure(RCODE.NOERROR),
  answers: Array.from({ length: 16 }, (_, index) => ({
    name,
    type: 1,
    class: 1,
    ttl: 5,
    rdata: { kind: 'address', address: `192.0.2.${index}` },
  })),
});
const resolve: Resolve = ({ name }) => answer(name);
const server = (options: object = {}): Promise<TestServer> =>
  serve(createAnswerBytes({ route: routeTo(resolve) }), options);

/** Asks over UDP as stub resolvers do: again when nothing comes. */
async function askPatiently(port: number): Promise<void> {
  const socket = createSocket('udp4');
  const again = setInterval(() => socket.send(query('web.'), port, '127.0.0.1'), 100);
  try {
    socket.send(query('web.'), port, '127.0.0.1');
    await once(socket, 'message');
  } finally {
    clearInterval(again);
    socket.close();
  }
}

async function askOverTcp(port: number): Promise<void> {
  const { socket, read } = await openTcp(port);
  socket.write(framed(query('web.')));
  await read();
  socket.destroy();
}

/** Octets that are more in use after `work`, when nothing of it is left to collect. */
async function growth(work: () => Promise<void>): Promise<number> {
  collect();
  const before = process.memoryUsage();
  await work();
  collect();
  const after = process.memoryUsage();
  return after.heapUsed + after.external - before.heapUsed - before.external;
}

const MIB = 2 ** 20;

function opened(socket: Socket): Promise<unknown> {
  socket.on('error', () => undefined);
  return once(socket, 'connect');
}

t.test('a flood of datagrams leaves answers to others, and no memory behind', async (t) => {
  await using flooded = await server();
  const flood = createSocket('udp4');
  flood.on('message', () => undefined);
  t.teardown(() => flood.close());
  const bytes = query('flood.');
  const grown = await growth(async () => {
    for (let round = 0; round < 40; round += 1) {
      for (let sent = 0; sent < 500; sent += 1) flood.send(bytes, flooded.port, '127.0.0.1');
      await askPatiently(flooded.port);
    }
  });
  t.ok(grown < 24 * MIB, `${Math.round(grown / MIB)} MiB`);
});

t.test('connections that say nothing keep nobody out', async (t) => {
  await using flooded = await server({ maxConnections: 32 });
  const idle: Socket[] = [];
  t.teardown(() => idle.forEach((socket) => void socket.destroy()));
  const { socket: active, read } = await openTcp(flooded.port);
  let closed = 0;
  for (let count = 0; count < 200; count += 1) {
    const socket = connect(flooded.port, '127.0.0.1');
    socket.on('close', () => (closed += 1)).resume();
    idle.push(socket);
    await opened(socket);
    // Whoever asks now and then stays.
    if (count % 20 !== 0) continue;
    active.write(framed(query('web.')));
    await read();
  }
  await askOverTcp(flooded.port);
  active.write(framed(query('web.')));
  await read();
  active.destroy();
  t.ok(closed >= 200 - 32, `${closed} made room`);
});

t.test('a connection that asks for everything at once waits for its turn', async (t) => {
  await using flooded = await server();
  const total = 60_000;
  const many = Buffer.concat(Array.from({ length: total }, () => framed(query('flood.'))));
  const flood = connect(flooded.port, '127.0.0.1');
  await opened(flood);
  let received = 0;
  const done = Promise.withResolvers<undefined>();
  const replyOctets = framed(createReply()).length;
  flood.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received >= total * replyOctets) done.resolve(undefined);
  });
  flood.write(many);
  await once(flood, 'data');
  await askOverTcp(flooded.port);
  t.ok(received < total * replyOctets, 'another is answered in between');
  await done.promise;
  t.equal(received, total * replyOctets, 'and every query of the flood');
  flood.destroy();
});

function createReply(): Buffer {
  const flags = { ...FLAGS, isAuthoritative: false, isRecursionDesired: true };
  return encodeMessage(
    messageWith(answer('flood.').answers, {
      flags,
      questions: [{ name: 'flood.', type: 1, class: 1 }],
    }),
  );
}

t.test('clients that take no answers are not read from', async (t) => {
  await using flooded = await server();
  const slow: Socket[] = [];
  t.teardown(() => slow.forEach((socket) => void socket.destroy()));
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => framed(query('flood.'))));
  const grown = await growth(async () => {
    for (let count = 0; count < 20; count += 1) {
      const socket = connect(flooded.port, '127.0.0.1').pause();
      slow.push(socket);
      await opened(socket);
      socket.write(many);
    }
    for (let round = 0; round < 5; round += 1) await askOverTcp(flooded.port);
  });
  // All their answers would be 20 × 20 000 × 300 octets: 114 MiB. What they wrote is kept by this very process, too.
  t.ok(grown < 20 * many.length * 1.5 + 24 * MIB, `${Math.round(grown / MIB)} MiB`);
});

t.test(
  'a message in single octets costs what it holds, and no more time than others have',
  async (t) => {
    await using flooded = await server({ idleTimeoutMs: 400 });
    const drip = connect(flooded.port, '127.0.0.1');
    drip.setNoDelay(true);
    await opened(drip);
    const closed = once(drip, 'close');
    const octets = setInterval(() => drip.write(Buffer.from([0x7f])), 20);
    drip.resume();
    await closed;
    clearInterval(octets);
    t.pass('it was closed, though it was never silent for long');
  },
);

t.test(
  'forward to an upstream that keeps silent leaves the names of the cluster alone',
  async (t) => {
    const dead = createSocket('udp4');
    dead.bind(0, '127.0.0.1');
    await once(dead, 'listening');
    const upstream = `127.0.0.1:${dead.address().port}`;
    await using dns = await loadDns(
      `. {\n  kubernetes cluster.local\n  forward . ${upstream} {\n    max_concurrent 500\n  }\n  cache 30\n}\n`,
      { clock: SYSTEM_CLOCK },
    );
    let settled = 0;
    const waiting = Array.from({ length: 2000 }, async (_, index) => {
      const message = await ask(dns, `n${index}.example.org.`);
      settled += 1;
      return message?.flags.rcode;
    });
    for (let round = 0; round < 200; round += 1)
      t.equal(brief(await ask(dns, WEB)), `NOERROR ${WEB} 5 A 10.96.0.7`);
    t.equal(settled, 1500, 'those above max_concurrent are refused at once, the others wait');
    await closeDead(dead, t);
    const rcodes = await Promise.all(waiting);
    t.equal(rcodes.filter((rcode) => rcode === RCODE.REFUSED).length, 1500);
    t.equal(rcodes.filter((rcode) => rcode === RCODE.SERVFAIL).length, 500);
  },
);

/** Nobody listens there any more: the kernel says so, and nobody waits on. */
async function closeDead(dead: ReturnType<typeof createSocket>, t: Test): Promise<void> {
  dead.close();
  await once(dead, 'close');
  t.comment('the upstream is gone');
}

t.test('a decoder of its own reads what a flooded server says', async (t) => {
  await using flooded = await server();
  const { socket, read } = await openTcp(flooded.port);
  for (let id = 0; id < 300; id += 1) socket.write(framed(query('web.', id)));
  for (let id = 0; id < 300; id += 1) t.equal(decodeMessage(await read()).id, id);
  socket.destroy();
});
