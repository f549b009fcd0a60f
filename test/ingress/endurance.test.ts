/**
 * What a proxy has to bear: long bodies, many clients, backends and clients that break off.
 *
 * Small here; `INGRESS_ENDURANCE=1 node test/ingress/endurance.test.ts` takes 10 GB and 10 000 clients.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { createFakeClock } from '../../src/observe/index.ts';
import { echo, world, type World } from './world.ts';

const IS_LONG = process.env['INGRESS_ENDURANCE'] !== undefined;
if (IS_LONG) t.setTimeout(0);
const MIB = 2 ** 20;
const BODY_BYTES = (IS_LONG ? 10_240 : 96) * MIB;
const CLIENTS = IS_LONG ? 10_000 : 500;
/** What garbage collection leaves standing, whatever the size of the body. */
const MAX_GROWTH = 96 * MIB;
const PIECE = Buffer.alloc(MIB);
const CHUNK = Buffer.concat([Buffer.from('100000\r\n'), PIECE, Buffer.from('\r\n')]);

/** The most memory that was held beyond what was there before. */
class Growth {
  readonly #before = process.memoryUsage.rss();
  highest = 0;

  look(): void {
    this.highest = Math.max(this.highest, process.memoryUsage.rss() - this.#before);
  }
}

const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

/** Writes a piece again and again, as fast as it is taken. */
async function pour(
  socket: Socket,
  { piece, count }: { readonly piece: Buffer; readonly count: number },
  growth: Growth,
): Promise<void> {
  for (let index = 0; index < count && !socket.destroyed; index += 1) {
    if (!socket.write(piece)) await once(socket, 'drain');
    growth.look();
  }
}

async function dial(w: World): Promise<Socket> {
  const socket = connect(w.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** All that comes back until the connection ends, be it by a reset. */
async function exchange(w: World, bytes: string): Promise<string> {
  const socket = await dial(w);
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  socket.write(bytes, 'latin1');
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

const ASK = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const LAST = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const COUNT = BODY_BYTES / MIB;
const bodies = [
  { name: 'a length', field: `Content-Length: ${BODY_BYTES}`, piece: PIECE, last: '' },
  { name: 'chunks', field: 'Transfer-Encoding: chunked', piece: CHUNK, last: '0\r\n\r\n' },
] as const;

for (const { name, field, piece, last } of bodies) {
  t.test(`serveIngress() takes ${mib(BODY_BYTES)} with ${name} in little memory`, async (t) => {
    const growth = new Growth();
    let received = 0;
    const whole = COUNT * piece.length + last.length;
    await using w = await world({
      raw: (socket) => {
        let headBytes = 0;
        socket
          .on('error', () => undefined)
          .on('data', (bytes: Buffer) => {
            if (headBytes === 0) headBytes = bytes.indexOf('\r\n\r\n') + 4;
            received += bytes.length;
            if (received === headBytes + whole) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
          });
      },
    });
    const socket = await dial(w);
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${field}\r\n\r\n`);
    await pour(socket, { piece, count: COUNT }, growth);
    socket.write(last);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    t.match(answer.toString(), /^HTTP\/1\.1 204 /);
    t.ok(growth.highest < MAX_GROWTH, `${mib(growth.highest)} more`);
    socket.destroy();
  });

  t.test(`serveIngress() passes ${mib(BODY_BYTES)} with ${name} on in little memory`, async (t) => {
    const growth = new Growth();
    const head = `HTTP/1.1 200 OK\r\n${field}\r\n\r\n`;
    await using w = await world({
      raw: (socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => {
          socket.write(head);
          void pour(socket, { piece, count: COUNT }, growth).then(() => socket.write(last));
        });
      },
    });
    const socket = await dial(w);
    let received = 0;
    socket.on('data', (bytes: Buffer) => (received += bytes.length));
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await once(socket, 'close');
    t.ok(received > COUNT * piece.length + last.length, `${received} bytes`);
    t.ok(growth.highest < MAX_GROWTH, `${mib(growth.highest)} more`);
  });
}

/** Connects so many clients, of which each tenth asks something, says so, and waits for its own end. */
const CROWD = `
  const { connect } = require('node:net');
  const { once } = require('node:events');
  const [port, count] = process.argv.slice(1).map(Number);
  void (async () => {
    for (let index = 0; index < count; index += 1) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      if (index % 10 !== 0) continue;
      socket.write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n');
      await once(socket, 'data');
    }
    process.stdout.write('ready');
  })();
`;

t.test(`serveIngress() keeps ${CLIENTS} idle clients, and serves others`, async (t) => {
  await using w = await world({ backend: echo });
  const growth = new Growth();
  const crowd = spawn(process.execPath, ['-e', CROWD, String(w.port), String(CLIENTS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(crowd.stdout, 'data');
  while (w.ingress.connections().waiting < CLIENTS) await new Promise((turn) => setImmediate(turn));
  growth.look();
  t.match(await exchange(w, LAST), /^HTTP\/1\.1 200 /);
  const each = growth.highest / CLIENTS;
  t.ok(each < 64 * 1024, `${Math.round(each / 1024)} KiB a client`);
  crowd.kill();
  while (w.ingress.connections().waiting > 0) await new Promise((resolve) => setImmediate(resolve));
});

t.test('serveIngress() gives a head that comes byte by byte a minute in all', async (t) => {
  const clock = createFakeClock();
  await using w = await world({ clock, backend: echo });
  const socket = await dial(w);
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const head = `GET /${'a'.repeat(200)} HTTP/1.1\r\n`;
  for (let second = 0; second < 62 && !socket.destroyed; second += 1) {
    socket.write(head[second] ?? '');
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1000);
  }
  await closed;
  t.match(text, /^HTTP\/1\.1 408 /);
});

t.test('serveIngress() lets a body come byte by byte, as nginx does', async (t) => {
  const clock = createFakeClock();
  await using w = await world({ clock, backend: echo });
  const socket = await dial(w);
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100\r\n\r\n');
  while (w.dials.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (let second = 0; second < 100; second += 1) {
    socket.write('x');
    await new Promise((resolve) => setTimeout(resolve, 2));
    clock.advance(1000);
  }
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.match(answer.toString(), /^HTTP\/1\.1 200 /);
  socket.destroy();
});

const OK_HEAD = 'HTTP/1.1 200 OK\r\n';
const dying: readonly {
  readonly name: string;
  readonly bytes: string;
  readonly end: 'end' | 'reset';
  readonly to: RegExp;
}[] = [
  { name: 'before any byte', bytes: '', end: 'end', to: /^HTTP\/1\.1 502 / },
  {
    name: 'in its head',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Le',
    end: 'end',
    to: /^HTTP\/1\.1 502 /,
  },
  { name: 'in its head, by a reset', bytes: 'HTTP/1.1 200', end: 'reset', to: /^HTTP\/1\.1 502 / },
  {
    name: 'short of its length',
    bytes: `${OK_HEAD}Content-Length: 10\r\n\r\n12345`,
    end: 'end',
    to: /Content-Length: 10\r\n[^]*12345$/,
  },
  {
    name: 'in a chunk',
    bytes: `${OK_HEAD}Transfer-Encoding: chunked\r\n\r\na\r\n12345`,
    end: 'end',
    to: /12345$/,
  },
  {
    name: 'between chunks',
    bytes: `${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n`,
    end: 'end',
    to: /12345\r\n$/,
  },
  {
    name: 'before the last line',
    bytes: `${OK_HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n`,
    end: 'end',
    to: /12345\r\n0\r\n$/,
  },
  {
    name: 'by a reset where the end would be the end',
    bytes: `${OK_HEAD}\r\n12345`,
    end: 'reset',
    to: /5\r\n12345\r\n$/,
  },
];
for (const { name, bytes, end, to } of dying) {
  t.test(`serveIngress() does not pass for whole what a backend leaves ${name}`, async (t) => {
    await using w = await world({
      raw: (socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => {
          if (end === 'end') socket.end(bytes);
          else socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), 20));
        });
      },
    });
    t.match(await exchange(w, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), to);
  });
}

t.test('serveIngress() passes an answer on that comes before the body is read', async (t) => {
  await using w = await world({
    raw: (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
      });
    },
  });
  const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${64 * MIB}\r\n\r\n`;
  const socket = await dial(w);
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  socket.write(head + 'x'.repeat(1000));
  while (!text.endsWith('no')) await once(socket, 'data');
  t.match(text, /^HTTP\/1\.1 413 [^]*connection: close[^]*no$/i);
  socket.destroy();
});

const leaving = [
  { name: 'in its body', bytes: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n12345' },
  { name: 'before its answer', bytes: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' },
] as const;
for (const { name, bytes } of leaving) {
  t.test(`serveIngress() lets go of the backend when a client vanishes ${name}`, async (t) => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await using w = await world({
      raw: (socket) => {
        socket.on('error', () => undefined).on('close', closed.resolve);
        socket.on('data', () => asked.resolve()).on('end', () => socket.end());
      },
    });
    const socket = await dial(w);
    socket.write(bytes);
    await asked.promise;
    socket.resetAndDestroy();
    await closed.promise;
    const { reading, writing, waiting } = w.ingress.connections();
    t.same([reading, writing, waiting], [0, 0, 0]);
  });
}

const pipelines = [
  { name: 'a backend that refuses', middle: ASK('/refused'), statuses: ['200', '502', '200'] },
  { name: 'a path that nobody has', middle: ASK('/none'), statuses: ['200', '404', '200'] },
  {
    name: 'a request that makes no sense',
    middle: 'GET / HTTP/1.1\r\n\r\n',
    statuses: ['200', '400'],
  },
] as const;
for (const { name, middle, statuses } of pipelines) {
  t.test(`serveIngress() answers in order around ${name}`, async (t) => {
    await using w = await world({ backend: echo });
    const answers = await exchange(w, ASK('/first') + middle + LAST);
    t.same(
      [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status),
      statuses,
    );
  });
}
