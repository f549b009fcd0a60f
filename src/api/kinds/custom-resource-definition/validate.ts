/** Rules for definitions. @see apiextensions `pkg/apis/apiextensions/validation` */
import type { KubeObject } from '../../object.ts';
import { checkDns1035Label, checkDnsSubdomain } from '../../names.ts';
import type {
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
  CustomResourceDefinitionVersion,
} from '../../types.ts';
import { invalid, oneOf, required, type Errors } from '../validate/field-errors.ts';
import { validateApproval } from './approval.ts';
import { bundleProblem } from '../validate/webhooks.ts';
import { validateConversion } from './conversion.ts';
import {
  definitionSpec,
  definitionStatus,
  hoist,
  isTrue,
  type HoistedSpec,
  type VersionParts,
} from './definition.ts';
import { goVersion, invalidShown } from './go-shown.ts';
import { everySchema } from './json-schema.ts';
import {
  validateColumn,
  validateDeprecation,
  validateSelectableFields,
  validateSubresources,
  validateVersionSchema,
} from './version-parts.ts';

const NO_CONVERSION = 'must be None if spec.preserveUnknownFields is true';

/** Every error of a definition, and of its change from `old`. */
export function validateDefinition(object: KubeObject, old: KubeObject | undefined): Errors {
  const spec = hoist(definitionSpec(object));
  const status = definitionStatus(object);
  if (old !== undefined && object['spec'] === old['spec']) return validateStatus(status);
  return [
    ...validateSpec(spec, old === undefined || mayHaveBadBundle(old)),
    ...(old === undefined ? [] : validateChange(spec, old)),
    ...validateStatus(status),
    ...validateStoredVersions(status, spec.versions),
    ...validateApproval(object, old),
    ...(spec.preserveUnknownFields === true && !wasPreserving(old)
      ? [
          invalid(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
  ];
}

/** @see apiextensions `allowInvalidCABundle` */
function mayHaveBadBundle(old: KubeObject): boolean {
  if (!isTrue(definitionStatus(old), 'Established')) return true;
  const { caBundle = '' } = definitionSpec(old).conversion?.webhook?.clientConfig ?? {};
  return caBundle !== '' && bundleProblem(caBundle) !== undefined;
}

function wasPreserving(old: KubeObject | undefined): boolean {
  return old !== undefined && definitionSpec(old).preserveUnknownFields === true;
}

/** @param isLenient the certificates of a webhook that nobody calls yet may be anything */
function validateSpec(spec: HoistedSpec, isLenient: boolean): Errors {
  const { names = {}, versions, shared, preserveUnknownFields, conversion } = spec;
  return [
    ...validateGroup(spec.group ?? ''),
    ...oneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced']),
    ...validatePresence(spec),
    ...validatePreserving(spec),
    ...versions.flatMap((version, index) => validateVersion(version, index, spec)),
    ...validateVersionList(spec),
    ...(spec.version === '' ? [] : validateVersionName('spec.version', spec.version)),
    ...(['plural', 'singular', 'kind', 'listKind'] as const)
      .filter((name) => (names[name] ?? '') === '')
      .map((name) => required(`spec.names.${name}`)),
    ...validateNames(names, 'spec.names'),
    ...validateVersionSchema(shared.schema, {
      path: 'spec.validation',
      hasStatus: hasStatus(spec),
    }),
    ...validateSubresources(shared.subresources, 'spec.subresources'),
    ...(shared.additionalPrinterColumns ?? []).flatMap((column, index) =>
      validateColumn(column, `spec.additionalPrinterColumns[${index}]`),
    ),
    ...validateSelectableFields(
      shared,
      'spec',
      'may only be set when validations.schema is included',
    ),
    ...(preserveUnknownFields === true && conversion?.strategy !== 'None'
      ? [invalid('spec.conversion.strategy', conversion?.strategy ?? '', NO_CONVERSION)]
      : []),
    ...validateConversion(conversion, { mayHaveBadBundle: isLenient }),
  ];
}

function hasStatus({ shared, versions }: HoistedSpec): boolean {
  return [shared, ...versions].some(({ subresources }) => subresources?.status !== undefined);
}

function validatePreserving({ preserveUnknownFields, shared, versions }: HoistedSpec): Errors {
  if (preserveUnknownFields !== true || ![shared, ...versions].some(hasDefault)) return [];
  const why = 'must be false in order to use defaults in the schema';
  return [invalid('spec.preserveUnknownFields', true, why)];
}

function hasDefault({ schema }: VersionParts): boolean {
  const { openAPIV3Schema } = schema ?? {};
  if (openAPIV3Schema === undefined) return false;
  for (const inner of everySchema(openAPIV3Schema)) if (inner.default !== undefined) return true;
  return false;
}

function validateGroup(group: string): Errors {
  const field = 'spec.group';
  if (group === '') return [required(field)];
  const problems = checkDnsSubdomain(group);
  if (problems.length > 0) return [invalid(field, group, problems.join(','))];
  if (group.includes('.')) return [];
  return [invalid(field, group, 'should be a domain with at least one dot')];
}

/** Each version has a schema, its own or that of all. */
function validatePresence({ shared, versions }: HoistedSpec): Errors {
  if (shared.schema?.openAPIV3Schema !== undefined) return [];
  return versions.flatMap(({ schema }, index) =>
    schema?.openAPIV3Schema === undefined
      ? [required(`spec.versions[${index}].schema.openAPIV3Schema`)]
      : [],
  );
}

function validateVersion(
  version: CustomResourceDefinitionVersion,
  index: number,
  spec: HoistedSpec,
): Errors {
  const path = `spec.versions[${index}]`;
  const { name = '', schema, subresources, additionalPrinterColumns = [] } = version;
  const { status } = subresources ?? spec.shared.subresources ?? {};
  return [
    ...validateVersionName(`${path}.name`, name),
    ...validateDeprecation(version, `${path}.deprecationWarning`),
    ...validateVersionSchema(schema, { path: `${path}.schema`, hasStatus: status !== undefined }),
    ...validateSubresources(subresources, `${path}.subresources`),
    ...additionalPrinterColumns.flatMap((column, at) =>
      validateColumn(column, `${path}.additionalPrinterColumns[${at}]`),
    ),
    ...validateSelectableFields(
      version,
      path,
      'may only be set when `version.schema.openAPIV3Schema` is not included',
    ),
  ];
}

function validateVersionName(field: string, name: string): Errors {
  const problems = checkDns1035Label(name);
  return problems.length === 0 ? [] : [invalid(field, name, problems.join(','))];
}

function validateVersionList({ versions }: HoistedSpec): Errors {
  const names = new Set(versions.map(({ name }) => name));
  const stored = versions.filter(({ storage }) => storage === true).length;
  const wrong = [
    ...(names.size === versions.length ? [] : ['must contain unique version names']),
    ...(stored === 1 ? [] : ['must have exactly one version marked as storage version']),
  ];
  return wrong.map((why) =>
    invalidShown('spec.versions', versions.length === 0 ? null : versions.map(goVersion), why),
  );
}

/** What the spec and the status hold as names. @see `ValidateCustomResourceDefinitionNames` */
function validateNames(names: CustomResourceDefinitionNames, path: string): Errors {
  const { kind = '', listKind = '', shortNames = [], categories = [] } = names;
  const check = (field: string, value: string): Errors => {
    const problems = checkDns1035Label(value);
    return problems.length === 0 ? [] : [invalid(`${path}.${field}`, value, problems.join(','))];
  };
  const given = (field: string, value = ''): Errors => (value === '' ? [] : check(field, value));
  const mixed = (field: string, value: string): Errors => {
    const problems = value === '' ? [] : checkDns1035Label(value.toLowerCase());
    const why = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
    return problems.length === 0 ? [] : [invalid(`${path}.${field}`, value, why)];
  };
  return [
    ...given('plural', names.plural),
    ...given('singular', names.singular),
    ...mixed('kind', kind),
    ...mixed('listKind', listKind),
    ...shortNames.flatMap((name, index) => check(`shortNames[${index}]`, name)),
    ...(kind !== '' && kind === listKind
      ? [invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((name, index) => check(`categories[${index}]`, name)),
  ];
}

function validateStatus({ acceptedNames = {} }: CustomResourceDefinitionStatus): Errors {
  return validateNames(acceptedNames, 'status.acceptedNames');
}

function validateStoredVersions(
  { storedVersions = [] }: CustomResourceDefinitionStatus,
  versions: readonly CustomResourceDefinitionVersion[],
): Errors {
  const field = 'status.storedVersions';
  if (storedVersions.length === 0)
    return [invalid(field, null, 'must have at least one stored version')];
  const names = versions.map(({ name = '' }) => name);
  return [
    ...versions
      .filter(({ name = '', storage }) => storage === true && !storedVersions.includes(name))
      .map(({ name }) => invalid(field, storedVersions, `must have the storage version ${name}`)),
    ...storedVersions.flatMap((name, index) =>
      names.includes(name)
        ? []
        : [
            invalid(
              `${field}[${index}]`,
              name,
              `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            ),
          ],
    ),
  ];
}

/** What objects are stored and served under stays. */
function validateChange({ group, scope, names = {} }: HoistedSpec, old: KubeObject): Errors {
  const before = definitionSpec(old);
  const isEstablished = isTrue(definitionStatus(old), 'Established');
  const kept = (field: string, value: unknown, was: unknown): Errors =>
    value === was ? [] : [invalid(`spec.${field}`, value, 'field is immutable')];
  return [
    ...(isEstablished
      ? [
          ...kept('scope', scope, before.scope),
          ...kept('names.kind', names.kind, before.names?.kind),
        ]
      : []),
    ...kept('group', group, before.group),
    ...kept('names.plural', names.plural, before.names?.plural),
  ];
}
