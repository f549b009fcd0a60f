import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import t from 'tap';
import { ask, askJson } from './ask.ts';
import { startTestServer, type TestServer } from './test-server.ts';

t.test('serveApi() answers connections that come before there is a TLS server', async (t) => {
  await using server = await startTestServer();
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => ask(server, { path: '/version' })),
  );
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
});

t.test('serveApi() speaks HTTP/2', async (t) => {
  await using server = await startTestServer();
  const { address, port } = server.server;
  const session = connectHttp2(`https://${address}:${port}`, { ca: server.credentials.ca });
  const stream = session.request({
    ':path': '/api/v1/namespaces/default',
    authorization: `Bearer ${server.token}`,
  });
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  t.equal(headers[':status'], 200);
  t.match(await json(stream), { kind: 'Namespace', metadata: { name: 'default' } });
  session.close();
  await once(session, 'close');
});

t.test('serveApi() knows a client by its certificate', async (t) => {
  await using server = await startTestServer();
  const { address, port } = server.server;
  const { ca, admin } = server.credentials;
  const session = connectHttp2(`https://${address}:${port}`, {
    ca,
    cert: admin.certificate,
    key: admin.key,
  });
  const stream = session.request({ ':path': '/api/v1/namespaces/default' });
  t.match(await json(stream), { kind: 'Namespace' });
  session.close();
  await once(session, 'close');
});

t.test('serveApi() goes on after a client that speaks no TLS', async (t) => {
  await using server = await startTestServer();
  const socket = await dial(server);
  socket.end('GET / HTTP/1.1\r\n\r\n').on('error', () => undefined);
  await once(socket.resume(), 'close');
  t.match(await askJson(server, { path: '/version' }), { major: '1' });
});

t.test('serveApi() closes what is open when it is disposed', async (t) => {
  const server = await startTestServer();
  const { address, port } = server.server;
  const session = connectHttp2(`https://${address}:${port}`, { ca: server.credentials.ca });
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
  const socket = (await dial(server)).on('error', () => undefined);
  const closed = [once(socket.resume(), 'close'), once(session, 'close')];
  await server[Symbol.asyncDispose]();
  await Promise.all(closed);
  await t.rejects(ask(server, { path: '/version' }), { code: 'ECONNREFUSED' });
});

async function dial({ server: { address, port } }: TestServer): Promise<Socket> {
  const socket = connect(port, address);
  await once(socket, 'connect');
  return socket;
}
