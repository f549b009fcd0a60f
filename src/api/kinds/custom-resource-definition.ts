import { formatTime } from '../time.ts';
import type { FieldError } from '../errors.ts';
import { defineKind, type Column, type KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { NAME } from './columns.ts';
import { invalid, required } from './validate/field-errors.ts';

interface Names {
  readonly plural?: string;
  readonly kind?: string;
  readonly singular?: string;
  readonly listKind?: string;
}

interface Version {
  readonly name?: string;
  readonly served?: boolean;
  readonly storage?: boolean;
  readonly schema?: { readonly openAPIV3Schema?: unknown };
}

interface Spec {
  readonly group?: string;
  readonly names?: Names;
  readonly scope?: string;
  readonly versions?: readonly Version[];
  readonly conversion?: { readonly strategy?: string };
}

interface Status {
  readonly storedVersions?: readonly string[];
}

const CREATED_AT: Column = {
  name: 'Created At',
  type: 'date',
  priority: 0,
  value: ({ metadata }) => metadata.creationTimestamp ?? '',
};

/** Defines a kind of its own; it is served as soon as it is stored. */
export const CUSTOM_RESOURCE_DEFINITION: KindRow = defineKind<string>(
  'CustomResourceDefinition.apiextensions.k8s.io',
  {
    defaults: (object) => {
      const { names = {}, conversion = { strategy: 'None' }, ...spec } = specOf(object);
      const { kind = '', singular = kind.toLowerCase(), listKind = `${kind}List` } = names;
      return { ...object, spec: { ...spec, names: { ...names, singular, listKind }, conversion } };
    },
    prepareForCreate: (object) => ({ ...object, status: statusOf(object, []) }),
    prepareForUpdate: (object, old) => {
      const before: Status = old['status'] ?? {};
      const { storedVersions = [] } = before;
      return { ...object, status: { ...before, ...statusOf(object, storedVersions, old) } };
    },
    validate: (object, old) => [...validateSpec(object), ...validateChange(object, old)],
    columns: [NAME, CREATED_AT],
  },
);

function specOf(object: KubeObject): Spec {
  return object['spec'] ?? {}; // as the API's schema has it
}

/** What upstream's controllers fill in shortly after. */
function statusOf(object: KubeObject, known: readonly string[], old?: KubeObject): object {
  const { names, versions = [] } = specOf(object);
  const stored = versions.find(({ storage }) => storage === true)?.name ?? '';
  const lastTransitionTime =
    object.metadata.creationTimestamp ?? old?.metadata.creationTimestamp ?? formatTime(0);
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: 'True',
    lastTransitionTime,
    reason,
    message,
  });
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: names,
    storedVersions: known.includes(stored) ? known : [...known, stored],
  };
}

function validateSpec(object: KubeObject): readonly FieldError[] {
  const { group = '', names = {}, scope = '', versions = [] } = specOf(object);
  const { plural = '', kind = '' } = names;
  const { name } = object.metadata;
  const missing = Object.entries({ group, 'names.plural': plural, 'names.kind': kind, scope })
    .filter(([, value]) => value === '')
    .map(([field]) => required(`spec.${field}`));
  const isNamed = name === `${plural}.${group}`;
  return [
    ...missing,
    ...(isNamed
      ? []
      : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]),
    ...validateVersions(versions),
  ];
}

function validateVersions(versions: readonly Version[]): readonly FieldError[] {
  const names = versions.map(({ name }) => name);
  const isStoredOnce = versions.filter(({ storage }) => storage === true).length === 1;
  const why = 'must have exactly one version marked as storage version';
  const bare = versions.flatMap(({ schema }, index) =>
    schema?.openAPIV3Schema === undefined
      ? [required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required')]
      : [],
  );
  return [...(isStoredOnce ? [] : [invalid('spec.versions', names, why)]), ...bare];
}

/** What objects are stored under may not change. */
function validateChange(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  if (old === undefined) return [];
  const [after, before] = [specOf(object), specOf(old)];
  return (['group', 'scope'] as const)
    .filter((field) => after[field] !== before[field])
    .map((field) => invalid(`spec.${field}`, after[field], 'field is immutable'));
}
