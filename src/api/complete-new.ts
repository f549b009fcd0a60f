import { withDefaultIngressClass } from './default-ingress-class.ts';
import type { KindDefinition } from './kind.ts';
import type { KubeObject } from './object.ts';
import { withPriority } from './priority-admission.ts';
import { withServiceAccount } from './service-account-admission.ts';
import type { StoreReader } from './store.ts';
import type { PersistentVolumeClaim } from './types.ts';
import { randomLetters } from './write.ts';

const STORAGE_CLASS = 'StorageClass.storage.k8s.io';
const PRIORITY_CLASS = 'PriorityClass.scheduling.k8s.io';

/** What completing an object looks at besides itself. */
export interface CompletionContext {
  readonly store: Pick<StoreReader, 'get' | 'list'>;
  readonly random: () => number;
  readonly hasServiceAccounts: boolean;
  readonly isDryRun: boolean;
}

/** A new object with what depends on other objects of the cluster. @throws ApiError Forbidden. */
export function completeNew(
  { name }: KindDefinition,
  object: KubeObject,
  { store, random, hasServiceAccounts, isDryRun }: CompletionContext,
): KubeObject {
  if (name === 'Ingress') return withDefaultIngressClass(object, store.list('IngressClass'));
  if (name === 'PersistentVolumeClaim')
    return withDefaultStorageClass(object, store.list<string>(STORAGE_CLASS));
  if (name !== 'Pod') return object;
  const pod = withPriority(object, store.list<string>(PRIORITY_CLASS), { isStrict: false });
  if (!hasServiceAccounts) return pod;
  const { namespace } = object.metadata;
  return withServiceAccount(pod, {
    account: (account) => store.get('ServiceAccount', namespace, account),
    suffix: () => randomLetters(random),
    isDryRun,
  });
}

const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';
/** From before the spec had the field. */
const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class';

/**
 * A new claim with the cluster's default class where it names none; of several defaults the newest is taken.
 *
 * @see kubernetes `plugin/pkg/admission/storage/storageclass/setdefault`
 */
export function withDefaultStorageClass(
  object: KubeObject,
  classes: readonly KubeObject[],
): KubeObject {
  // A claim by its kind, and read as one.
  const { metadata, spec } = object as unknown as PersistentVolumeClaim;
  if (spec?.storageClassName !== undefined) return object;
  if (Object.hasOwn(metadata.annotations ?? {}, OLD_CLASS)) return object;
  const found = defaultStorageClass(classes);
  if (found === undefined) return object;
  return { ...object, spec: { ...spec, storageClassName: found.metadata.name } };
}

/** The class of claims that name none. */
function defaultStorageClass(classes: readonly KubeObject[]): KubeObject | undefined {
  const [newest] = classes
    .filter(({ metadata }) => metadata.annotations?.[IS_DEFAULT] === 'true')
    .toSorted(({ metadata: left }, { metadata: right }) => {
      const [a = '', b = ''] = [left.creationTimestamp, right.creationTimestamp];
      if (a !== b) return a > b ? -1 : 1;
      return left.name < right.name ? -1 : 1;
    });
  return newest;
}
