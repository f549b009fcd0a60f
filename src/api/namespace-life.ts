import { ApiError } from './errors.ts';
import { resourceDetails, resourceName } from './field-errors.ts';
import type { KindDefinition } from './kind.ts';
import type { KubeObject } from './object.ts';
import type { Namespace } from './types.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';
const FINALIZER = 'kubernetes';
const UNDELETABLE: readonly string[] = ['default', 'kube-system', 'kube-public'];

/** Whether `object` is a Namespace, which has a life of its own. */
export function isNamespace(object: KubeObject): object is Namespace & KubeObject {
  return object.kind === 'Namespace' && object.apiVersion === 'v1';
}

/** A new Namespace as the API server stores it: held by the namespace controller, and active. */
export function prepareNamespace(namespace: Namespace & KubeObject): KubeObject {
  const { metadata, spec } = namespace;
  const finalizers = spec?.finalizers ?? [];
  return {
    ...namespace,
    metadata: { ...metadata, labels: { ...metadata.labels, [NAME_LABEL]: metadata.name } },
    spec: {
      ...spec,
      finalizers: finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER],
    },
    status: { phase: 'Active' },
  };
}

/** A Namespace after a plain update, which leaves `spec.finalizers` alone. */
export function keepNamespace(
  namespace: Namespace & KubeObject,
  old: Namespace & KubeObject,
): KubeObject {
  const { metadata } = namespace;
  return {
    ...namespace,
    metadata: { ...metadata, labels: { ...metadata.labels, [NAME_LABEL]: metadata.name } },
    spec: { ...namespace.spec, ...specWithFinalizers(old) },
  };
}

/** `old` with the `spec.finalizers` of `namespace`, and nothing else of it. */
export function finalizeNamespace(
  namespace: Namespace & KubeObject,
  old: Namespace & KubeObject,
): KubeObject {
  const { finalizers: _, ...spec } = old.spec ?? {};
  return { ...old, spec: { ...spec, ...specWithFinalizers(namespace) } };
}

function specWithFinalizers({ spec }: Namespace): { readonly finalizers?: readonly string[] } {
  const finalizers = spec?.finalizers ?? [];
  return finalizers.length === 0 ? {} : { finalizers };
}

/** Whether the namespace controller is done with it. */
export function isFinalized(namespace: Namespace): boolean {
  return (namespace.spec?.finalizers ?? []).length === 0;
}

/** @throws ApiError Forbidden for the Namespaces that a cluster cannot be without. */
export function checkDeletable(namespace: Namespace, definition: KindDefinition): void {
  const { name } = namespace.metadata;
  if (!UNDELETABLE.includes(name)) return;
  throw new ApiError(
    'Forbidden',
    `${resourceName(definition)} "${name}" is forbidden: this namespace may not be deleted`,
    { details: resourceDetails(definition, name) },
  );
}

/** What a create in a Namespace that is being deleted is answered with. */
export function namespaceTerminating(object: KubeObject, definition: KindDefinition): ApiError {
  const { name, generateName = '', namespace = '' } = object.metadata;
  const shown = name === '' ? generateName : name;
  return new ApiError(
    'Forbidden',
    `${resourceName(definition)} "${shown}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      details: resourceDetails(definition, shown),
      otherCauses: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  );
}
