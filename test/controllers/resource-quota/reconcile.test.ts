import t from 'tap';
import {
  createKindRegistry,
  createStore,
  KINDS,
  prepareWrites,
  type KubeObject,
  type ResourceQuota,
  type Store,
} from '../../../src/api/index.ts';
import {
  createResourceQuotaController,
  runControllers,
  type Controller,
} from '../../../src/controllers/index.ts';
import { createFakeClock, SILENT } from '../../../src/observe/index.ts';
import { dice, object, START } from '../../api/test-store.ts';

interface Setting extends AsyncDisposable {
  readonly store: Store;
  readonly settled: () => Promise<void>;
}

/** A store with a quota `q` of these amounts, and the controller. */
async function quoted(hard: object, given?: Controller): Promise<Setting> {
  const kinds = createKindRegistry(KINDS);
  const store = createStore({ kinds, now: () => START, random: dice() });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const quota = object('ResourceQuota', { name: 'q' }, { spec: { hard } });
  await prepareWrites([quota]);
  const running = runControllers({
    store,
    controllers: [given ?? createResourceQuotaController({ kinds })],
    clock: createFakeClock(START),
    log: SILENT,
  });
  store.create(quota);
  await running.settled();
  return {
    store,
    settled: () => running.settled(),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function statusOf(store: Store): ResourceQuota['status'] {
  const quota: ResourceQuota | undefined = store.get<string>('ResourceQuota', 'default', 'q');
  return quota?.status;
}

function pod(name: string): KubeObject {
  return object('Pod', { name }, { spec: { containers: [{ name: 'main', image: 'x' }] } });
}

t.test(
  'createResourceQuotaController() says what is used as soon as there is a quota',
  async (t) => {
    await using setting = await quoted({
      pods: '2',
      'count/deployments.apps': '1',
      'requests.x/y': '1',
    });
    const { store } = setting;
    t.same(statusOf(store), {
      hard: { 'count/deployments.apps': '1', pods: '2', 'requests.x/y': '1' },
      used: { 'count/deployments.apps': '0', pods: '0', 'requests.x/y': '0' },
    });
  },
);

t.test(
  'createResourceQuotaController() gives back what is deleted, and what has ended',
  async (t) => {
    await using setting = await quoted({ pods: '3', 'count/pods': '5' });
    const { store, settled } = setting;
    for (const name of ['a', 'b', 'c']) store.create(pod(name));
    await settled();
    t.same(statusOf(store)?.used, { 'count/pods': '3', pods: '3' });
    store.delete({ kind: 'Pod', namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 });
    await settled();
    t.same(statusOf(store)?.used, { 'count/pods': '2', pods: '2' });
    const ended = store.get('Pod', 'default', 'b');
    store.update(
      { ...ended, ...pod('b'), status: { phase: 'Succeeded' } },
      { subresource: 'status' },
    );
    await settled();
    t.same(
      statusOf(store)?.used,
      { 'count/pods': '2', pods: '1' },
      'what has ended is still there',
    );
  },
);

t.test('createResourceQuotaController() follows the quota', async (t) => {
  await using setting = await quoted({ pods: '3' });
  const { store, settled } = setting;
  store.create(object('ConfigMap', { name: 'a' }));
  store.update(object('ResourceQuota', { name: 'q' }, { spec: { hard: { configmaps: '4' } } }));
  await settled();
  t.same(statusOf(store), { hard: { configmaps: '4' }, used: { configmaps: '1' } });
});

t.test('createResourceQuotaController() comes to rest', async (t) => {
  await using setting = await quoted({ pods: '3' });
  const { store, settled } = setting;
  store.create(pod('a'));
  await settled();
  const { revision } = store;
  await settled();
  t.equal(store.revision, revision);
});

t.test(
  'createResourceQuotaController() does not count anew for a status that is written',
  async (t) => {
    const kinds = createKindRegistry(KINDS);
    const controller = createResourceQuotaController({ kinds });
    const counted: string[] = [];
    const reconcile: Controller['reconcile'] = (key, snapshot) => {
      counted.push(key);
      return controller.reconcile(key, snapshot);
    };
    await using setting = await quoted({ pods: '9' }, { ...controller, reconcile });
    const { store, settled } = setting;
    const atFirst = counted.length;
    for (const name of ['a', 'b', 'c']) {
      store.create(pod(name));
      await settled();
    }
    t.same(statusOf(store)?.used, { pods: '3' });
    t.equal(atFirst, 1);
    t.equal(counted.length, atFirst);
  },
);
