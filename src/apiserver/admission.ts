import {
  CLAIM_PROTECTION,
  VOLUME_PROTECTION,
  withPriority,
  type KubeObject,
  type Store,
} from '../api/index.ts';

/** Changes a new object as an admission plugin of the API server does. */
type Admit = (object: KubeObject) => KubeObject;

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** By kind; what needs no client is done by the store and the controllers. */
const PLUGINS: Readonly<Record<string, Admit>> = {
  // StorageObjectInUseProtection
  PersistentVolumeClaim: (object) => withFinalizer(object, CLAIM_PROTECTION),
  PersistentVolume: (object) => withFinalizer(object, VOLUME_PROTECTION),
  'VolumeAttributesClass.storage.k8s.io': (object) =>
    withFinalizer(object, 'kubernetes.io/vac-protection'),
  // TaintNodesByCondition: a Node that nobody has seen takes no Pods.
  Node: (object) => {
    const spec = (object['spec'] ?? {}) as {
      readonly taints?: readonly { readonly key: string }[];
    };
    const taints = spec.taints ?? [];
    if (taints.some(({ key }) => key === NOT_READY.key)) return object;
    return { ...object, spec: { ...spec, taints: [...taints, NOT_READY] } };
  },
};

/** A new object as it goes into the store. @see Kubernetes documentation, admission controllers */
export function admitNew(object: KubeObject, kind: string, store: Pick<Store, 'list'>): KubeObject {
  if (kind === 'Pod')
    return withPriority(object, store.list<string>('PriorityClass.scheduling.k8s.io'), {
      isStrict: true,
    });
  return PLUGINS[kind]?.(object) ?? object;
}

function withFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(finalizer)) return object;
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } };
}
