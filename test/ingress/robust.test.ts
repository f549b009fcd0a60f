import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { createFakeClock } from '../../src/observe/index.ts';
import { echo, exchange, world, type World } from './world.ts';

/** Opens a connection and says something on it; what comes back is gathered. */
async function speak(w: World, bytes: string): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connect(w.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes, 'latin1');
  return { socket, heard: () => text };
}

/** Lets the sockets' events happen until a condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const slow = [
  { name: 'a head that never ends', bytes: 'GET / HTTP/1.1\r\nHost: a\r\n', status: 408 },
  {
    name: 'a body that never ends',
    bytes: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345',
    status: 408,
  },
  {
    name: 'a backend that never answers',
    bytes: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    status: 504,
  },
] as const;
for (const { name, bytes, status } of slow) {
  t.test(`serveIngress() answers ${status} to ${name}`, async (t) => {
    const clock = createFakeClock();
    const received: Buffer[] = [];
    await using w = await world({
      clock,
      raw: (socket) => socket.on('data', (chunk: Buffer) => received.push(chunk)),
    });
    const { socket, heard } = await speak(w, bytes);
    await until(() => w.ingress.connections().accepted === 1);
    if (bytes.includes('\r\n\r\n')) await until(() => received.length > 0);
    else await until(() => w.ingress.connections().reading === 1);
    // A byte now and then does not help: it is the whole that counts.
    for (let second = 0; second < 62; second += 1) clock.advance(1000);
    await once(socket, 'close');
    t.match(heard(), new RegExp(`^HTTP/1\\.1 ${status} `));
    t.match(heard(), /connection: close/i);
  });
}

t.test('serveIngress() closes a connection that asks nothing', async (t) => {
  const clock = createFakeClock();
  await using w = await world({ clock, backend: echo });
  const { socket, heard } = await speak(w, '');
  await until(() => w.ingress.connections().waiting === 1);
  for (let second = 0; second < 80; second += 1) clock.advance(1000);
  await once(socket, 'close');
  t.equal(heard(), '');
});

const timeouts = { connectMs: 1000, sendMs: 2000, readMs: 3000 } as const;

/** Switches protocols, and says back what it hears. */
function switching(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.once('data', () => {
    socket.write('HTTP/1.1 101 \r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
}

const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

t.test('serveIngress() keeps a connection that has left HTTP while bytes go', async (t) => {
  const clock = createFakeClock();
  await using w = await world({ clock, policy: { timeouts }, raw: switching });
  const { socket, heard } = await speak(w, UPGRADE);
  await until(() => heard().includes('\r\n\r\n'));
  for (let second = 0; second < 200; second += 1) {
    socket.write('.');
    await until(() => heard().endsWith('.'.repeat(second + 1)));
    clock.advance(1000);
  }
  t.equal(socket.destroyed, false);
  for (let second = 0; second < 4; second += 1) clock.advance(1000);
  await once(socket, 'close');
  t.pass('and no longer when they do not');
});

t.test('serveIngress() passes the end of one side on after an upgrade', async (t) => {
  await using w = await world({
    raw: (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 \r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
        socket.on('data', () => undefined);
        socket.on('end', () => socket.end('heard the end'));
      });
    },
  });
  const { socket, heard } = await speak(w, UPGRADE);
  await until(() => heard().includes('\r\n\r\n'));
  socket.end('last words');
  await once(socket, 'close');
  t.match(heard(), /heard the end$/);
});
t.test('serveIngress() cuts an answer off that stops in its midst', async (t) => {
  const clock = createFakeClock();
  await using w = await world({
    clock,
    policy: { timeouts },
    raw: (socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345')),
  });
  const { socket, heard } = await speak(w, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => heard().endsWith('12345'));
  for (let second = 0; second < 4; second += 1) clock.advance(1000);
  await until(() => socket.closed);
  t.match(heard(), /12345$/);
});

const tooLong = [
  {
    name: 'a target of 1 MB',
    request: `GET /${'a'.repeat(1_000_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    status: 414,
  },
  {
    name: 'a field of 1 MB',
    request: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(1_000_000)}\r\n\r\n`,
    status: 431,
  },
  {
    name: 'fields of 1 MB in all',
    request: `GET / HTTP/1.1\r\nHost: a\r\n${`X: ${'a'.repeat(100)}\r\n`.repeat(10_000)}\r\n`,
    status: 431,
  },
  {
    name: 'a chunk extension of 1 MB',
    request: `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;${'a'.repeat(1_000_000)}\r\n12345\r\n0\r\n\r\n`,
    status: 400,
  },
  {
    name: 'trailers of 1 MB',
    request: `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ${'a'.repeat(1_000_000)}\r\n\r\n`,
    status: 400,
  },
] as const;
for (const { name, request, status } of tooLong) {
  t.test(`serveIngress() answers ${status} to ${name}`, async (t) => {
    await using w = await world({ backend: echo });
    t.match(await exchange(w.port, request), new RegExp(`^HTTP/1\\.1 ${status} `));
  });
}

t.test('serveIngress() refuses a body above the limit before it comes', async (t) => {
  await using w = await world({ backend: echo, policy: { bodyLimitBytes: 1000 } });
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n';
  const answer = await exchange(w.port, head);
  t.match(answer, /^HTTP\/1\.1 413 /);
  t.equal(w.dials.length, 0);
});

t.test('serveIngress() refuses a chunked body once it is above the limit', async (t) => {
  await using w = await world({ backend: echo, policy: { bodyLimitBytes: 1000 } });
  const chunk = `1000\r\n${'a'.repeat(4096)}\r\n`;
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  t.match(await exchange(w.port, head + chunk), /^HTTP\/1\.1 413 /);
});

t.test('serveIngress() streams a long body both ways in little memory', async (t) => {
  const size = 256 * 2 ** 20;
  await using w = await world({
    backend: (request, response) => {
      let received = 0;
      request.on('data', (chunk: Buffer) => (received += chunk.length));
      request.on('end', () => response.end(String(received)));
    },
  });
  const before = process.memoryUsage.rss();
  let highest = before;
  const request = httpRequest({
    port: w.port,
    host: '127.0.0.1',
    method: 'POST',
    headers: { 'content-length': size },
  });
  const chunk = Buffer.alloc(1_048_576);
  for (let sent = 0; sent < size; sent += chunk.length) {
    if (!request.write(chunk)) await once(request, 'drain');
    highest = Math.max(highest, process.memoryUsage.rss());
  }
  request.end();
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
  let text = '';
  for await (const piece of response) text += String(piece);
  t.equal(Number(text), size);
  t.ok(highest - before < size / 2, `${Math.round((highest - before) / 2 ** 20)} MB more`);
});

t.test('serveIngress() keeps a thousand idle clients', async (t) => {
  await using w = await world({ backend: echo });
  const sockets = await Promise.all(Array.from({ length: 1000 }, () => speak(w, '')));
  await until(() => w.ingress.connections().waiting === 1000);
  t.match(
    await exchange(w.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 200 /,
  );
  for (const { socket } of sockets) socket.destroy();
  await until(() => w.ingress.connections().waiting === 0);
});
