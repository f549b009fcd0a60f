/**
 * Writes `src/api/types.ts` from the OpenAPI schemas in `data/`: one readonly interface a schema that those below reach.
 * Run `npm run generate` after the data change; a test compares the result with the file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The parts of an OpenAPI schema that are read here. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
}

/** The kinds that podlane's code reads by type, with the schema of each. */
export const KINDS: readonly string[] = [
  ...[
    'ConfigMap',
    'Endpoints',
    'Event',
    'Namespace',
    'Node',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'Pod',
    'Secret',
    'Service',
    'ServiceAccount',
  ].map((kind) => `io.k8s.api.core.v1.${kind}`),
  ...['ControllerRevision', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'].map(
    (kind) => `io.k8s.api.apps.v1.${kind}`,
  ),
  ...['CronJob', 'Job'].map((kind) => `io.k8s.api.batch.v1.${kind}`),
  'io.k8s.api.discovery.v1.EndpointSlice',
  ...['IPAddress', 'Ingress', 'IngressClass', 'NetworkPolicy', 'ServiceCIDR'].map(
    (kind) => `io.k8s.api.networking.v1.${kind}`,
  ),
];

/** Schemas of what is judged as clients wrote it: any of their fields may be missing. */
const AS_WRITTEN: readonly string[] = [
  ...[
    'MutatingAdmissionPolicySpec',
    'MutatingWebhook',
    'ValidatingAdmissionPolicyBindingSpec',
    'ValidatingAdmissionPolicySpec',
  ].map((name) => `io.k8s.api.admissionregistration.v1.${name}`),
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec',
  ...['CertificateSigningRequestSpec', 'CertificateSigningRequestStatus'].map(
    (name) => `io.k8s.api.certificates.v1.${name}`,
  ),
  ...[
    'LimitRangeSpec',
    'ReplicationControllerSpec',
    'ResourceQuotaSpec',
    'ResourceQuotaStatus',
  ].map((name) => `io.k8s.api.core.v1.${name}`),
  'io.k8s.api.node.v1.RuntimeClass',
  ...['PodDisruptionBudgetSpec', 'PodDisruptionBudgetStatus'].map(
    (name) => `io.k8s.api.policy.v1.${name}`,
  ),
  ...['AggregationRule', 'PolicyRule', 'RoleRef', 'Subject'].map(
    (name) => `io.k8s.api.rbac.v1.${name}`,
  ),
  ...['FlowSchemaSpec', 'PriorityLevelConfigurationSpec'].map(
    (name) => `io.k8s.api.flowcontrol.v1.${name}`,
  ),
  ...['CustomResourceDefinitionSpec', 'CustomResourceDefinitionStatus'].map(
    (name) => `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.${name}`,
  ),
];

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
};

const root = join(import.meta.dirname, '..');
/** Every schema, by its full name. */
export const schemas: Readonly<Record<string, Schema>> = JSON.parse(
  readFileSync(join(root, 'data/openapi-schemas-1.36.json'), 'utf8'),
) as Readonly<Record<string, Schema>>;

/** `ServicePort` of `io.k8s.api.core.v1.ServicePort`. */
export const shortName = (ref: string): string => ref.slice(ref.lastIndexOf('.') + 1);
/** The full name of the schema that `schema` stands for, if it does. */
export const refOf = (schema: Schema): string | undefined =>
  (schema.$ref ?? schema.allOf?.[0]?.$ref)?.replace('#/components/schemas/', '');

const wanted = new Map<string, string>();

/** The type of a schema. @param isComplete whether what it requires is there */
function want(name: string, isComplete: boolean): string {
  const known = wanted.get(name);
  if (known !== undefined) return known;
  const schema = schemaNamed(name);
  if (schema.properties === undefined && typeOf(schema, isComplete) === 'unknown') return 'unknown';
  const last = shortName(name);
  const short = [...wanted.values()].includes(last) ? groupOf(name) + last : last;
  wanted.set(name, short);
  declare(name, short, isComplete);
  return short;
}

function schemaNamed(name: string): Schema {
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`no schema ${name}`);
  return schema;
}

/** `Discovery` of `io.k8s.api.discovery.v1.EndpointPort`: tells schemas of one name apart. */
export function groupOf(name: string): string {
  const group = name.split('.').at(-3) ?? '';
  return group.charAt(0).toUpperCase() + group.slice(1);
}

function typeOf(schema: Schema, isComplete: boolean): string {
  const ref = refOf(schema);
  if (ref !== undefined) return want(ref, isComplete);
  if (schema.oneOf !== undefined)
    return schema.oneOf.map((one) => typeOf(one, isComplete)).join(' | ');
  if (schema.type === 'array') {
    const item = typeOf(schema.items ?? {}, isComplete);
    return `readonly ${item.includes(' ') ? `(${item})` : item}[]`;
  }
  if (schema.additionalProperties !== undefined)
    return `Readonly<Record<string, ${typeOf(schema.additionalProperties, isComplete)}>>`;
  if (schema.type === 'object') return 'Readonly<Record<string, unknown>>';
  return SCALARS[schema.type ?? ''] ?? 'unknown';
}

const declarations = new Map<string, string>();

function declare(name: string, short: string, isComplete: boolean): void {
  const schema = schemaNamed(name);
  if (schema.properties === undefined) {
    declarations.set(short, `export type ${short} = ${typeOf(schema, isComplete)};\n`);
    return;
  }
  const isKind = KINDS.includes(name);
  const required = new Set([
    ...(isComplete ? (schema.required ?? []) : []),
    ...(isKind ? ['apiVersion', 'kind', 'metadata'] : []),
  ]);
  // Every stored object has a name; before `generateName` is carried out it is ''.
  if (short === 'ObjectMeta') required.add('name');
  const fields = Object.entries(schema.properties).map(([field, value]) => {
    const type = isKind && field === 'kind' ? `'${short}'` : typeOf(value, isComplete);
    const key = /^[A-Za-z_$]\w*$/.test(field) ? field : `'${field}'`;
    return `  readonly ${key}${required.has(field) ? '' : '?'}: ${type};\n`;
  });
  declarations.set(short, `export interface ${short} {\n${fields.join('')}}\n`);
}

/** The text of `src/api/types.ts`. */
export function generateTypes(): string {
  for (const kind of KINDS) want(kind, true);
  for (const name of AS_WRITTEN) want(name, false);
  const map = KINDS.map(
    (kind) => `  readonly ${shortName(kind)}: ${shortName(kind)};\n`,
  ).toSorted();
  return [
    '// Generated by scripts/generate-types.ts from data/openapi-schemas-1.36.json. Do not edit.\n',
    ...[...declarations].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text),
    `/** The kinds with a generated type, by name. */\nexport interface KindMap {\n${map.join('')}}\n`,
  ].join('\n');
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(join(root, 'src/api/types.ts'), generateTypes());
