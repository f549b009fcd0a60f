import {
  ANY_KIND,
  countQuota,
  deepEqual,
  type KindRegistry,
  type KubeObject,
  type ResourceQuota,
  type StoreReader,
} from '../../api/index.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

export interface ResourceQuotaOptions {
  /** Knows what a quota means by `count/deployments.apps`. */
  readonly kinds: KindRegistry;
}

/** Kinds of which a change may give something back. */
const CHANGING: ReadonlySet<string> = new Set(['Service', 'PersistentVolumeClaim']);

/**
 * Keeps what is used of each ResourceQuota.
 *
 * Admission writes down what comes; here is counted anew when something went, ended, or changed what it takes, and when
 * the quota itself changed.
 */
export function createResourceQuotaController({ kinds }: ResourceQuotaOptions): Controller {
  return {
    name: 'resourcequota-controller',
    watches: [
      {
        kind: 'ResourceQuota',
        keys: (quota) => [keyOf(quota)],
        // Its status is written here, and by admission for all that comes.
        isOfInterest: (quota, old) => !deepEqual(quota['spec'], old['spec']),
      },
      { kind: ANY_KIND, keys: (object, reader) => replenishedKeys(object, reader, kinds) },
    ],
    reconcile: (key, snapshot) => reconcile(key, snapshot, kinds),
  };
}

function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

/** Quotas of the object's Namespace that may have more room than before. */
function replenishedKeys(
  object: KubeObject,
  reader: StoreReader,
  kinds: KindRegistry,
): readonly string[] {
  const { namespace } = object.metadata;
  if (namespace === undefined) return [];
  const quotas = reader.list<string>('ResourceQuota', { namespace });
  return quotas.length > 0 && mayReplenish(object, reader, kinds) ? quotas.map(keyOf) : [];
}

function mayReplenish(object: KubeObject, reader: StoreReader, kinds: KindRegistry): boolean {
  const { apiVersion, kind, metadata } = object;
  const { name } = kinds.byApiVersion(apiVersion, kind);
  if (CHANGING.has(name)) return true;
  if (reader.get<string>(name, metadata.namespace, metadata.name) === undefined) return true;
  if (name !== 'Pod') return false;
  const { phase = '' } = (object['status'] ?? {}) as { readonly phase?: string };
  return metadata.deletionTimestamp !== undefined || phase === 'Succeeded' || phase === 'Failed';
}

function reconcile(key: string, snapshot: Snapshot, kinds: KindRegistry): readonly Change[] {
  const [namespace = '', name = ''] = key.split('/');
  const quota: ResourceQuota | undefined = snapshot.get<string>('ResourceQuota', namespace, name);
  if (quota === undefined) return [];
  const counted = countQuota(quota, { reader: snapshot, kinds, now: snapshot.now });
  return counted === undefined ? [] : [{ kind: 'updateStatus', object: counted }];
}
