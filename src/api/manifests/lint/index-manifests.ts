import {
  createAddressPlan,
  parseCidr,
  type AddressPlanOptions,
  type Cidr,
} from '../../../net/index.ts';
import { decode } from '../../decode.ts';
import { schemaOfKind } from '../../openapi-schemas.ts';
import { isJsonObject } from '../../patch/index.ts';
import type { KindMap, PodTemplateSpec } from '../../types.ts';
import type { ManifestDocument } from '../parse.ts';
import {
  namespaceOf,
  STORAGE_CLASS,
  type DocumentOf,
  type LintInput,
  type PodSource,
} from './rule.ts';

/** What rules may know besides the manifests. */
export interface LintOptions {
  /** Whether the cluster has such an object. @default what every cluster starts with: namespaces, two IngressClasses, its own Services */
  readonly exists?: LintInput['exists'];
  /** Labels that a Namespace has in the cluster, besides those in the manifests. @default none */
  readonly labelsOf?: LintInput['labelsOf'];
  /** Pods that run already; asked when their labels are looked at. @default none */
  readonly running?: () => readonly PodSource[];
  /** Where the cluster's addresses are. @default those of an address plan without options */
  readonly ranges?: Pick<AddressPlanOptions, 'podCIDRs' | 'serviceCIDRs'>;
}

/** What every cluster has. */
const ALWAYS_THERE: ReadonlySet<string> = new Set([
  'IngressClass /nginx',
  'IngressClass /podlane',
  'Namespace /default',
  'Namespace /kube-node-lease',
  'Namespace /kube-public',
  'Namespace /kube-system',
  'Service default/kubernetes',
  'Service kube-system/kube-dns',
  `${STORAGE_CLASS} /standard`,
]);

/** Sorts the documents by kind, and finds the Pods that they bring about. */
export function indexManifests(
  documents: readonly ManifestDocument[],
  { exists = () => false, labelsOf = () => ({}), running = () => [], ranges = {} }: LintOptions,
): LintInput {
  const byKind = new Map<string, ManifestDocument[]>();
  for (const document of documents) {
    const known = byKind.get(document.object.kind);
    if (known === undefined) byKind.set(document.object.kind, [document]);
    else known.push(document);
  }
  /** Rules ask again for each object that they look at. */
  const typedByKind = new Map<string, readonly ManifestDocument[]>();
  return {
    documents,
    pods: [...documents.flatMap(podsOf), ...running()],
    ofKind: <K extends keyof KindMap>(kind: K) => {
      const found =
        typedByKind.get(kind) ??
        (byKind.get(kind) ?? []).filter(isBuiltIn).flatMap((document) => typed(kind, document));
      typedByKind.set(kind, found);
      // What is kept for a kind is of that kind.
      return found as readonly DocumentOf<K>[];
    },
    ranges: rangesOf(ranges),
    labelsOf: (namespace) => {
      const written = byKind
        .get('Namespace')
        ?.find(({ object }) => object.metadata.name === namespace);
      return { ...labelsOf(namespace), ...written?.object.metadata.labels };
    },
    exists: (kind, namespace, name) =>
      ALWAYS_THERE.has(`${kind} ${namespace ?? ''}/${name}`) || exists(kind, namespace, name),
  };
}

function rangesOf(ranges: NonNullable<LintOptions['ranges']>): LintInput['ranges'] {
  const { serviceCIDRs, podCIDRs } = createAddressPlan();
  const read = (texts: readonly string[] | undefined): readonly Cidr[] | undefined =>
    texts?.map(parseCidr).filter((cidr) => cidr !== undefined);
  return {
    serviceCIDRs: read(ranges.serviceCIDRs) ?? serviceCIDRs,
    podCIDRs: read(ranges.podCIDRs) ?? podCIDRs,
  };
}

/** The document with what its type promises, also where it was not written. */
function typed<K extends keyof KindMap>(
  kind: K,
  document: ManifestDocument,
): readonly DocumentOf<K>[] {
  const { value, errors } = decode(kind, document.object);
  // Without errors it is what the type says.
  return errors.length > 0 ? [] : [{ ...document, object: value as DocumentOf<K>['object'] }];
}

/** A custom kind may share the name of a built-in one (`Ingress` and `Service` of other groups). */
function isBuiltIn({ object: { apiVersion } }: ManifestDocument): boolean {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return !group.includes('.') || /^(?:networking|discovery)\.k8s\.io$/.test(group);
}

/** Pods themselves, and the templates of everything that has one: custom kinds make Pods too. */
function podsOf(document: ManifestDocument): readonly PodSource[] {
  const { object } = document;
  const template = object.kind === 'Pod' ? object : templateIn(object['spec']);
  if (!isJsonObject(template) || !isJsonObject(template['spec'])) return [];
  const isChecked = schemaOfKind(object.apiVersion, object.kind) !== undefined;
  // Custom kinds may mean something else by `template`.
  if (!isChecked && decode('PodTemplateSpec', template).errors.length > 0) return [];
  // Its fields have their types, here or since the document was checked; what the type requires may still be missing.
  const { metadata, spec } = template as PodTemplateSpec;
  return [{ namespace: namespaceOf(document), labels: metadata?.labels ?? {}, spec }];
}

function templateIn(spec: unknown): unknown {
  if (!isJsonObject(spec)) return undefined;
  if (isJsonObject(spec['jobTemplate'])) return templateIn(spec['jobTemplate']['spec']);
  return spec['template'];
}
