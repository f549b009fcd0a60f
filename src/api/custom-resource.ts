import { STORED_VERBS, type ResourceRow } from './core-resources.ts';
import type { KubeObject } from './object.ts';

/** What a CustomResourceDefinition tells about its resource. */
export interface CustomResource extends ResourceRow {
  readonly storageVersion: string;
}

interface CrdSpec {
  readonly group?: string;
  readonly scope?: string;
  readonly names?: {
    readonly kind?: string;
    readonly plural?: string;
    readonly singular?: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly versions?: readonly {
    readonly name: string;
    readonly served?: boolean;
    readonly storage?: boolean;
    readonly subresources?: Readonly<Record<string, unknown>>;
  }[];
}

/** The resource that a CustomResourceDefinition object defines; undefined where it lacks what a resource needs. */
export function readCustomResource(crd: KubeObject): CustomResource | undefined {
  const spec = crd['spec'] as CrdSpec | undefined;
  const { group, names, versions = [] } = spec ?? {};
  if (group === undefined || names?.kind === undefined || names.plural === undefined)
    return undefined;
  const storage = versions.find((version) => version.storage === true) ?? versions[0];
  if (storage === undefined) return undefined;
  return {
    group,
    versions: servedVersions(versions),
    storageVersion: storage.name,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: STORED_VERBS,
    subresources: Object.keys(storage.subresources ?? {}).toSorted(),
    isNamespaced: spec?.scope !== 'Cluster',
  };
}

function servedVersions(versions: NonNullable<CrdSpec['versions']>): readonly string[] {
  return versions
    .filter(({ served }) => served !== false)
    .map(({ name }) => name)
    .toSorted(compareVersions);
}

/** Kubernetes' order of versions: GA before beta before alpha, higher numbers first, other names last by text. */
function compareVersions(left: string, right: string): number {
  const [a, b] = [versionRank(left), versionRank(right)];
  for (const [index, rank] of a.entries()) {
    const difference = (b[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return left < right ? -1 : Number(left > right);
}

function versionRank(version: string): readonly [stage: number, major: number, minor: number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return [0, 0, 0];
  const [, major = '0', stage, minor = '0'] = match;
  const rank = { alpha: 1, beta: 2 }[stage ?? ''] ?? 3;
  return [rank, Number(major), Number(minor)];
}
