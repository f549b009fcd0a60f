import { createServer, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import t from 'tap';
import { rewriteHtml, rewriteLocation } from '../../../src/apiserver/subresources/proxy-rewrite.ts';
import { ask, askJson } from '../ask.ts';
import { POD_PATH, startPodServer, type PodServer } from '../streams/pod-server.ts';
import { readHead, upgradeTo } from '../streams/spdy-client.ts';

interface Backend extends AsyncDisposable {
  readonly dial: () => Promise<Duplex>;
}

async function startBackend(handle: RequestListener): Promise<Backend> {
  const server = createServer(handle);
  server.on('upgrade', (_request, socket: Duplex) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n',
    );
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  return {
    dial: async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const tell: RequestListener = (request, response) => {
  const { method, url, headers } = request;
  response.setHeader('Set-Cookie', ['a=1', 'b=2']);
  if (url === '/moved') response.writeHead(302, { Location: '/there' }).end();
  else if (url === '/page')
    response.setHeader('Content-Type', 'text/html').end('<a href="/x">x</a>');
  else
    response
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify({ method, url, headers }));
};

function createService(server: PodServer, ready: boolean): void {
  server.store.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  server.store.create({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'web-1',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'web' },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.244.0.5'], conditions: { ready } }],
  });
}

const SERVICE = '/api/v1/namespaces/default/services';

for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
  t.test(`serveProxy() passes ${method} on`, async (t) => {
    await using backend = await startBackend(tell);
    await using server = await startPodServer({ dial: backend.dial });
    const headers = { 'x-own': 'kept' };
    const {
      text,
      status,
      headers: answered,
    } = await ask(server, { method, path: `${POD_PATH}/proxy/a/b?c=d`, headers });
    t.equal(status, 200);
    const asked = JSON.parse(text);
    t.match(asked, {
      method,
      url: '/a/b?c=d',
      headers: { 'x-own': 'kept', 'x-forwarded-uri': `${POD_PATH}/proxy/a/b` },
    });
    t.notOk(asked.headers.authorization, 'the token stays here');
    t.same(answered['set-cookie'], ['a=1', 'b=2']);
  });
}

t.test('serveProxy() asks for a slash, and leads links and redirects through itself', async (t) => {
  await using backend = await startBackend(tell);
  await using server = await startPodServer({ dial: backend.dial });
  const slash = await ask(server, { path: `${POD_PATH}/proxy` });
  t.equal(slash.status, 301);
  t.equal(slash.headers.location, `${POD_PATH}/proxy/`);
  const moved = await ask(server, { path: `${POD_PATH}/proxy/moved` });
  t.equal(moved.headers.location, `${POD_PATH}/proxy/there`);
  const page = await ask(server, { path: `${POD_PATH}/proxy/page` });
  t.equal(page.text, `<a href="${POD_PATH}/proxy/x">x</a>`);
});

for (const name of ['web', 'web:80', 'web:http', 'http:web:http', 'http:web:']) {
  t.test(`serveProxy() finds a Service by ${name}`, async (t) => {
    await using backend = await startBackend(tell);
    await using server = await startPodServer({ dial: backend.dial });
    createService(server, true);
    const path = `${SERVICE}/${name}/proxy/x`;
    t.match(await askJson(server, { path }), { url: '/x', headers: { host: '10.244.0.5:8080' } });
  });
}

const failures = [
  { path: `${SERVICE}/none/proxy/`, status: 404, message: 'services "none" not found' },
  {
    path: `${SERVICE}/web:99/proxy/`,
    status: 503,
    message: 'no service port "99" found for service "web"',
  },
  {
    path: `${SERVICE}/web/proxy/`,
    status: 503,
    message: 'no endpoints available for service "web"',
  },
  {
    path: `${SERVICE}/ftp:web:80/proxy/`,
    status: 400,
    message: 'invalid service request "ftp:web:80"',
  },
  {
    path: '/api/v1/namespaces/default/pods/none/proxy/',
    status: 404,
    message: 'pods "none" not found',
  },
  { path: `${POD_PATH}:x/proxy/`, status: 400, message: 'address not allowed' },
] as const;
for (const { path, status, message } of failures) {
  t.test(`serveProxy() answers ${status} to ${path}`, async (t) => {
    await using server = await startPodServer();
    createService(server, false);
    const { text, ...answer } = await ask(server, { path });
    t.equal(answer.status, status);
    t.equal(JSON.parse(text).message, message);
  });
}

t.test('serveProxy() tells that nobody answers', async (t) => {
  await using server = await startPodServer({
    dial: () => Promise.reject(new Error('connection refused')),
  });
  const { status, text } = await ask(server, { path: `${POD_PATH}/proxy/` });
  t.equal(status, 503);
  t.match(
    JSON.parse(text).message,
    /^error trying to reach service: dial tcp 10\.244\.0\.5:80: connection refused$/,
  );
});

t.test('serveProxyUpgrade() joins both sides', async (t) => {
  await using backend = await startBackend(tell);
  await using server = await startPodServer({ dial: backend.dial });
  const socket = await upgradeTo(server, `${POD_PATH}/proxy/chat`, ['Upgrade: echo']);
  const { head } = await readHead(socket);
  t.match(head, /^HTTP\/1\.1 101 /);
  socket.resume().write('hello');
  const [said] = await once(socket, 'data');
  t.equal(String(said), 'hello');
  socket.destroy();
});

t.test('serveNodeProxy() answers as a kubelet', async (t) => {
  await using server = await startPodServer();
  t.equal((await ask(server, { path: '/api/v1/nodes/n1/proxy/healthz' })).text, 'ok');
  t.equal((await ask(server, { path: '/api/v1/nodes/n1:10250/proxy/healthz' })).text, 'ok');
  t.match(await askJson(server, { path: '/api/v1/nodes/n1/proxy/pods' }), {
    kind: 'PodList',
    items: [{ metadata: { name: 'web' } }],
  });
  t.match(await askJson(server, { path: '/api/v1/nodes/n1/proxy/configz' }), {
    kubeletconfig: { kind: 'KubeletConfiguration' },
  });
  t.equal((await ask(server, { path: '/api/v1/nodes/n1/proxy/none' })).status, 404);
  t.equal((await ask(server, { path: '/api/v1/nodes/n9/proxy/healthz' })).status, 404);
});

const PLACE = { prefix: '/p', host: 'api:6443', upstream: '10.244.0.5:80' };
const locations = [
  ['/a', '/p/a'],
  ['/p/a', '/p/a'],
  ['http://10.244.0.5:80/a', '/p/a'],
  ['https://api:6443', '/p/'],
  ['https://example.org/a', 'https://example.org/a'],
  ['a', 'a'],
] as const;
for (const [given, expected] of locations)
  t.test(`rewriteLocation() of ${given}`, async (t) => {
    t.equal(rewriteLocation(given, PLACE), expected);
  });

t.test('rewriteHtml() changes absolute paths of links alone', async (t) => {
  const html = `<a class=x href="/a"><img src='/b'><a href="c"><a href="//example.org/d"> href="/e"`;
  t.equal(
    rewriteHtml(html, PLACE),
    `<a class=x href="/p/a"><img src='/p/b'><a href="c"><a href="//example.org/d"> href="/e"`,
  );
});
