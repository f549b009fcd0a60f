/** Random writes against a model that is a map: whatever happens, lists, watches and revisions tell one story. */
import * as fc from 'fast-check';
import t from 'tap';
import {
  ApiError,
  type KubeObject,
  type ObjectMeta,
  type Store,
  type StoreEvent,
} from '../../src/api/index.ts';
import { createTestStore, object } from './test-store.ts';

type Operation =
  | {
      readonly verb: 'create' | 'update';
      readonly target: Target;
      readonly app: string;
      readonly data: string;
    }
  | { readonly verb: 'hold' | 'release' | 'delete'; readonly target: Target };

interface Target {
  readonly kind: 'ConfigMap' | 'Widget.example.org';
  readonly namespace: 'default' | 'shop';
  readonly name: string;
}

const target: fc.Arbitrary<Target> = fc.record({
  kind: fc.constantFrom('ConfigMap', 'Widget.example.org'),
  namespace: fc.constantFrom('default', 'shop'),
  name: fc.constantFrom('a', 'b', 'c'),
});
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    verb: fc.constantFrom('create', 'update'),
    target,
    app: fc.constantFrom('web', 'db'),
    data: fc.constantFrom('1', '2'),
  }),
  fc.record({ verb: fc.constantFrom('hold', 'release', 'delete'), target }),
);

interface Entry {
  readonly app: string;
  readonly data: string;
  readonly isHeld: boolean;
  readonly isMarked: boolean;
}

type Model = Map<string, Entry>;

const keyOf = ({ kind, namespace, name }: Target): string => `${kind} ${namespace}/${name}`;

function make(
  kind: Target['kind'],
  metadata: Partial<ObjectMeta>,
  fields: Readonly<Record<string, unknown>> = {},
): KubeObject {
  return object(kind.replace(/\..*/, ''), metadata, fields);
}

function write(store: Store, step: Operation): void {
  const { kind, namespace, name } = step.target;
  const stored = (): KubeObject | undefined => store.get<string>(kind, namespace, name);
  const changed = (change: Partial<KubeObject['metadata']>, fields = {}): KubeObject => {
    const present = stored() ?? make(kind, { namespace, name });
    return { ...present, ...fields, metadata: { ...present.metadata, ...change } };
  };
  switch (step.verb) {
    case 'create':
      store.create(
        make(kind, { namespace, name, labels: { app: step.app } }, { data: { x: step.data } }),
      );
      return;
    case 'update':
      store.update(changed({ labels: { app: step.app } }, { data: { x: step.data } }));
      return;
    case 'hold':
      store.update(changed({ finalizers: ['example.org/hold'] }));
      return;
    case 'release':
      store.update(changed({ finalizers: [] }));
      return;
    case 'delete':
      store.delete({ kind, namespace, name });
      return;
    default:
      step satisfies never;
  }
}

/** What the write should lead to; undefined for a refusal. */
function predict(model: Model, step: Operation): Model | undefined {
  const key = keyOf(step.target);
  const entry = model.get(key);
  const next = new Map(model);
  if (step.verb === 'create') {
    if (entry !== undefined) return undefined;
    const { app, data } = step;
    return next.set(key, { app, data, isHeld: false, isMarked: false });
  }
  if (entry === undefined) return undefined;
  const { isHeld, isMarked } = entry;
  if (step.verb === 'update') return next.set(key, { ...entry, app: step.app, data: step.data });
  if (step.verb === 'hold')
    return isMarked && !isHeld ? undefined : next.set(key, { ...entry, isHeld: true });
  const isGone = step.verb === 'delete' ? !isHeld : isMarked;
  if (isGone) next.delete(key);
  else
    next.set(key, {
      ...entry,
      isHeld: step.verb === 'delete',
      isMarked: isMarked || step.verb === 'delete',
    });
  return next;
}

function readBack(store: Store): Model {
  const model: Model = new Map();
  for (const kind of ['ConfigMap', 'Widget.example.org'] as const)
    for (const { metadata, ...fields } of store.list<string>(kind)) {
      const { namespace = '', name, labels, finalizers, deletionTimestamp } = metadata;
      const data = fields['data'] as { readonly x: string };
      model.set(`${kind} ${namespace}/${name}`, {
        app: labels?.['app'] ?? '',
        data: data.x,
        isHeld: finalizers !== undefined,
        isMarked: deletionTimestamp !== undefined,
      });
    }
  return model;
}

/** The objects that events tell of, by name. */
class Replay {
  readonly objects = new Map<string, KubeObject>();
  readonly revisions: number[] = [];

  readonly apply = ({ type, object: { metadata }, object: told, revision }: StoreEvent): void => {
    const key = `${told.kind} ${metadata.namespace}/${metadata.name}`;
    this.revisions.push(revision);
    if (type === 'ADDED' && this.objects.has(key)) throw new Error(`${key} was added twice`);
    if (type !== 'ADDED' && !this.objects.has(key)) throw new Error(`${key} was never added`);
    if (type === 'DELETED') this.objects.delete(key);
    else this.objects.set(key, told);
  };

  sameAs(objects: readonly KubeObject[]): boolean {
    return (
      objects.length === this.objects.size &&
      objects.every(
        (stored) =>
          this.objects.get(
            `${stored.kind} ${stored.metadata.namespace}/${stored.metadata.name}`,
          ) === stored,
      )
    );
  }
}

function createShops(): Store {
  const store = createTestStore({
    onListenerError: (error) => {
      throw error;
    },
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  return store;
}

/** The revision of a store that has its two Namespaces. */
const FIRST = 2;

const show = (model: Model): string =>
  JSON.stringify([...model].toSorted(([a], [b]) => (a < b ? -1 : 1)));

t.test('the store agrees with a map, whatever is written', async () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const store = createShops();
      let model: Model = new Map();
      for (const step of operations) {
        const { revision } = store;
        const next = predict(model, step);
        let isRefused = false;
        try {
          write(store, step);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          isRefused = true;
        }
        if (isRefused !== (next === undefined)) return false;
        const isChanged = next !== undefined && show(next) !== show(model);
        if (store.revision !== revision + (isChanged ? 1 : 0)) return false;
        model = next ?? model;
        if (show(readBack(store)) !== show(model)) return false;
      }
      return true;
    }),
  );
});

t.test('watches lose no event: replayed they are the list, from any revision', async () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 40 }),
      fc.nat(40),
      fc.constantFrom('', 'app=web'),
      (operations, at, labelSelector) => {
        const store = createShops();
        const all = new Replay();
        using _all = store.watchAll(all.apply);
        const selected = new Replay();
        using _selected = store.watch<string>('ConfigMap', selected.apply, { labelSelector });
        const late = new Replay();
        using stack = new DisposableStack();
        for (const [index, step] of operations.entries()) {
          if (index === at)
            stack.use(
              store.watch<string>('ConfigMap', late.apply, {
                labelSelector,
                sendInitialEvents: true,
              }),
            );
          try {
            write(store, step);
          } catch (error) {
            if (!(error instanceof ApiError)) throw error;
          }
        }
        const list = store.list<string>('ConfigMap', { labelSelector });
        const replayed = new Replay();
        using _since = store.watch<string>('ConfigMap', replayed.apply, {
          labelSelector,
          sinceRevision: FIRST,
        });
        const isLateRight = at >= operations.length || late.sameAs(list);
        return (
          isLateRight &&
          selected.sameAs(list) &&
          replayed.sameAs(list) &&
          all.revisions.every((revision, index) => revision === FIRST + 1 + index) &&
          all.revisions.length === store.revision - FIRST
        );
      },
    ),
  );
});
