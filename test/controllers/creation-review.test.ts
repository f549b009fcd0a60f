import t from 'tap';
import { ApiError, type KubeObject, type Store, type WriteReview } from '../../src/api/index.ts';
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

function start(review: () => CreationReview, change: Partial<Controller> = {}): Setting {
  const store = createTestStore();
  const clock = createFakeClock(START);
  const controller = { ...copier(), ...change };
  const running = runControllers({
    store,
    clock,
    log: SILENT,
    controllers: [controller],
    review,
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
  const mutated: WriteReview['mutated'] = ({ request }, given) => {
    users.push(request?.user.name);
    return given && { ...given, type: 'reviewed' };
  };
  await using setting = start(() => ({
    isNeeded: () => true,
    carryOut: async (write) => write({ review: { mutated, validated: () => undefined } }),
  }));
  setting.store.create(object('ConfigMap', { name: 'a' }));
  await setting.running.settled();
  t.match(setting.store.get('Secret', 'default', 'a'), { type: 'reviewed' });
  t.same(users, ['system:serviceaccount:kube-system:copy-controller']);
});

t.test('runControllers() reconciles a key anew that changed while it was reviewed', async (t) => {
  const gate = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  await using setting = start(() => ({
    isNeeded: () => true,
    carryOut: async (write) => {
      begun.resolve(undefined);
      await gate.promise;
      return write({});
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
  await using setting = start(() => ({
    isNeeded: () => true,
    carryOut: async (write) => {
      if (!isOpen) throw new ApiError('Forbidden', 'not today');
      return write({});
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
    carryOut: () => Promise.reject(new Error('nobody was to be asked')),
  }));
  setting.store.create(object('ConfigMap', { name: 'a' }));
  await setting.running.settled();
  t.ok(setting.store.get('Secret', 'default', 'a'));
});

t.test('runControllers() writes nothing after its end', async (t) => {
  const begun = Promise.withResolvers<undefined>();
  let isAborted = false;
  const setting = start(() => ({
    isNeeded: () => true,
    carryOut: async (write, signal) => {
      const aborted = new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true });
      });
      begun.resolve(undefined);
      await aborted;
      isAborted = true;
      return write({});
    },
  }));
  const { store, clock } = setting;
  store.create(object('ConfigMap', { name: 'a' }));
  await begun.promise;
  const { revision } = store;
  await setting[Symbol.asyncDispose]();
  t.ok(isAborted, 'the end waits for what is under way');
  t.equal(store.revision, revision);
  t.equal(clock.pendingTimers, 0);
});

t.test('runControllers() knows what a review lets it create for its own', async (t) => {
  const carryOut: CreationReview['carryOut'] = async (write) => {
    await Promise.resolve();
    return write({});
  };
  const kinds = ['ConfigMap', 'Secret'] as const;
  const watches = kinds.map((kind) => ({
    kind,
    keys: ({ metadata }: KubeObject) => [metadata.name],
    ignoresOwnWrites: true,
  }));
  await using setting = start(() => ({ isNeeded: () => true, carryOut }), { watches });
  const { store, running, controller } = setting;
  store.create(object('ConfigMap', { name: 'a' }));
  await running.settled();
  t.ok(store.get('Secret', 'default', 'a'));
  t.same(controller.asked, ['a']);
});
