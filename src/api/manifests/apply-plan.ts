import { readCustomResource } from '../custom-resource.ts';
import type { KubeObject, ObjectRef } from '../object.ts';
import type { KindRegistry } from '../registry.ts';
import type { Store } from '../store.ts';
import { sortForApply } from './apply-order.ts';
import type { ManifestDocument } from './parse.ts';

/** Where manifests are applied. */
export interface ApplyTarget {
  readonly store: Store;
  /** The kinds that the store knows. */
  readonly kinds: KindRegistry;
}

/** One object of the manifests, with its namespace filled in. */
export interface PlannedObject {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly document: ManifestDocument;
  /** The same object in the set before. */
  readonly lastApplied: KubeObject | undefined;
}

export interface ApplyPlan {
  /** In the order of creation. */
  readonly items: readonly PlannedObject[];
  /** In the order of deletion. */
  readonly leaving: readonly PlannedObject[];
  /** Namespaces that objects go to and that are neither there nor in the manifests, with the first that needs them. */
  readonly namespaces: ReadonlyMap<string, ManifestDocument>;
}

/** Compares two sets of manifests, and looks up what they need. */
export function planApply(
  target: ApplyTarget,
  next: readonly ManifestDocument[],
  previous: readonly ManifestDocument[],
): ApplyPlan {
  const before = indexItems(previous, target, new Map());
  const wanted = indexItems(next, target, before);
  const items = sortForApply([...wanted.values()]);
  const left = [...before].filter(([key]) => !wanted.has(key)).map(([, item]) => item);
  return {
    items,
    leaving: sortForApply(left).toReversed(),
    namespaces: missingNamespaces(items, target),
  };
}

function indexItems(
  documents: readonly ManifestDocument[],
  { kinds }: ApplyTarget,
  before: ReadonlyMap<string, PlannedObject>,
): ReadonlyMap<string, PlannedObject> {
  const isNamespaced = scopes(documents, kinds);
  const items = new Map<string, PlannedObject>();
  for (const document of documents) {
    const { object } = document;
    const { name: kind } = kinds.byApiVersion(object.apiVersion, object.kind);
    const { name } = object.metadata;
    const namespace = isNamespaced(object) ? (object.metadata.namespace ?? 'default') : undefined;
    const key = [kind, namespace ?? '', name].join('\n');
    const item: PlannedObject = {
      ref: { kind, name, ...(namespace === undefined ? {} : { namespace }) },
      object: place(object, namespace),
      document,
      lastApplied: before.get(key)?.object,
    };
    // The later document takes the place of the earlier one.
    items.delete(key);
    items.set(key, item);
  }
  return items;
}

/** What only the server sets; it stands in manifests that were got from a cluster, and means nothing in this one. */
const SERVER_FIELDS: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'namespace',
  'resourceVersion',
  'selfLink',
  'uid',
]);

function place(object: KubeObject, namespace: string | undefined): KubeObject {
  const own = Object.entries(object.metadata).filter(([field]) => !SERVER_FIELDS.has(field));
  const metadata = {
    ...Object.fromEntries(own),
    name: object.metadata.name,
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { ...object, metadata };
}

/** Whether objects are namespaced; the definitions among the manifests tell of kinds that the store has yet to learn. */
function scopes(
  documents: readonly ManifestDocument[],
  kinds: KindRegistry,
): (object: KubeObject) => boolean {
  const defined = new Map<string, boolean>();
  for (const { object } of documents) {
    if (object.kind !== 'CustomResourceDefinition') continue;
    const resource = readCustomResource(object);
    if (resource !== undefined)
      defined.set(`${resource.group} ${resource.kind}`, resource.isNamespaced);
  }
  return ({ apiVersion, kind, metadata }) => {
    const definition = kinds.byApiVersion(apiVersion, kind);
    const isDefined = defined.get(`${definition.group} ${kind}`);
    if (isDefined !== undefined) return isDefined;
    const isWritten = definition.origin === 'guessed' && metadata.namespace !== undefined;
    return isWritten || definition.isNamespaced;
  };
}

function missingNamespaces(
  items: readonly PlannedObject[],
  { store }: ApplyTarget,
): ReadonlyMap<string, ManifestDocument> {
  const made = new Set(
    items.filter(({ ref }) => ref.kind === 'Namespace').map(({ ref }) => ref.name),
  );
  const missing = new Map<string, ManifestDocument>();
  for (const { ref, document } of items) {
    const { namespace } = ref;
    if (namespace === undefined || made.has(namespace) || missing.has(namespace)) continue;
    if (store.get('Namespace', undefined, namespace) === undefined)
      missing.set(namespace, document);
  }
  return missing;
}
