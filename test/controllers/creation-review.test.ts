import t from 'tap';
import { ApiError, type KubeObject, type Store } from '../../src/api/index.ts';
import {
  runControllers,
  type Change,
  type Controller,
  type CreationReview,
  type RunningControllers,
} from '../../src/controllers/index.ts';
import { createFakeClock, SILENT, type FakeClock } from '../../src/observe/index.ts';
import { createTestStore, object, START } from '../api/test-store.ts';

/** A controller that makes a Secret beside each ConfigMap, and counts how often it was asked. */
function copier(): Controller & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    name: 'copy-controller',
    asked,
    watches: [{ kind: 'ConfigMap', keys: ({ metadata }) => [metadata.name] }],
    reconcile(key, snapshot): readonly Change[] {
      asked.push(key);
      if (snapshot.get('Secret', 'default', key) !== undefined) return [];
      return [
        {
          kind: 'create',
          object: object('Secret', { name: key }),
          announce: (outcome) =>
            outcome instanceof ApiError
              ? {
                  about: { kind: 'ConfigMap', namespace: 'default', name: key },
                  type: 'Warning',
                  reason: 'FailedCreate',
                  message: outcome.message,
                }
              : undefined,
        },
      ];
    },
  };
}

interface Setting extends AsyncDisposable {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly controller: ReturnType<typeof copier>;
  readonly running: RunningControllers;
}

function start(review: (store: Store) => CreationReview): Setting {
  const store = createTestStore();
  const clock = createFakeClock(START);
  const controller = copier();
  const running = runControllers({
    store,
    clock,
    log: SILENT,
    controllers: [controller],
    review: () => review(store),
  });
  return {
    store,
    clock,
    controller,
    running,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

t.test('runControllers() creates what a review has made of an object', async (t) => {
  const users: unknown[] = [];
  await using setting = start((store) => ({
    isNeeded: () => true,
    create: async (given: KubeObject, options) => {
      users.push(options.request?.user.name);
      return store.create({ ...given, type: 'reviewed' });
    },
  }));
  setting.store.create(object('ConfigMap', { name: 'a' }));
  await setting.running.settled();
  t.match(setting.store.get('Secret', 'default', 'a'), { type: 'reviewed' });
  t.same(users, ['system:serviceaccount:kube-system:copy-controller']);
});

t.test('runControllers() reconciles a key anew that changed while it was reviewed', async (t) => {
  const gate = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  await using setting = start((store) => ({
    isNeeded: () => true,
    create: async (given: KubeObject) => {
      begun.resolve(undefined);
      await gate.promise;
      return store.create(given);
    },
  }));
  const { store, running, controller } = setting;
  const made = store.create(object('ConfigMap', { name: 'a' }));
  await begun.promise;
  store.update({ ...made, data: { x: '1' } });
  gate.resolve(undefined);
  await running.settled();
  t.same(controller.asked, ['a', 'a']);
  t.equal(store.list('Secret').length, 1);
});

t.test('runControllers() tells that a review refuses, and tries again', async (t) => {
  let isOpen = false;
  await using setting = start((store) => ({
    isNeeded: () => true,
    create: async (given: KubeObject) => {
      if (!isOpen) throw new ApiError('Forbidden', 'not today');
      return store.create(given);
    },
  }));
  const { store, running, clock } = setting;
  store.create(object('ConfigMap', { name: 'a' }));
  await running.idle();
  t.match(store.list('Event'), [{ reason: 'FailedCreate', message: 'not today' }]);
  isOpen = true;
  clock.advance(10);
  await running.settled();
  t.ok(store.get('Secret', 'default', 'a'));
});

t.test('runControllers() asks nobody where nobody wants to be asked', async (t) => {
  await using setting = start(() => ({
    isNeeded: () => false,
    create: () => Promise.reject(new Error('nobody was to be asked')),
  }));
  setting.store.create(object('ConfigMap', { name: 'a' }));
  await setting.running.settled();
  t.ok(setting.store.get('Secret', 'default', 'a'));
});
