/** What a client of HTTP/2 may not do: smuggle requests into HTTP/1.1, and keep the ingress busy for nothing. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import t from 'tap';
import { createFakeClock } from '../../src/observe/index.ts';
import { block, FLAG, frame, FRAME, RawClient, type Frame } from './frames.ts';
import { echo, world } from './world.ts';

type Fields = readonly (readonly [name: string, value: string])[];

const pseudo = (more: Readonly<Record<string, string>> = {}): Fields =>
  Object.entries({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': '/',
    ':authority': 'a.example',
    ...more,
  });

/** Whether a frame settles what becomes of stream 1. */
const isSettled = ({ type, stream }: Frame): boolean =>
  type === FRAME.goaway || (stream === 1 && (type === FRAME.headers || type === FRAME.reset));

const HIDDEN = 'GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n';

const smuggled: readonly {
  readonly name: string;
  readonly fields: Fields;
  readonly body?: string;
}[] = [
  { name: 'CR LF in a value', fields: [...pseudo(), ['x', `y\r\n\r\n${HIDDEN}`]] },
  {
    name: 'LF in a value',
    fields: [...pseudo(), ['x', 'y\nTransfer-Encoding: chunked']],
    body: HIDDEN,
  },
  { name: 'NUL in a value', fields: [...pseudo(), ['x', 'y\0z']] },
  {
    name: 'CR LF in a name',
    fields: [...pseudo(), ['x: y\r\ntransfer-encoding', 'chunked']],
    body: HIDDEN,
  },
  {
    name: 'a colon in a name',
    fields: [...pseudo(), ['transfer-encoding: chunked\r\nx', 'y']],
    body: HIDDEN,
  },
  {
    name: 'a name in upper case',
    fields: [...pseudo(), ['Transfer-Encoding', 'chunked']],
    body: HIDDEN,
  },
  {
    name: 'a space in a name',
    fields: [...pseudo(), ['transfer-encoding ', 'chunked']],
    body: HIDDEN,
  },
  {
    name: 'Transfer-Encoding',
    fields: [...pseudo(), ['transfer-encoding', 'chunked']],
    body: `0\r\n\r\n${HIDDEN}`,
  },
  { name: 'Connection', fields: [...pseudo(), ['connection', 'content-length']], body: HIDDEN },
  { name: 'Keep-Alive', fields: [...pseudo(), ['keep-alive', '1']] },
  { name: 'Upgrade', fields: [...pseudo(), ['upgrade', 'websocket'], ['connection', 'upgrade']] },
  { name: 'TE that is not trailers', fields: [...pseudo(), ['te', 'chunked']] },
  {
    name: 'a length that is less than the body',
    fields: [...pseudo(), ['content-length', '0']],
    body: HIDDEN,
  },
  {
    name: 'a length that is more than the body',
    fields: [...pseudo(), ['content-length', '999']],
    body: 'x',
  },
  {
    name: 'two lengths',
    fields: [...pseudo(), ['content-length', '1'], ['content-length', '44']],
    body: 'x',
  },
  {
    name: 'a length that is no number',
    fields: [...pseudo(), ['content-length', '+1']],
    body: 'x',
  },
  {
    name: 'a space in the path',
    fields: pseudo({ ':path': `/ HTTP/1.1\r\nHost: a\r\n\r\n${HIDDEN}` }),
  },
  { name: 'a path with a space alone', fields: pseudo({ ':path': '/a b' }) },
  { name: 'a path that is no path', fields: pseudo({ ':path': 'a' }) },
  { name: 'an empty path', fields: pseudo({ ':path': '' }) },
  {
    name: 'a space in the method',
    fields: pseudo({ ':method': 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\nGET' }),
  },
  { name: 'CR LF in the authority', fields: pseudo({ ':authority': `a\r\n\r\n${HIDDEN}` }) },
  { name: 'a slash in the authority', fields: pseudo({ ':authority': 'a/b' }) },
  { name: 'an authority and another host', fields: [...pseudo(), ['host', 'b.example']] },
  {
    name: 'two hosts',
    fields: [...pseudo().filter(([name]) => name !== ':authority'), ['host', 'a'], ['host', 'b']],
  },
  { name: 'a pseudo-header twice', fields: [...pseudo(), [':path', '/smuggled']] },
  { name: 'a pseudo-header behind a field', fields: [['x', 'y'], ...pseudo()] },
  { name: 'a pseudo-header of responses', fields: [...pseudo(), [':status', '200']] },
  { name: 'a pseudo-header that nobody knows', fields: [...pseudo(), [':smuggled', '1']] },
  { name: 'no scheme', fields: pseudo().filter(([name]) => name !== ':scheme') },
  {
    name: 'CONNECT',
    fields: [
      [':method', 'CONNECT'],
      [':authority', 'a.example:80'],
    ],
  },
  { name: 'extended CONNECT', fields: pseudo({ ':method': 'CONNECT', ':protocol': 'websocket' }) },
];
for (const { name, fields, body } of smuggled) {
  t.test(`serveIngress() smuggles nothing out of HTTP/2 by ${name}`, async (t) => {
    const seen: string[] = [];
    const broken: unknown[] = [];
    const backend = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host}`);
      request.resume().on('end', () => response.end('ok'));
    });
    backend.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code?.startsWith('HPE_') === true) broken.push(error);
      socket.destroy();
    });
    backend.listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const { port: backendPort } = backend.address() as AddressInfo; // it listens on TCP
    {
      await using w = await world({ backend: echo, backendPort });
      using client = new RawClient(w.port);
      client.request(1, fields, body);
      await client.until(isSettled);
    }
    backend.closeAllConnections();
    backend.close();
    t.ok(seen.length <= 1, `the backend was asked ${seen.join()}`);
    for (const line of seen) t.match(line, /^POST \/ a\.example$/);
    t.same(
      broken.filter((error) => !String(error).includes('HPE_INVALID_EOF_STATE')),
      [],
    );
  });
}

const EMPTY = Buffer.alloc(0);
const floods: readonly { readonly name: string; readonly begin?: Frame; readonly more: Frame }[] = [
  {
    name: 'CONTINUATION (CVE-2024-27316)',
    begin: { type: FRAME.headers, flags: FLAG.endStream, stream: 1, payload: block(pseudo()) },
    more: {
      type: FRAME.continuation,
      flags: 0,
      stream: 1,
      payload: block([['x', 'y'.repeat(100)]]),
    },
  },
  {
    name: 'CONTINUATION without content',
    begin: { type: FRAME.headers, flags: FLAG.endStream, stream: 1, payload: block(pseudo()) },
    more: { type: FRAME.continuation, flags: 0, stream: 1, payload: EMPTY },
  },
  { name: 'SETTINGS', more: { type: FRAME.settings, flags: 0, stream: 0, payload: EMPTY } },
  { name: 'PING', more: { type: FRAME.ping, flags: 0, stream: 0, payload: Buffer.alloc(8) } },
  {
    name: 'RST_STREAM of no stream',
    more: { type: FRAME.reset, flags: 0, stream: 1, payload: Buffer.alloc(4) },
  },
  {
    name: 'WINDOW_UPDATE of nothing',
    more: { type: FRAME.windowUpdate, flags: 0, stream: 0, payload: Buffer.alloc(4) },
  },
];
for (const { name, begin, more } of floods) {
  t.test(`serveIngress() cuts off who floods it with ${name} and reads nothing`, async (t) => {
    await using w = await world({ backend: echo });
    using client = new RawClient(w.port);
    await client.until(({ type }) => type === FRAME.settings);
    client.socket.pause();
    if (begin !== undefined) client.send(begin);
    const bytes = Buffer.concat(Array.from({ length: 1000 }, () => frame(more)));
    const before = process.memoryUsage.rss();
    let sent = 0;
    // 64 MB are far more than it may take.
    while (!client.isClosed && sent < 64 * 2 ** 20) {
      sent += bytes.length;
      if (!client.socket.write(bytes) && !client.isClosed) await drained(client.socket);
    }
    t.equal(client.isClosed, true, `after ${sent} bytes`);
    t.ok(process.memoryUsage.rss() - before < 100 * 2 ** 20, 'in little memory');
  });
}

/** Until a figure stays as it is. All that could change it is in this process: turns of its loop count, not time. */
async function settled(figure: () => number): Promise<void> {
  let before = figure();
  for (let still = 0; still < 200; still += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (figure() !== before) still = 0;
    before = figure();
  }
}

/** Until the socket takes more, or is gone; a paused socket is read so that its end is seen. */
async function drained(socket: Socket): Promise<void> {
  await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
  socket.resume();
}

t.test(
  'serveIngress() holds a response back for a client whose window is shut, then resets it',
  async (t) => {
    const clock = createFakeClock();
    let written = 0;
    await using w = await world({
      clock,
      raw: (socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
          const chunk = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);
          const more = (): void => {
            while (!socket.destroyed && written < 64 * 2 ** 20) {
              written += chunk.length;
              if (!socket.write(chunk)) return;
            }
          };
          socket.on('drain', more);
          more();
        });
      },
    });
    const window = Buffer.from([0, 4, 0, 0, 0, 0]); // SETTINGS_INITIAL_WINDOW_SIZE 0
    using client = new RawClient(w.port, window);
    client.request(1, pseudo({ ':method': 'GET' }));
    t.ok(await client.until(({ type, stream }) => type === FRAME.headers && stream === 1));
    await settled(() => written);
    t.ok(written < 16 * 2 ** 20, `${written} bytes were taken from the backend`);
    for (let second = 0; second < 62; second += 1) clock.advance(1000);
    t.ok(await client.until(({ type, stream }) => type === FRAME.reset && stream === 1), 'reset');
  },
);

t.test('serveIngress() ends an HTTP/2 connection that asks nothing', async (t) => {
  const clock = createFakeClock();
  await using w = await world({ clock, backend: echo });
  using client = new RawClient(w.port);
  await client.until(({ type }) => type === FRAME.settings);
  for (let second = 0; second < 80; second += 1) clock.advance(1000);
  t.ok(await client.until(({ type }) => type === FRAME.goaway), 'GOAWAY');
  if (!client.isClosed) await once(client.socket, 'close');
  t.pass();
});

t.test('serveIngress() says GOAWAY when it ends', async (t) => {
  const w = await world({ backend: echo });
  using client = new RawClient(w.port);
  client.request(1, pseudo());
  await client.until(isSettled);
  const ended = w[Symbol.asyncDispose]();
  t.ok(await client.until(({ type }) => type === FRAME.goaway));
  await ended;
});

t.test('serveIngress() joins the crumbs of cookies', async (t) => {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  await using w = await world({
    backend: (request, response) => {
      resolve(request.headers.cookie);
      response.end();
    },
  });
  using client = new RawClient(w.port);
  client.request(1, [...pseudo(), ['cookie', 'a=1'], ['x', 'y'], ['cookie', 'b=2']]);
  t.equal(await promise, 'a=1; b=2');
});
