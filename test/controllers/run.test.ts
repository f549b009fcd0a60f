import t from 'tap';
import { ApiError, type KubeObject } from '../../src/api/index.ts';
import type { Change, Controller } from '../../src/controllers/index.ts';
import { createBench } from './harness.ts';

const configMap = (name: string, data: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

/** A controller of ConfigMaps that does what `reconcile` says and remembers its keys. */
function watcher(
  reconcile: (key: string, calls: number) => readonly Change[],
): Controller & { readonly keys: readonly string[] } {
  const keys: string[] = [];
  return {
    name: 'test-controller',
    keys,
    watches: [
      { kind: 'ConfigMap', keys: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`] },
    ],
    reconcile(key) {
      keys.push(key);
      return reconcile(key, keys.filter((other) => other === key).length);
    },
  };
}

t.test('runControllers() serves many changes of one object with one reconcile', async (t) => {
  const controller = watcher(() => []);
  await using on = createBench({ controllers: [controller] });
  on.store.create({
    ...configMap('a'),
    metadata: { namespace: 'default', name: 'a' },
  } as KubeObject);
  for (let index = 0; index < 10; index += 1) {
    const present = on.get('ConfigMap', 'a');
    on.store.update({ ...present, data: { index: String(index) } });
  }
  await on.settled();
  t.same(controller.keys, ['default/a']);
});

t.test('runControllers() serves a few keys of each controller in turn', async (t) => {
  const order: string[] = [];
  const noting = (name: string, keysARound?: number): Controller => ({
    ...watcher((key) => {
      order.push(`${name} ${key.slice('default/'.length)}`);
      return [];
    }),
    name,
    ...(keysARound === undefined ? {} : { keysARound }),
  });
  await using on = createBench({ controllers: [noting('first'), noting('second', 5)] });
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  for (const name of names)
    on.store.create({ ...configMap(name), metadata: { namespace: 'default', name } } as KubeObject);
  await on.settled();
  t.same(order, [
    // The first round takes half of what the others take.
    ...['a', 'b'].map((name) => `first ${name}`),
    ...['a', 'b', 'c'].map((name) => `second ${name}`),
    ...['c', 'd', 'e', 'f'].map((name) => `first ${name}`),
    ...['d', 'e', 'f', 'g'].map((name) => `second ${name}`),
    'first g',
  ]);
});

t.test(
  'runControllers() lets the rest of the process have its turn within a long round',
  async (t) => {
    const order: string[] = [];
    const noting = (name: string, work: () => void): Controller => ({
      ...watcher(() => {
        order.push(name);
        work();
        return [];
      }),
      name,
    });
    const isLong = noting('long', () => {
      on.clock.advance(100);
      setImmediate(() => order.push('somebody else'));
    });
    const isShort = noting('short', () => undefined);
    await using on = createBench({ controllers: [isLong, isShort, isShort] });
    on.store.create({
      ...configMap('a'),
      metadata: { namespace: 'default', name: 'a' },
    } as KubeObject);
    await on.settled();
    t.same(order, ['long', 'somebody else', 'short', 'short']);
  },
);

t.test('runControllers() tries a conflict again at once', async (t) => {
  const controller = watcher((_, calls) => {
    const stale = {
      ...configMap('a', { calls: String(calls) }),
      metadata: { namespace: 'default', name: 'a', resourceVersion: '1' },
    };
    return calls === 1 ? [{ kind: 'update', object: stale as KubeObject }] : [];
  });
  await using on = createBench({ controllers: [controller] });
  await on.apply(configMap('a'));
  t.same(controller.keys, ['default/a', 'default/a']);
});

t.test('runControllers() drops what follows a failed write and tries again later', async (t) => {
  const missing = {
    ...configMap('gone'),
    metadata: { namespace: 'default', name: 'gone' },
  } as KubeObject;
  const event: Change = {
    kind: 'event',
    event: {
      about: { kind: 'ConfigMap', namespace: 'default', name: 'a' },
      type: 'Normal',
      reason: 'After',
      message: '',
    },
  };
  const controller = watcher((_, calls) =>
    calls === 1 ? [{ kind: 'update', object: missing }, event] : [event],
  );
  await using on = createBench({ controllers: [controller] });
  await on.apply(configMap('a'));
  t.same(on.events(), []);
  on.clock.advance(5);
  await on.settled();
  t.same(on.events(), ['After: ']);
});

t.test('runControllers() records what a write announces, whether it lands or not', async (t) => {
  const announce = (outcome: KubeObject | ApiError) => ({
    about: { kind: 'ConfigMap', namespace: 'default', name: 'a' },
    type: 'Normal' as const,
    reason: outcome instanceof ApiError ? outcome.reason : 'Created',
    message: outcome instanceof ApiError ? '' : outcome.metadata.name,
  });
  const object = { ...configMap('b'), metadata: { namespace: 'default', name: 'b' } } as KubeObject;
  const controller = watcher((key, calls) =>
    key === 'default/a' && calls <= 2 ? [{ kind: 'create', object, announce }] : [],
  );
  await using on = createBench({ controllers: [controller] });
  await on.apply(configMap('a'));
  await on.apply(configMap('a', { x: 'y' }));
  t.same(on.events(), ['Created: b', 'AlreadyExists: ']);
});

t.test('runControllers() reconciles again after the time that a requeue names', async (t) => {
  const controller = watcher((_, calls) =>
    calls === 1 ? [{ kind: 'requeue', afterMs: 1_000 }] : [],
  );
  await using on = createBench({ controllers: [controller] });
  await on.apply(configMap('a'));
  on.clock.advance(999);
  await on.settled();
  t.equal(controller.keys.length, 1);
  on.clock.advance(1);
  await on.settled();
  t.equal(controller.keys.length, 2);
});

t.test(
  'runControllers() tries a key whose reconcile throws again, and others meanwhile',
  async (t) => {
    const controller = watcher((key, calls) => {
      if (key === 'default/a' && calls === 1) throw new Error('a bug');
      return [];
    });
    await using on = createBench({ controllers: [controller] });
    await on.apply(configMap('a'));
    await on.apply(configMap('b'));
    t.same(controller.keys, ['default/a', 'default/b']);
    on.clock.advance(5);
    await on.settled();
    t.same(controller.keys, ['default/a', 'default/b', 'default/a']);
  },
);

t.test(
  'runControllers() leaves no timer behind and reconciles nothing once disposed',
  async (t) => {
    const controller = watcher(() => [{ kind: 'requeue', afterMs: 1_000 }]);
    const on = createBench({ controllers: [controller] });
    await on.apply(configMap('a'));
    await on[Symbol.asyncDispose]();
    t.equal(on.clock.pendingTimers, 0);
    on.store.create({
      ...configMap('b'),
      metadata: { namespace: 'default', name: 'b' },
    } as KubeObject);
    await on.settled();
    t.same(controller.keys, ['default/a']);
  },
);
