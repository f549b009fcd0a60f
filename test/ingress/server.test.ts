import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { keyPairOf } from '../../src/ingress/index.ts';
import { createFakeClock } from '../../src/observe/index.ts';
import { createSelfSigned } from '../../src/ingress/self-signed.ts';
import { curl, echo, exchange, hashOf, world } from './world.ts';

const run = promisify(execFile);

t.test('serveIngress() passes a request on and tells where it came from', async (t) => {
  await using w = await world({ backend: echo });
  const answer = JSON.parse(
    await curl(
      '-H',
      'Host: Shop.Example:8080',
      '-H',
      'X-Forwarded-For: 192.0.2.1',
      '-H',
      'Connection: x-secret',
      '-H',
      'X-Secret: 1',
      `http://127.0.0.1:${w.port}/cart?a=1`,
    ),
  );
  t.match(answer, {
    method: 'GET',
    url: '/cart?a=1',
    headers: {
      host: 'Shop.Example:8080',
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'Shop.Example:8080',
      'x-request-id': /^[\da-f]{32}$/,
    },
  });
  t.notOk('x-secret' in answer.headers);
});

const uploads = [
  { name: 'with a length', args: ['-H', 'Expect:'] },
  { name: 'in chunks', args: ['-H', 'Expect:', '-H', 'Transfer-Encoding: chunked'] },
  { name: 'after 100 Continue', args: ['-H', 'Expect: 100-continue'] },
  { name: 'from an HTTP/1.0 client', args: ['-0'] },
] as const;
for (const { name, args } of uploads) {
  t.test(`serveIngress() streams a body ${name}`, async (t) => {
    await using w = await world({ backend: echo });
    const body = randomBytes(3_000_000);
    const child = run('curl', [
      '-sS',
      '-m',
      '20',
      ...args,
      '--data-binary',
      '@-',
      `http://127.0.0.1:${w.port}/`,
    ]);
    child.child.stdin?.end(body);
    const { size, hash } = JSON.parse((await child).stdout);
    t.equal(size, body.length);
    t.equal(hash, hashOf(body));
  });
}

t.test('serveIngress() passes trailers on', async (t) => {
  await using w = await world({ backend: echo });
  const text = await exchange(
    w.port,
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n',
  );
  t.match(text, /x-trailers: \{"x-sum":"6"\}/i);
});

const responses = [
  {
    name: 'HEAD',
    args: ['-I'],
    answer: (response: Socket) => response.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'),
    expect: /^HTTP\/1\.1 200 OK[^]*Content-Length: 5/,
  },
  {
    name: '204',
    args: ['-i'],
    answer: (response: Socket) => response.write('HTTP/1.1 204 No Content\r\n\r\n'),
    expect: /^HTTP\/1\.1 204/,
  },
  {
    name: 'chunks',
    args: ['-i'],
    answer: (response: Socket) =>
      response.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'),
    expect: /Transfer-Encoding: chunked\r\n\r\nhi$/,
  },
  {
    name: 'a body that ends with the connection',
    args: ['-i'],
    answer: (response: Socket) => response.end('HTTP/1.0 200 OK\r\n\r\nold'),
    expect: /Transfer-Encoding: chunked\r\n\r\nold$/,
  },
  {
    name: 'chunks to an HTTP/1.0 client',
    args: ['-i', '-0'],
    answer: (response: Socket) =>
      response.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'),
    expect: /Connection: close\r\n\r\nhi$/,
  },
  {
    name: 'an early hint',
    args: ['-i'],
    answer: (response: Socket) =>
      response.write(
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
      ),
    expect: /^HTTP\/1\.1 103 Early Hints[^]*HTTP\/1\.1 200 OK[^]*hi$/,
  },
  {
    name: 'nonsense',
    args: ['-i'],
    answer: (response: Socket) => response.write('nonsense\r\n\r\n'),
    expect: /^HTTP\/1\.1 502/,
  },
  {
    name: 'nothing',
    args: ['-i'],
    answer: (response: Socket) => response.end(),
    expect: /^HTTP\/1\.1 502/,
  },
  {
    name: 'two lengths',
    args: ['-i'],
    answer: (response: Socket) =>
      response.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi'),
    expect: /^HTTP\/1\.1 502/,
  },
] as const;
for (const { name, args, answer, expect } of responses) {
  t.test(`serveIngress() answers with ${name}`, async (t) => {
    await using w = await world({
      raw: (socket) => socket.on('error', () => undefined).once('data', () => answer(socket)),
    });
    t.match(await curl(...args, `http://127.0.0.1:${w.port}/`), expect);
  });
}

t.test('serveIngress() cuts the client off when the backend breaks in mid-body', async (t) => {
  await using w = await world({
    raw: (socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf', () =>
          socket.resetAndDestroy(),
        ),
      ),
  });
  await t.rejects(curl(`http://127.0.0.1:${w.port}/`), { code: /18|56/ });
});

t.test('serveIngress() keeps connections on both sides', async (t) => {
  await using w = await world({ backend: echo });
  await curl(...Array.from({ length: 5 }, () => `http://127.0.0.1:${w.port}/`));
  t.equal(w.dials.length, 1);
});

t.test('serveIngress() answers pipelined requests in order', async (t) => {
  await using w = await world({ backend: echo });
  const ask = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
  const text = await exchange(
    w.port,
    ask('/1') + ask('/none') + ask('/2') + ask('/3', 'Connection: close\r\n'),
  );
  const order = [...text.matchAll(/"url":"([^"]+)"|HTTP\/1\.1 (404)/g)].map(
    ([, url, status]) => url ?? status,
  );
  t.same(order, ['/1', '404', '/2', '/3']);
});

const lasts = [
  { name: 'a short answer', sizeBytes: 10, behind: '' },
  { name: 'an answer that the OS does not take at once', sizeBytes: 20_000_000, behind: '' },
  { name: 'an answer, with bytes behind the request', sizeBytes: 10, behind: '\r\n' },
] as const;
for (const { name, sizeBytes, behind } of lasts) {
  t.test(`serveIngress() ends after ${name} where the client says so`, async (t) => {
    const body = Buffer.alloc(sizeBytes, 'x');
    await using w = await world({ backend: (_request, response) => void response.end(body) });
    const socket = connect(w.port, '127.0.0.1');
    const { promise, reject } = Promise.withResolvers<never>();
    socket.once('error', reject);
    socket.write(`GET /cart HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${behind}`);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await Promise.race([once(socket, 'end'), promise]);
    const text = Buffer.concat(chunks).toString('latin1');
    t.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n/);
    t.equal(text.length - text.indexOf('\r\n\r\n') - 4, sizeBytes);
  });
}

t.test('serveIngress() reads on what a client sends after its last answer', async (t) => {
  await using w = await world({ backend: (_request, response) => void response.end('early') });
  const socket = connect({ port: w.port, host: '127.0.0.1', allowHalfOpen: true });
  const [errors, length] = [[] as Error[], 10_000_000];
  socket.on('error', (error) => errors.push(error));
  const head = `POST /cart HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}`;
  socket.write(`${head}\r\n\r\nsome`);
  await once(socket, 'data');
  await new Promise<void>(
    (resolve) => void socket.write(Buffer.alloc(length - 4), () => resolve()),
  );
  socket.end();
  await once(socket, 'close');
  t.same(errors, []);
});

t.test('serveIngress() reads a request that comes byte by byte', async (t) => {
  await using w = await world({ backend: echo });
  const socket = connect(w.port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  for (const byte of 'POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc') {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await once(socket, 'close');
  t.match(text, /"url":"\/slow"[^]*"size":3/);
});

const elsewhere = [
  { path: '/none', status: 404 },
  { path: '/gone', status: 503 },
  { path: '/refused', status: 502 },
  { path: '/second', status: 200 },
] as const;
for (const { path, status } of elsewhere) {
  t.test(`serveIngress() answers ${status} for ${path}`, async (t) => {
    await using w = await world({ backend: echo });
    t.match(
      await curl('-i', `http://127.0.0.1:${w.port}${path}`),
      new RegExp(`^HTTP/1\\.1 ${status} `),
    );
  });
}

t.test('serveIngress() asks once more when a kept connection has just been closed', async (t) => {
  let served = 0;
  await using w = await world({
    raw: (socket) => {
      socket
        .on('error', () => undefined)
        .on('data', () => {
          served += 1;
          // The second request on a connection finds it closed.
          if (served === 2) socket.resetAndDestroy();
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        });
    },
  });
  const url = `http://127.0.0.1:${w.port}/`;
  t.equal(await curl(url, url), 'okok');
  t.equal(w.dials.length, 2);
});

t.test('serveIngress() carries a WebSocket', async (t) => {
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    sockets.handleUpgrade(request, socket, head, (peer) =>
      peer.on('message', (data: Buffer) => peer.send(`echo ${data.toString()}`)),
    );
  });
  await using w = await world({ raw: (socket) => server.emit('connection', socket) });
  const client = new WebSocket(`ws://127.0.0.1:${w.port}/chat`);
  await once(client, 'open');
  client.send('hello');
  const [data] = await once(client, 'message');
  t.equal(String(data), 'echo hello');
  client.close();
  await once(client, 'close');
});

t.test('serveIngress() holds a slow reader back without keeping its bytes', async (t) => {
  let sent = 0;
  await using w = await world({
    backend: (_request, response) => {
      const piece = Buffer.alloc(65_536);
      response.writeHead(200, { 'content-length': String(200 * piece.length) });
      const fill = (): void => {
        while (sent < 200) {
          sent += 1;
          if (!response.write(piece)) return void response.once('drain', fill);
        }
        response.end();
      };
      fill();
    },
  });
  const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
  httpRequest({ port: w.port, host: '127.0.0.1', agent: false }, resolve).end();
  const response = await promise;
  response.pause();
  // Until the backend is held back the count rises turn by turn; then it stands still.
  for (let last = -1; last !== sent;) {
    last = sent;
    for (let turn = 0; turn < 50; turn += 1) await new Promise((done) => setImmediate(done));
  }
  t.ok(sent < 200, `the backend was held back after ${sent} of 200 pieces`);
  let received = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) received += chunk.length;
  t.equal(received, 200 * 65_536);
});

t.test('serveIngress() sends a response no faster than it may', async (t) => {
  const clock = createFakeClock();
  const sizeBytes = 2_000_000;
  const responseRate = { bytesPerSecond: 100_000, freeBytes: 50_000 };
  await using w = await world({
    clock,
    policy: { responseRate },
    backend: (_request, response) => void response.end(Buffer.alloc(sizeBytes)),
  });
  const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
  httpRequest({ port: w.port, host: '127.0.0.1', agent: false }, resolve).end();
  const response = await promise;
  let received = 0;
  const bytes = (): number => received;
  response.on('data', (chunk: Buffer) => (received += chunk.length));
  const end = once(response, 'end');
  let seconds = 0;
  for (; bytes() < sizeBytes && seconds < 200; seconds += 1) {
    for (let last = -1; last !== bytes();) {
      last = bytes();
      for (let turn = 0; turn < 50; turn += 1) await new Promise((done) => setImmediate(done));
    }
    const most = responseRate.freeBytes + responseRate.bytesPerSecond * (seconds + 1);
    // What one read brings is passed on as a whole.
    t.ok(bytes() <= most + 131_072, `${bytes()} bytes after ${seconds} s`);
    clock.advance(1000);
  }
  await end;
  t.equal(bytes(), sizeBytes);
  t.ok(seconds >= 17, `${seconds} s`);
});

const refused = [
  {
    name: 'Content-Length beside Transfer-Encoding',
    request:
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
    status: 400,
  },
  {
    name: 'two Content-Lengths',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
    status: 400,
  },
  {
    name: 'a signed Content-Length',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc',
    status: 400,
  },
  {
    name: 'a list as Content-Length',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc',
    status: 400,
  },
  {
    name: 'an unknown transfer coding',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
    status: 501,
  },
  {
    name: 'chunked twice',
    request:
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
    status: 501,
  },
  {
    name: 'Transfer-Encoding with a vertical tab',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n',
    status: 400,
  },
  {
    name: 'Transfer-Encoding in HTTP/1.0',
    request: 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
    status: 400,
  },
  { name: 'a bare LF', request: 'GET / HTTP/1.1\nHost: a\n\n', status: 400 },
  {
    name: 'a bare LF between fields',
    request: 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n',
    status: 400,
  },
  {
    name: 'a bare CR in a value',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n',
    status: 400,
  },
  { name: 'line folding', request: 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', status: 400 },
  { name: 'a space before the colon', request: 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', status: 400 },
  {
    name: 'a field without a name',
    request: 'GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n',
    status: 400,
  },
  { name: 'a NUL in a value', request: 'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n', status: 400 },
  { name: 'no Host', request: 'GET / HTTP/1.1\r\n\r\n', status: 400 },
  { name: 'two Hosts', request: 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', status: 400 },
  { name: 'a Host that is none', request: 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', status: 400 },
  { name: 'CONNECT', request: 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', status: 405 },
  { name: 'an authority as target', request: 'GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
  { name: '* for GET', request: 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
  { name: 'two spaces', request: 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', status: 400 },
  { name: 'HTTP/2.0', request: 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', status: 505 },
  { name: 'HTTP/0.9', request: 'GET /\r\n\r\n', status: 400 },
  {
    name: 'a long target',
    request: `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    status: 414,
  },
  {
    name: 'a long head',
    request: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`,
    status: 431,
  },
  {
    name: 'a chunk size that is none',
    request:
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n',
    status: 400,
  },
  {
    name: 'a chunk that is too long for its size',
    request:
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n',
    status: 400,
  },
  {
    name: 'a chunk size that overflows',
    request:
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000001\r\nabc\r\n0\r\n\r\n',
    status: 400,
  },
] as const;
for (const { name, request, status } of refused) {
  t.test(`serveIngress() refuses ${name}`, async (t) => {
    await using w = await world({ backend: echo });
    const text = await exchange(w.port, request);
    t.match(text, new RegExp(`^HTTP/1\\.1 ${status} [^]*Connection: close`));
    t.equal(text.match(/HTTP\/1\.1/g)?.length, 1);
  });
}

t.test('serveIngress() takes the authority of an absolute target for the host', async (t) => {
  await using w = await world({ backend: echo });
  const text = await exchange(
    w.port,
    'GET http://real.example/a HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n',
  );
  t.match(text, /"url":"\/a","headers":\{"host":"real\.example"/);
});

t.test(
  'serveIngress() serves TLS by server name, and a self-signed certificate else',
  async (t) => {
    const pair = await createSelfSigned();
    const secret = {
      'tls.crt': Buffer.from(pair.certificate).toString('base64'),
      'tls.key': Buffer.from(pair.key).toString('base64'),
    };
    const shop = keyPairOf({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'tls' },
      data: secret,
    });
    await using w = await world({
      backend: echo,
      certificateFor: (name) => (name === 'shop.example' ? shop : undefined),
    });
    for (const host of ['shop.example', 'other.example', '127.0.0.1']) {
      const answer = JSON.parse(
        await curl('-k', '--connect-to', `::127.0.0.1:${w.httpsPort}`, `https://${host}/`),
      );
      t.match(answer, {
        headers: { host, 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
      });
    }
  },
);

const replaced = [
  { name: 'no endpoint', path: '/gone', status: 503 },
  { name: 'a backend that refuses', path: '/refused', status: 502 },
  { name: 'a password that is missing', path: '/', status: 401 },
] as const;
for (const { name, path, status } of replaced) {
  t.test(`serveIngress() lets another backend make the page for ${name}`, async (t) => {
    const backend = { namespace: 'default', service: 'errors', port: 80 };
    const isSecret = status === 401;
    await using w = await world({
      backend: (request, response) => {
        response.statusCode = Number(request.headers['x-code']);
        response.end(`page for ${request.url} ${String(request.headers['x-original-uri'])}`);
      },
      policy: {
        isNginx: true,
        customErrors: {
          statuses: [401, 502, 503],
          backends: [{ ...backend, service: 'nobody' }, backend],
        },
        ...(isSecret ? { basicAuth: { realm: 'shop', users: new Map() } } : {}),
      },
    });
    const answer = await curl('-i', `http://127.0.0.1:${w.port}${path}`);
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    t.ok(answer.endsWith(`page for / ${path}`), answer);
    t.equal(/www-authenticate: Basic realm="shop"/i.test(answer), isSecret);
  });
}
