import { ANY_KIND, deepEqual, type KubeObject, type Namespace } from '../../api/index.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';
import { deletionConditions } from './conditions.ts';

const FINALIZER = 'kubernetes';

/**
 * Empties Namespaces that are being deleted, Pods before anything else, and lets them go when nothing is left.
 *
 * @see kubernetes `pkg/controller/namespace/deletion`; KEP-5080 for the order
 */
export function createNamespaceController(): Controller {
  return {
    name: 'namespace-controller',
    watches: [
      { kind: 'Namespace', keys: ({ metadata }) => [metadata.name] },
      {
        kind: ANY_KIND,
        keys: ({ metadata: { namespace } }, reader) => {
          if (namespace === undefined) return [];
          const found = reader.get('Namespace', undefined, namespace);
          return found?.metadata.deletionTimestamp === undefined ? [] : [namespace];
        },
      },
    ],
    reconcile: emptyNamespace,
  };
}

function emptyNamespace(name: string, snapshot: Snapshot): readonly Change[] {
  const namespace = snapshot.get('Namespace', undefined, name);
  if (namespace?.metadata.deletionTimestamp === undefined) return [];
  const finalizers = namespace.spec?.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return [];
  const content = snapshot.list<string>(ANY_KIND, { namespace: name });
  if (content.length === 0) {
    const kept = finalizers.filter((finalizer) => finalizer !== FINALIZER);
    return [{ kind: 'finalize', object: generic({ ...namespace, spec: { finalizers: kept } }) }];
  }
  const pods = content.filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Pod');
  const deletions = (pods.length > 0 ? pods : content)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(remove);
  // What a deletion removes at once remains for no condition to tell of.
  return deletions.length > 0 ? deletions : tellRemaining(namespace, content, snapshot.now);
}

function tellRemaining(
  namespace: Namespace,
  remaining: readonly KubeObject[],
  now: number,
): readonly Change[] {
  const { conditions: old = [] } = namespace.status ?? {};
  const conditions = deletionConditions(remaining, old, now);
  if (deepEqual(conditions, old)) return [];
  const status = { ...namespace.status, conditions };
  return [{ kind: 'updateStatus', object: generic({ ...namespace, status }) }];
}

function remove({ apiVersion, kind, metadata }: KubeObject): Change {
  const { namespace, name, uid } = metadata;
  const slash = apiVersion.indexOf('/');
  return {
    kind: 'delete',
    ref: {
      kind: slash === -1 ? kind : `${kind}.${apiVersion.slice(0, slash)}`,
      name,
      ...(namespace !== undefined && { namespace }),
    },
    options: {
      propagationPolicy: 'Background',
      ...(uid !== undefined && { preconditions: { uid } }),
    },
  };
}

/** Generated types are interfaces, which TypeScript does not take for an object with an index signature. */
function generic(namespace: Namespace): KubeObject {
  return namespace as unknown as KubeObject;
}
