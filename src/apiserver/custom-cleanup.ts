import type { KindRegistry, KubeObject, Store } from '../api/index.ts';

const CRD = 'CustomResourceDefinition.apiextensions.k8s.io';

/** Holds a definition until none of its objects is left. */
const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

/** Makes a definition that is about to be deleted wait for its objects. */
export function holdForCleanup(store: Store, name: string): void {
  const crd = store.get<string>(CRD, undefined, name);
  const { finalizers = [], deletionTimestamp } = crd?.metadata ?? {};
  if (crd === undefined || deletionTimestamp !== undefined || finalizers.includes(CLEANUP)) return;
  store.update({ ...crd, metadata: { ...crd.metadata, finalizers: [...finalizers, CLEANUP] } });
}

/**
 * Deletes the objects of definitions that are being deleted, and lets the definitions go with their last object.
 *
 * @see apiextensions-apiserver `pkg/controller/finalizer/crd_finalizer.go`
 */
export function cleanCustomResources(store: Store, kinds: KindRegistry): Disposable {
  const stack = new DisposableStack();
  const objectsOf = (crd: KubeObject): readonly KubeObject[] =>
    store.list<string>(kindNameOf(crd, kinds));
  const release = (crd: KubeObject): void => {
    if (objectsOf(crd).length > 0) return;
    const { finalizers = [] } = crd.metadata;
    const rest = finalizers.filter((finalizer) => finalizer !== CLEANUP);
    store.update({ ...crd, metadata: { ...crd.metadata, finalizers: rest } });
  };
  stack.use(
    store.watch<string>(
      CRD,
      ({ type, object }) => {
        if (type === 'DELETED' || !isCleaning(object)) return;
        for (const { metadata } of objectsOf(object)) {
          const { name, namespace, deletionTimestamp } = metadata;
          if (deletionTimestamp !== undefined) continue;
          const ref = { kind: kindNameOf(object, kinds), name };
          store.delete(namespace === undefined ? ref : { ...ref, namespace });
        }
        const current = store.get<string>(CRD, undefined, object.metadata.name);
        if (current !== undefined && isCleaning(current)) release(current);
      },
      { sendInitialEvents: true },
    ),
  );
  stack.use(
    store.watchAll(({ type, kind }) => {
      if (type !== 'DELETED') return;
      const { origin, plural, group } = kinds.byName(kind);
      if (origin !== 'custom') return;
      const crd = store.get<string>(CRD, undefined, `${plural}.${group}`);
      if (crd !== undefined && isCleaning(crd)) release(crd);
    }),
  );
  return stack;
}

function isCleaning({ metadata: { deletionTimestamp, finalizers = [] } }: KubeObject): boolean {
  return deletionTimestamp !== undefined && finalizers.includes(CLEANUP);
}

/** What the store calls the kind that `crd` defines. */
function kindNameOf(crd: KubeObject, kinds: KindRegistry): string {
  const { group = '', names = {} } = (crd['spec'] ?? {}) as {
    readonly group?: string;
    readonly names?: { readonly plural?: string; readonly kind?: string };
  };
  return kinds.byResource(group, names.plural ?? '')?.name ?? `${names.kind ?? ''}.${group}`;
}
