/** Processes of the developer take the place of Pods. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import t, { type Test } from 'tap';
import { connectError, doorOf, get, podAt, podsAt, reachOf, udpEcho } from '../harness/clients.ts';
import { createFolder, startProgram } from '../harness/instance.ts';
import { app, deployment, manifest, service } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const ranges = await claimRanges();

async function serve(t: Test, text: string): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    response.end(`${text} got ${request.method} ${request.url} for ${request.headers.host}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as { port: number }).port }; // it listens on TCP
}

t.test('--pod hands the traffic of a workload to a process', async (t) => {
  const { server, port } = await serve(t, 'mine');
  using folder = createFolder({
    'all.yaml': manifest(app('web', { replicas: 2 }), app('api'), {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web' },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    }),
  });
  await using program = await startProgram({
    ranges,
    args: ['--pod', `deploy/web=127.0.0.1:${port}`, folder.path],
  });
  const web = reachOf(program.status, 'web');
  t.equal((await get(web, { path: '/a', host: 'web' })).body, 'mine got GET /a for web');
  t.match((await get(doorOf(program.status, 'http'), { path: '/i' })).body, /^mine got GET \/i /);
  t.match(
    (await program.run('curl', '--as', 'default/api', 'http://web/c')).stdout,
    /^mine got GET \/c for web$/,
  );
  t.match(await podAt(reachOf(program.status, 'api')), /^api-/, 'others are as they were');
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  const code = await get(web).then(
    ({ status }) => String(status),
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined),
  );
  t.equal(code, 'ECONNRESET', 'the process has ended: nobody answers');
  t.match((await program.run('curl', 'http://web')).stderr, 'nothing listens there');
});

t.test('the annotation podlane.dev/forward does so too, for one Pod template', async (t) => {
  const { port } = await serve(t, 'annotated');
  using folder = createFolder({
    'all.yaml': manifest(
      app('web', { annotations: { 'podlane.dev/forward': `127.0.0.1:${port}` } }),
      app('api'),
    ),
  });
  await using program = await startProgram({ ranges, args: [folder.path] });
  t.match((await get(reachOf(program.status, 'web'))).body, /^annotated got GET \//);
  t.match(await podAt(reachOf(program.status, 'api')), /^api-/);
});

t.test('one Pod of a StatefulSet is a process, the other is emulated', async (t) => {
  const { port } = await serve(t, 'local');
  const stateful = {
    ...deployment('db', { replicas: 2, deployment: { serviceName: 'db' } }),
    kind: 'StatefulSet',
  };
  using folder = createFolder({ 'all.yaml': manifest(stateful, service('db')) });
  await using program = await startProgram({
    ranges,
    args: ['--pod', `pod/db-1=${port}`, folder.path],
  });
  const texts = new Set<string>();
  const db = reachOf(program.status, 'db');
  for (let asked = 0; asked < 100 && texts.size < 2; asked += 1) {
    const { body } = await get(db);
    texts.add(body.startsWith('local') ? 'local' : 'emulated');
  }
  t.same(texts, new Set(['local', 'emulated']));
});

t.test('UDP goes to the process too', async (t) => {
  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => {
    socket.send(`mine: ${message.toString()}`, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  using folder = createFolder({
    'all.yaml': manifest(
      app('dns', {
        containerPorts: [{ name: 'dns', containerPort: 5300, protocol: 'UDP' }],
        service: { ports: [{ port: 5300, protocol: 'UDP', targetPort: 'dns' }] },
      }),
    ),
  });
  await using program = await startProgram({
    ranges,
    args: ['--pod', `deploy/dns=${socket.address().port}`, folder.path],
  });
  t.equal(await udpEcho(reachOf(program.status, 'dns'), 'hello'), 'mine: hello');
});

t.test(
  'a process that is not there yet keeps its Pods unready only where a probe says so',
  async (t) => {
    const { server, port } = await serve(t, 'late');
    server.close();
    await once(server, 'close');
    const probe = { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 };
    const container = {
      name: 'main',
      image: 'example.org/app:1',
      ports: [{ name: 'http', containerPort: 8080 }],
    };
    using folder = createFolder({
      'all.yaml': manifest(
        app('probed', { pod: { containers: [{ ...container, readinessProbe: probe }] } }),
        app('plain'),
      ),
    });
    await using program = await startProgram({
      ranges,
      args: [
        '--pod',
        `deploy/probed=127.0.0.1:${port}`,
        '--pod',
        `deploy/plain=127.0.0.1:${port}`,
        folder.path,
      ],
    });
    const endpointsOf = (name: string): unknown =>
      program.status.services.find((known) => known.name === name)?.endpoints;
    t.same(endpointsOf('probed'), { ready: 0, total: 1 });
    t.same(endpointsOf('plain'), { ready: 1, total: 1 });
    await using watching = program.start('get', 'deploy', 'probed', '-w', '--no-headers');
    server.listen(port, '127.0.0.1');
    await watching.until('stdout', /^probed +1\/1 /m);
    const probed = reachOf(await program.statusNow(), 'probed');
    t.equal(await connectError(probed), undefined);
    t.match((await get(probed)).body, /^late got GET/);
    t.equal(
      (await podsAt(probed, { count: 1 }).catch(() => new Set())).size,
      0,
      'the process answers itself',
    );
  },
);
