import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsSubdomain } from '../names.ts';
import type { KubeObject } from '../object.ts';
import type { CustomResourceConversion, CustomResourceDefinitionStatus } from '../types.ts';
import { CREATED_AT, NAME } from './columns.ts';
import { definitionSpec, definitionStatus } from './custom-resource-definition/definition.ts';
import { rareRules } from './rare-rules.ts';
import { nonEmpty } from './validate/compact.ts';

const WEBHOOK_PORT = 443;

/** Defines a kind of its own; it is served as soon as it has its names. */
export const CUSTOM_RESOURCE_DEFINITION: KindRow = defineKind<string>(
  'CustomResourceDefinition.apiextensions.k8s.io',
  {
    ...rareRules('CustomResourceDefinition.apiextensions.k8s.io'),
    validateName: (name, object) => {
      const { names, group = '' } = definitionSpec(object);
      const isNamed = name === `${names?.plural ?? ''}.${group}`;
      const problems = checkDnsSubdomain(name);
      return isNamed ? problems : [...problems, 'must be spec.names.plural+"."+spec.group'];
    },
    defaults: (object) => ({ ...object, spec: defaultSpec(object) }),
    prepareForCreate: (object) => ({
      ...object,
      status: { acceptedNames: { plural: '', kind: '' }, ...withStored(object, {}) },
    }),
    prepareForUpdate: (object, old) => ({
      ...object,
      status: withStored(object, definitionStatus(old)),
    }),
    columns: [NAME, CREATED_AT],
  },
);

/** @see apiextensions `SetDefaults_CustomResourceDefinitionSpec` */
function defaultSpec(object: KubeObject): object {
  const { names = {}, conversion = { strategy: 'None' }, ...spec } = definitionSpec(object);
  const { kind = '' } = names;
  const singular = nonEmpty(names.singular) ?? nonEmpty(kind.toLowerCase());
  const listKind = nonEmpty(names.listKind) ?? (kind === '' ? undefined : `${kind}List`);
  const { preserveUnknownFields, ...rest } = spec;
  return {
    ...rest,
    ...(preserveUnknownFields === true && { preserveUnknownFields }),
    names: {
      ...names,
      ...(singular !== undefined && { singular }),
      ...(listKind !== undefined && { listKind }),
    },
    conversion: defaultConversion(conversion),
  };
}

function defaultConversion(conversion: CustomResourceConversion): CustomResourceConversion {
  const { webhook, ...rest } = conversion;
  const { clientConfig, conversionReviewVersions = [] } = webhook ?? {};
  const { service } = clientConfig ?? {};
  // What says nothing is not kept.
  if (clientConfig === undefined && conversionReviewVersions.length === 0) return rest;
  if (clientConfig === undefined || service === undefined) return conversion;
  const { port = WEBHOOK_PORT } = service;
  return {
    ...rest,
    webhook: { ...webhook, clientConfig: { ...clientConfig, service: { ...service, port } } },
  };
}

/** Objects may be stored as what is the version to store now. */
function withStored(
  object: KubeObject,
  status: CustomResourceDefinitionStatus,
): CustomResourceDefinitionStatus {
  const { versions = [] } = definitionSpec(object);
  const name = versions.find(({ storage }) => storage === true)?.name;
  const { storedVersions = [] } = status;
  if (name === undefined || storedVersions.includes(name)) return status;
  return { ...status, storedVersions: [...storedVersions, name] };
}
