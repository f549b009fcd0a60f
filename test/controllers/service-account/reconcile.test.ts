import t from 'tap';
import type { Store } from '../../../src/api/index.ts';
import {
  runControllers,
  type Controller,
  type RunningControllers,
} from '../../../src/controllers/index.ts';
import { createServiceAccountController } from '../../../src/controllers/service-account/reconcile.ts';
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

t.test('createServiceAccountController() gives every namespace its default', async (t) => {
  const store = createTestStore();
  await using controllers = run(store, createServiceAccountController());
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  store.create(object('ServiceAccount', { name: 'mine' }));
  await controllers.settled();
  const names = (): string[] =>
    store.list('ServiceAccount').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  t.same(names(), ['default/default', 'default/mine', 'shop/default']);
  store.delete({ kind: 'ServiceAccount', namespace: 'shop', name: 'default' });
  store.delete({ kind: 'ServiceAccount', namespace: 'default', name: 'mine' });
  await controllers.settled();
  t.same(names(), ['default/default', 'shop/default'], 'and gives it back');
  store.delete({ kind: 'Namespace', name: 'shop' });
  store.delete({ kind: 'ServiceAccount', namespace: 'shop', name: 'default' });
  await controllers.settled();
  t.same(names(), ['default/default'], 'but not while the namespace goes');
});
