import { once } from 'node:events';
import {
  connect as connectHttp2,
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import t from 'tap';
import { curl, echo, hashOf, world, type World } from './world.ts';

const schemes = ['http', 'https'] as const;
const urlOf = (w: World, scheme: (typeof schemes)[number], path: string): string =>
  `${scheme}://127.0.0.1:${scheme === 'http' ? w.port : w.httpsPort}${path}`;
const http2Flags = { http: ['--http2-prior-knowledge'], https: ['--http2', '-k'] } as const;

for (const scheme of schemes) {
  t.test(`serveIngress() speaks HTTP/2 over ${scheme}`, async (t) => {
    await using w = await world({ backend: echo });
    const flags = [...http2Flags[scheme], '-w', '\n%{http_version} %{http_code}'];
    const body = 'x'.repeat(100_000);
    const [answer = '', told] = (
      await curl(...flags, '-d', body, '-H', 'Cookie: a=1', urlOf(w, scheme, '/cart?a=1'))
    ).split('\n');
    t.equal(told, '2 200');
    t.match(JSON.parse(answer), {
      method: 'POST',
      url: '/cart?a=1',
      headers: { 'x-forwarded-proto': scheme, cookie: 'a=1', 'content-length': '100000' },
      hash: hashOf(Buffer.from(body)),
    });
  });
}

const statuses = [
  { path: '/none', status: 404 },
  { path: '/gone', status: 503 },
  { path: '/refused', status: 502 },
] as const;
for (const { path, status } of statuses) {
  t.test(`serveIngress() answers ${status} over HTTP/2`, async (t) => {
    await using w = await world({ backend: echo });
    const told = await curl(
      ...http2Flags.http,
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      urlOf(w, 'http', path),
    );
    t.equal(told, String(status));
  });
}

t.test('serveIngress() carries many streams of one connection at once', async (t) => {
  await using w = await world({ backend: echo });
  const session = connectHttp2(urlOf(w, 'http', ''));
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const stream = session.request({ ':path': `/${index}`, ':method': 'POST' });
      stream.end(`body ${index}`);
      let text = '';
      for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
      return JSON.parse(text) as { url: string; size: number };
    }),
  );
  t.same(
    answers.map(({ url }) => url),
    answers.map((_, index) => `/${index}`),
  );
  session.close();
});

const framings = [
  { name: 'a length', head: 'Content-Length: 100\r\n\r\nonly this' },
  { name: 'chunks', head: 'Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n' },
] as const;
for (const { name, head } of framings) {
  t.test(`serveIngress() resets a stream whose answer with ${name} is cut short`, async (t) => {
    await using w = await world({
      raw: (socket) => {
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${head}`));
        socket.on('error', () => undefined);
      },
    });
    const session = connectHttp2(urlOf(w, 'http', ''));
    const stream = session.request({ ':path': '/' });
    stream.resume();
    const [error] = (await once(stream, 'error')) as [Error];
    t.match(error.message, /NGHTTP2_INTERNAL_ERROR/);
    session.close();
  });
}

t.test(
  'serveIngress() resets a stream whose answer has a status that HTTP/2 has not',
  async (t) => {
    await using w = await world({
      raw: (socket) => {
        socket.once('data', () => socket.write('HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n'));
        socket.on('error', () => undefined);
      },
    });
    const session = connectHttp2(urlOf(w, 'http', ''));
    const stream = session.request({ ':path': '/' });
    stream.resume();
    const [error] = (await once(stream, 'error')) as [Error];
    t.match(error.message, /NGHTTP2_INTERNAL_ERROR/);
    session.close();
  },
);

t.test('serveIngress() passes on over HTTP/2 what a backend repeats', async (t) => {
  await using w = await world({
    raw: (socket) => {
      const fields = 'ETag: "1"\r\nEtag: "2"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n';
      socket.once('data', () =>
        socket.write(
          `HTTP/1.1 200 OK\r\n${fields}Keep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok`,
        ),
      );
      socket.on('error', () => undefined);
    },
  });
  const answer = await curl(...http2Flags.http, '-i', urlOf(w, 'http', '/'));
  const lines = answer.split('\r\n').filter((line) => !line.startsWith('date: '));
  t.same(lines, [
    'HTTP/2 200 ',
    'etag: "1"',
    'etag: "2"',
    'set-cookie: a=1',
    'set-cookie: b=2',
    'content-length: 2',
    '',
    'ok',
  ]);
});

t.test('serveIngress() passes interim answers and trailers on over HTTP/2', async (t) => {
  await using w = await world({
    raw: (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n');
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        socket.write('2\r\nok\r\n0\r\nx-sum: 7\r\n\r\n');
      });
      socket.on('error', () => undefined);
    },
  });
  const session = connectHttp2(urlOf(w, 'http', ''));
  const stream = session.request({ ':path': '/' });
  const heard: unknown[] = [];
  stream.on('headers', ({ ':status': status, link }) => heard.push(status, link));
  stream.on('trailers', (fields) => heard.push(fields['x-sum']));
  for await (const chunk of stream.setEncoding('utf8')) heard.push(chunk);
  t.same(heard, [103, '</a.css>', 'ok', '7']);
  session.close();
});

t.test(
  'serveIngress() gives a body of unknown length and its trailers to the backend',
  async (t) => {
    await using w = await world({ backend: echo });
    const session = connectHttp2(urlOf(w, 'http', ''));
    const stream = session.request({ ':path': '/', ':method': 'POST' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7', te: 'trailers' }));
    const body = Buffer.alloc(300_000, 'x');
    stream.end(body);
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
    t.match(JSON.parse(text), { size: body.length, hash: hashOf(body) });
    t.same(JSON.parse(headers['x-trailers'] ?? ''), { 'x-sum': '7' });
    session.close();
  },
);

t.test('serveIngress() answers a request over HTTP/2 whose target is too long', async (t) => {
  await using w = await world({ backend: echo });
  const session = connectHttp2(urlOf(w, 'http', ''));
  const statusOf = async (length: number): Promise<unknown> => {
    const stream = session.request({ ':path': `/${'x'.repeat(length)}` });
    stream.resume();
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    return headers[':status'];
  };
  const mostBytes = 8192 - 'GET / HTTP/1.1'.length;
  t.equal(await statusOf(mostBytes), 200);
  t.equal(await statusOf(mostBytes + 1), 414);
  session.close();
});

t.test('serveIngress() ends a stream whose answer comes in chunks', async (t) => {
  await using w = await world({
    backend: (_request, response) => {
      response.write('one ');
      response.end('two');
    },
  });
  t.equal(await curl(...http2Flags.http, urlOf(w, 'http', '/')), 'one two');
});

t.test('serveIngress() tells the backend that an HTTP/2 client has gone', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using w = await world({ backend: (_request, response) => response.on('close', resolve) });
  const session = connectHttp2(urlOf(w, 'http', ''));
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => undefined);
  await once(session, 'remoteSettings');
  while (w.dials.length === 0) await new Promise((wait) => setImmediate(wait));
  stream.close(constants.NGHTTP2_CANCEL);
  t.equal(await promise, undefined);
  session.close();
});

t.test('serveIngress() cuts off who floods it with resets', async (t) => {
  await using w = await world({ backend: () => undefined });
  const session = connectHttp2(urlOf(w, 'http', ''));
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
  for (let round = 0; !session.destroyed && round < 200; round += 1) {
    for (let index = 0; !session.destroyed && index < 50; index += 1) {
      const stream = session.request({ ':path': '/' });
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await new Promise((wait) => setImmediate(wait));
  }
  t.equal(session.destroyed, true);
});

t.test('serveIngress() refuses HTTP/2 with a broken preface', async (t) => {
  await using w = await world({ backend: echo });
  const socket = connect(w.port, '127.0.0.1');
  socket.write('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n');
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  t.match(bytes.toString(), /^HTTP\/1\.1 (?:400|505) /);
  socket.destroy();
});

const bytesAsTheyAre = { requestStream: true, responseStream: true } as const;
const method = (name: string): grpc.MethodDefinition<Buffer, Buffer> => ({
  path: `/test.Echo/${name}`,
  ...bytesAsTheyAre,
  requestSerialize: (value) => value,
  requestDeserialize: (value) => value,
  responseSerialize: (value) => value,
  responseDeserialize: (value) => value,
});

/** A gRPC server that says everything twice, in a stream; and one method that fails. */
async function grpcServer(): Promise<{ readonly port: number; readonly server: grpc.Server }> {
  const server = new grpc.Server();
  server.addService(
    { Chat: method('Chat'), Fail: method('Fail') },
    {
      Chat: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (message: Buffer) => {
          call.write(message);
          call.write(message);
        });
        call.on('end', () => call.end());
      },
      Fail: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
        const metadata = new grpc.Metadata();
        metadata.set('x-why', 'so');
        call.emit('error', { code: grpc.status.NOT_FOUND, details: 'no such thing', metadata });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, server };
}

function chat(client: grpc.Client, name: string): grpc.ClientDuplexStream<Buffer, Buffer> {
  const { path, requestSerialize, responseDeserialize } = method(name);
  return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
}

t.test('serveIngress() carries gRPC both ways at once', async (t) => {
  const { port, server } = await grpcServer();
  await using w = await world({ policy: { upstreamProtocol: 'GRPC' }, backendPort: port });
  const client = new grpc.Client(`127.0.0.1:${w.port}`, grpc.credentials.createInsecure());
  const call = chat(client, 'Chat');
  const heard: string[] = [];
  call.write(Buffer.from('one'));
  for await (const message of call) {
    heard.push(String(message));
    // The second question comes after the first answer: neither side waits for the other's end.
    if (heard.length === 2) call.write(Buffer.from('two'));
    if (heard.length === 4) call.end();
  }
  t.same(heard, ['one', 'one', 'two', 'two']);
  client.close();
  server.forceShutdown();
});

t.test('serveIngress() passes the status of gRPC on', async (t) => {
  const { port, server } = await grpcServer();
  await using w = await world({ policy: { upstreamProtocol: 'GRPC' }, backendPort: port });
  const client = new grpc.Client(`127.0.0.1:${w.port}`, grpc.credentials.createInsecure());
  const call = chat(client, 'Fail');
  call.on('data', () => undefined);
  const [error] = (await once(call, 'error')) as [grpc.ServiceError];
  t.equal(error.code, grpc.status.NOT_FOUND);
  t.equal(error.details, 'no such thing');
  t.same(error.metadata.get('x-why'), ['so']);
  client.close();
  server.forceShutdown();
});

t.test('serveIngress() lets a gRPC client see a backend that is not there', async (t) => {
  await using w = await world({ policy: { upstreamProtocol: 'GRPC' }, backendPort: 1 });
  const client = new grpc.Client(`127.0.0.1:${w.port}`, grpc.credentials.createInsecure());
  const call = chat(client, 'Chat');
  call.on('data', () => undefined);
  call.end();
  const [error] = (await once(call, 'error')) as [grpc.ServiceError];
  t.equal(error.code, grpc.status.UNAVAILABLE);
  client.close();
});

t.test('serveIngress() keeps the connections of backends that speak HTTP/2', async (t) => {
  const server: Http2Server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.respond({ ':status': 200, 'x-path': headers[':path'] });
    stream.end('hello');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await using w = await world({ policy: { upstreamProtocol: 'GRPC' }, backendPort: port });
  const answers = await curl(urlOf(w, 'http', '/one'), urlOf(w, 'http', '/two'));
  t.equal(answers, 'hellohello');
  t.equal(w.dials.length, 1);
  server.close();
});
