/** How the program begins, and what it refuses to begin with. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import t from 'tap';
import { createFolder, startInProcess } from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';

const folder = createFolder({
  'all.yaml': manifest(
    app('web', { service: { type: 'NodePort' } }),
    app('db', { service: { clusterIP: 'None' } }),
  ),
});
t.teardown(() => folder[Symbol.dispose]());
const forwards = [
  {
    target: { kind: 'Deployment', namespace: 'default', name: 'wbe' },
    address: '127.0.0.1',
    port: 1,
  },
] as const;

t.test('startInstance() warns of a --pod that names nobody, and says who is near', async (t) => {
  await using instance = await startInProcess({ paths: [folder.path], forwards });
  const message = '--pod names Deployment default/wbe, which is not there. Did you mean "web"?';
  t.match(instance.status().warnings, [{ message }]);
});

t.test('startInstance() refuses a --pod that names nobody when it is strict', async (t) => {
  const started = startInProcess({ paths: [folder.path], forwards, isStrict: true });
  await t.rejects(started, {
    code: 'ERR_OPTION',
    message: '--pod names Deployment default/wbe, which is not there',
    hint: 'Did you mean "web"?',
  });
});

t.test('statusOf() gives a headless Service the clusterIPs of the API', async (t) => {
  await using instance = await startInProcess({ paths: [folder.path] });
  const { services } = instance.status();
  t.same(services.find(({ name }) => name === 'db')?.clusterIPs, ['None']);
});

t.test('startInstance() tells what the API refuses before a port that is taken', async (t) => {
  await using holder = createServer();
  holder.listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo; // a TCP server's address is one
  using refused = createFolder({ 'all.yaml': manifest(app('web', { service: { ports: [] } })) });
  const entry = { address: '127.0.0.1', port };
  const isTold = (paths: readonly string[], code: string) =>
    t.rejects(startInProcess({ paths, entry }), { code });
  await isTold([refused.path], 'ERR_MANIFESTS');
  await isTold([folder.path], 'ERR_ADDRESS_IN_USE');
});
