import { coreResources, STORED_VERBS, type ResourceRow } from './core-resources.ts';
import { readCustomResource, type CustomResource } from './custom-resource.ts';
import { discoveryDocument, type DiscoveryResource } from './discovery-document.ts';
import { customColumn, selectableField } from './custom-columns.ts';
import { NAME } from './kinds/columns.ts';
import type { KindDefinition, KindRow } from './kind.ts';
import type { KindName, KubeObject } from './object.ts';
import { structuralRow } from './structural/index.ts';
import { indexResources, indexWords } from './kind-index.ts';
import type { KindMap } from './types.ts';

/** Every kind the cluster knows, and a guess for those it does not. */
export interface KindRegistry {
  /** Built-in kinds in discovery's order, then those that CustomResourceDefinitions made. */
  all(): readonly KindDefinition[];
  /** The kind that code calls `name`; guessed when it is unknown. */
  byName(name: KindName): KindDefinition;
  /** The kind of an object with this `apiVersion` and `kind`; guessed when it is unknown. */
  byApiVersion(apiVersion: string, kind: string): KindDefinition;
  /** The kind behind `/apis/GROUP/…/PLURAL`; undefined when there is none. */
  byResource(group: string, plural: string): KindDefinition | undefined;
  /**
   * What a person means by `word`: a plural, singular, short or kind name, `plural.group`, `plural.version.group`,
   * or a category (`all`), which gives several; empty when it means nothing.
   */
  resolve(word: string): readonly KindDefinition[];
  /** Learns the kind that a CustomResourceDefinition object defines; a later one replaces it. */
  define(crd: KubeObject): void;
  /** Forgets what `define` learnt from this object. */
  forget(crd: KubeObject): void;
}

/** Kinds with a generated type go by their plain kind; the compiler keeps this list whole. */
const TYPED: Readonly<Record<keyof KindMap, string>> = {
  ConfigMap: '',
  ControllerRevision: 'apps',
  CronJob: 'batch',
  DaemonSet: 'apps',
  Deployment: 'apps',
  EndpointSlice: 'discovery.k8s.io',
  Endpoints: '',
  Event: '',
  IPAddress: 'networking.k8s.io',
  Ingress: 'networking.k8s.io',
  IngressClass: 'networking.k8s.io',
  Job: 'batch',
  Namespace: '',
  NetworkPolicy: 'networking.k8s.io',
  Node: '',
  PersistentVolume: '',
  PersistentVolumeClaim: '',
  Pod: '',
  ReplicaSet: 'apps',
  Secret: '',
  Service: '',
  ServiceAccount: '',
  ServiceCIDR: 'networking.k8s.io',
  StatefulSet: 'apps',
};

/** Built-in kinds whose strategy counts `metadata.generation`, seen on a 1.36.3 server or read in its strategies. */
const WITH_GENERATION: ReadonlySet<string> = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'EndpointSlice',
  'Ingress',
  'IngressClass',
  'Job',
  'NetworkPolicy',
  'Pod',
  'PodTemplate',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'PodDisruptionBudget.policy',
  'CustomResourceDefinition.apiextensions.k8s.io',
  'PriorityClass.scheduling.k8s.io',
  'FlowSchema.flowcontrol.apiserver.k8s.io',
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io',
  'DeviceClass.resource.k8s.io',
  'ResourceSlice.resource.k8s.io',
  'MutatingAdmissionPolicy.admissionregistration.k8s.io',
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'MutatingWebhookConfiguration.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io',
]);

/**
 * The registry of the built-in kinds, each with its row of `rows` if there is one.
 *
 * A row of a kind that discovery does not list describes a custom resource once its definition is there.
 */
export function createKindRegistry(rows: readonly KindRow[]): KindRegistry {
  const byRow = new Map<string, KindRow>(rows.map((row) => [row.name, row]));
  const builtin = [...coreResources(), ...discoveredResources()].map((resource) =>
    builtinDefinition(resource, byRow),
  );
  return new Registry(builtin, byRow);
}

class Registry implements KindRegistry {
  readonly #builtin: readonly KindDefinition[];
  readonly #rows: ReadonlyMap<string, KindRow>;
  readonly #custom = new Map<string, KindDefinition>();
  readonly #byName = new Map<string, KindDefinition>();
  readonly #guessed = new Map<string, KindDefinition>();
  /** Words of `resolve`; made anew after a change. */
  #words: ReadonlyMap<string, readonly KindDefinition[]> | undefined;
  /** By `plural.group`; made anew after a change. */
  #byResource: ReadonlyMap<string, KindDefinition> | undefined;

  constructor(builtin: readonly KindDefinition[], rows: ReadonlyMap<string, KindRow>) {
    this.#builtin = builtin;
    this.#rows = rows;
    for (const definition of builtin) this.#remember(definition);
  }

  all(): readonly KindDefinition[] {
    return [...this.#builtin, ...this.#custom.values()];
  }

  byName(name: KindName): KindDefinition {
    const known = this.#byName.get(name) ?? this.#guessed.get(name);
    if (known !== undefined) return known;
    const dot = name.indexOf('.');
    if (dot === -1) return this.#guess('', 'v1', name);
    return this.#guess(name.slice(dot + 1), 'v1', name.slice(0, dot));
  }

  byApiVersion(apiVersion: string, kind: string): KindDefinition {
    const slash = apiVersion.indexOf('/');
    const group = slash === -1 ? '' : apiVersion.slice(0, slash);
    const name = group === '' ? kind : `${kind}.${group}`;
    return (
      this.#byName.get(name) ??
      this.#guessed.get(name) ??
      this.#guess(group, apiVersion.slice(slash + 1), kind)
    );
  }

  byResource(group: string, plural: string): KindDefinition | undefined {
    const key = `${plural}.${group}`;
    this.#byResource ??= indexResources(this.all());
    return this.#byResource.get(key);
  }

  resolve(word: string): readonly KindDefinition[] {
    this.#words ??= indexWords([...this.all(), ...this.#guessed.values()]);
    return this.#words.get(word.toLowerCase()) ?? [];
  }

  define(crd: KubeObject): void {
    const resource = readCustomResource(crd);
    if (resource === undefined) return;
    const name = nameOf(resource.group, resource.kind);
    if (this.#builtin.some((definition) => definition.name === name)) return;
    const definition: KindDefinition = {
      hasGeneration: true,
      ...this.#rows.get(name),
      ...rowOfSchema(resource),
      ...rowOfColumns(resource, this.#rows.get(name)),
      ...resource,
      name,
      version: resource.storageVersion,
      hasStatus: resource.subresources.includes('status'),
      origin: 'custom',
    };
    const before = this.#custom.get(crd.metadata.name);
    if (before !== undefined && before.name !== name) this.#byName.delete(before.name);
    this.#custom.set(crd.metadata.name, definition);
    this.#guessed.delete(name);
    this.#remember(definition);
  }

  forget(crd: KubeObject): void {
    const definition = this.#custom.get(crd.metadata.name);
    if (definition === undefined) return;
    this.#custom.delete(crd.metadata.name);
    this.#byName.delete(definition.name);
    this.#words = undefined;
    this.#byResource = undefined;
  }

  /** Under its name, and under `Kind.group` for the kinds that go by their plain kind. */
  #remember(definition: KindDefinition): void {
    this.#byName.set(definition.name, definition);
    if (definition.group !== '')
      this.#byName.set(`${definition.kind}.${definition.group}`, definition);
    this.#words = undefined;
    this.#byResource = undefined;
  }

  #guess(group: string, version: string, kind: string): KindDefinition {
    const name = nameOf(group, kind);
    const known = this.#guessed.get(name);
    if (known !== undefined) return known;
    const definition = guessDefinition({ group, version, kind, row: this.#rows.get(name) });
    this.#guessed.set(name, definition);
    this.#words = undefined;
    return definition;
  }
}

/** How objects are printed and selected; code that knows the kind knows its columns. */
function rowOfColumns(
  { printerColumns, selectablePaths }: CustomResource,
  row: KindRow | undefined,
): Partial<KindRow<string>> {
  const columns = [NAME, ...printerColumns.map(customColumn)];
  return {
    ...(row?.columns === undefined && printerColumns.length > 0 && { columns }),
    selectableFields: Object.fromEntries(selectablePaths.map(selectableField)),
  };
}

/** What the stored version's schema asks of objects. */
function rowOfSchema({ schemas, storageVersion }: CustomResource): Partial<KindRow<string>> {
  const schema = schemas[storageVersion];
  if (typeof schema !== 'object' || schema === null) return {};
  return structuralRow(schema); // as the definition of definitions has it
}

function nameOf(group: string, kind: string): string {
  const isPlain =
    group === '' || (Object.hasOwn(TYPED, kind) && TYPED[kind as keyof KindMap] === group);
  return isPlain ? kind : `${kind}.${group}`;
}

function builtinDefinition(
  resource: ResourceRow,
  rows: ReadonlyMap<string, KindRow>,
): KindDefinition {
  const name = nameOf(resource.group, resource.kind);
  return {
    hasGeneration: WITH_GENERATION.has(name),
    ...rows.get(name),
    ...resource,
    name,
    version: resource.versions[0] ?? 'v1',
    hasStatus: resource.subresources.includes('status'),
    origin: 'builtin',
  };
}

/** The groups besides core, each resource once with all its versions. */
function discoveredResources(): readonly ResourceRow[] {
  const found = new Map<string, ResourceRow & { versions: string[] }>();
  for (const { metadata, versions } of discoveryDocument().items) {
    for (const { version, resources } of versions) {
      for (const resource of resources) {
        const key = `${resource.resource}.${metadata.name}`;
        const known = found.get(key);
        if (known === undefined) found.set(key, fromDiscovery(metadata.name, version, resource));
        else known.versions.push(version);
      }
    }
  }
  return [...found.values()];
}

function fromDiscovery(
  group: string,
  version: string,
  resource: DiscoveryResource,
): ResourceRow & { versions: string[] } {
  return {
    group,
    versions: [version],
    kind: resource.responseKind.kind,
    plural: resource.resource,
    singular: resource.singularResource,
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    verbs: resource.verbs,
    subresources: (resource.subresources ?? []).map(({ subresource }) => subresource),
    isNamespaced: resource.scope === 'Namespaced',
  };
}

interface Guess {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly row: KindRow | undefined;
}

/** A kind nobody has defined: its plural as people form it, cluster-scoped where the name says so. */
function guessDefinition({ group, version, kind, row }: Guess): KindDefinition {
  return {
    ...row,
    name: nameOf(group, kind),
    group,
    version,
    versions: [version],
    kind,
    plural: guessPlural(kind),
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: STORED_VERBS,
    subresources: [],
    isNamespaced: !/^Cluster[A-Z]|[a-z]Class$/.test(kind),
    hasStatus: false,
    hasGeneration: true,
    origin: 'guessed',
  };
}

/**
 * The plural that a kind's resource most likely has.
 *
 * As `meta.UnsafeGuessKindToResource`, except that `y` after a vowel gets an `s` (`gateways`).
 */
export function guessPlural(kind: string): string {
  const singular = kind.toLowerCase();
  if (singular.endsWith('endpoints')) return singular;
  if (singular.endsWith('s')) return `${singular}es`;
  return /[^aeiou]y$/.test(singular) ? singular.replace(/y$/, 'ies') : `${singular}s`;
}
