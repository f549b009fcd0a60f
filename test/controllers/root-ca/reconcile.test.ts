import t from 'tap';
import type { Store } from '../../../src/api/index.ts';
import {
  runControllers,
  type Controller,
  type RunningControllers,
} from '../../../src/controllers/index.ts';
import { createRootCaController } from '../../../src/controllers/root-ca/reconcile.ts';
import { createFakeClock, SILENT } from '../../../src/observe/index.ts';
import { createTestStore, object } from '../../api/test-store.ts';

function run(store: Store, controller: Controller): RunningControllers {
  return runControllers({
    store,
    controllers: [controller],
    clock: createFakeClock(),
    log: SILENT,
  });
}

t.test('createRootCaController() publishes the root certificate', async (t) => {
  const store = createTestStore();
  let asked = 0;
  const certificate = (): string => {
    asked += 1;
    return '-----BEGIN CERTIFICATE-----';
  };
  const idle = createRootCaController({ certificate });
  t.equal(asked, 0, 'it is asked for when a namespace needs it');
  await using controllers = run(store, idle);
  await controllers.settled();
  const published = store.get('ConfigMap', 'default', 'kube-root-ca.crt');
  t.same(published?.data, { 'ca.crt': '-----BEGIN CERTIFICATE-----' });
  t.match(published?.metadata.annotations, { 'kubernetes.io/description': /CA bundle/ });
  const { revision } = store;
  store.update(object('ConfigMap', { name: 'kube-root-ca.crt' }, { data: { 'ca.crt': 'forged' } }));
  await controllers.settled();
  t.same(store.get('ConfigMap', 'default', 'kube-root-ca.crt')?.data, published?.data);
  t.equal(store.revision, revision + 2);
});
