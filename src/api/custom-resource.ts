import { STORED_VERBS, type ResourceRow } from './core-resources.ts';
import type { PrinterColumn } from './custom-columns.ts';
import type { ScalePaths } from './kind.ts';
import type { KubeObject } from './object.ts';

/** What a CustomResourceDefinition tells about its resource. */
export interface CustomResource extends ResourceRow {
  readonly storageVersion: string;
  /** `openAPIV3Schema` of each version that has one. */
  readonly schemas: Readonly<Record<string, unknown>>;
  /** Of the stored version, where it has columns of its own. */
  readonly printerColumns: readonly PrinterColumn[];
  /** Fields of the stored version that field selectors may name, as `.spec.color`. */
  readonly selectablePaths: readonly string[];
  /** Of each version that can be scaled. */
  readonly scales: Readonly<Record<string, ScalePaths>>;
}

type Fields = Readonly<Record<string, unknown>>;

interface CrdVersion {
  readonly name: string;
  readonly isServed: boolean;
  readonly isStored: boolean;
  readonly subresources: readonly string[];
  readonly schema: unknown;
  readonly scale: ScalePaths | undefined;
  readonly columns: readonly PrinterColumn[];
  readonly selectable: readonly string[];
}

/** The resource that a CustomResourceDefinition object defines; undefined where it lacks what a resource needs. */
export function readCustomResource(crd: KubeObject): CustomResource | undefined {
  const spec = fieldsOf(crd['spec']);
  const accepted = fieldsOf(fieldsOf(crd['status'])['acceptedNames']);
  // Where nobody has looked at the names yet they are what is asked for.
  const names = textOf(accepted['plural']) === undefined ? fieldsOf(spec['names']) : accepted;
  const [group, kind, plural] = [spec['group'], names['kind'], names['plural']].map(textOf);
  const versions = listOf(spec['versions']).map((version) => readVersion(fieldsOf(version)));
  const storage = versions.find(({ isStored }) => isStored) ?? versions[0];
  if (group === undefined || kind === undefined || plural === undefined || storage === undefined)
    return undefined;
  return {
    group,
    versions: servedVersions(versions),
    storageVersion: storage.name,
    schemas: Object.fromEntries(
      versions
        .filter(({ schema }) => schema !== undefined)
        .map(({ name, schema }) => [name, schema]),
    ),
    printerColumns: storage.columns,
    selectablePaths: storage.selectable,
    scales: Object.fromEntries(
      versions.flatMap(({ name, scale }) => (scale === undefined ? [] : [[name, scale]])),
    ),
    kind,
    plural,
    singular: textOf(names['singular']) ?? kind.toLowerCase(),
    shortNames: textsOf(names['shortNames']),
    categories: textsOf(names['categories']),
    verbs: STORED_VERBS,
    subresources: storage.subresources,
    isNamespaced: spec['scope'] !== 'Cluster',
  };
}

function readVersion(version: Fields): CrdVersion {
  return {
    name: textOf(version['name']) ?? '',
    isServed: version['served'] !== false,
    isStored: version['storage'] === true,
    subresources: Object.keys(fieldsOf(version['subresources'])).toSorted(),
    schema: fieldsOf(version['schema'])['openAPIV3Schema'],
    columns: listOf(version['additionalPrinterColumns']).flatMap((column) =>
      readColumn(fieldsOf(column)),
    ),
    selectable: listOf(version['selectableFields']).flatMap(
      (field) => textOf(fieldsOf(field)['jsonPath']) ?? [],
    ),
    scale: readScale(fieldsOf(fieldsOf(version['subresources'])['scale'])),
  };
}

function readColumn(column: Fields): readonly PrinterColumn[] {
  const [name, type, jsonPath, format] = ['name', 'type', 'jsonPath', 'format'].map((field) =>
    textOf(column[field]),
  );
  const { priority } = column;
  if (name === undefined || type === undefined || jsonPath === undefined) return [];
  return [
    {
      name,
      type,
      jsonPath,
      ...(format !== undefined && { format }),
      ...(typeof priority === 'number' && { priority }),
    },
  ];
}

function readScale(scale: Fields): ScalePaths | undefined {
  const specReplicasPath = textOf(scale['specReplicasPath']);
  const statusReplicasPath = textOf(scale['statusReplicasPath']);
  const labelSelectorPath = textOf(scale['labelSelectorPath']);
  if (specReplicasPath === undefined || statusReplicasPath === undefined) return undefined;
  return {
    specReplicasPath,
    statusReplicasPath,
    ...(labelSelectorPath !== undefined && { labelSelectorPath }),
  };
}

// A definition's schema is not at hand: what is of another type counts as absent.

function fieldsOf(value: unknown): Fields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

function servedVersions(versions: readonly CrdVersion[]): readonly string[] {
  return versions
    .filter(({ isServed }) => isServed)
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
