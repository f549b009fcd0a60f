import { ApiError, schemaOfKind, type KubeObject } from '../api/index.ts';
import type { JsonObject } from '../api/index.ts';
import { apiVersionOf, type Target } from './context.ts';
import { parseStrictJson } from './strict-json.ts';
import type { ApiRequest } from './request.ts';

/** What a body held. */
export interface DecodedBody {
  readonly value: JsonObject;
  /** Fields that appear twice, as `duplicate field "data.a"`. */
  readonly complaints: readonly string[];
}

/** Kinds of bodies that hold an object. */
const OBJECT_TYPES = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
];

/** The media type of a body, without its parameters. */
export function mediaTypeOf({ headers }: Pick<ApiRequest, 'headers'>): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * The object of a body, as JSON, YAML or protobuf hold it.
 *
 * @throws ApiError BadRequest for a body that cannot be read, UnsupportedMediaType for another type.
 */
export async function decodeBody(request: ApiRequest): Promise<DecodedBody> {
  const type = mediaTypeOf(request);
  const { body } = request;
  if (type === '' || type === 'application/json' || type === '*/*')
    return parseStrictJson(body.toString());
  if (type === 'application/yaml') {
    const { parseYamlBody } = await import('./yaml-body.ts');
    return parseYamlBody(body.toString());
  }
  if (type === 'application/vnd.kubernetes.protobuf') {
    const { decodeProtobuf } = await import('./protobuf/index.ts');
    return { value: decodeProtobuf(body), complaints: [] };
  }
  throw unsupportedType(OBJECT_TYPES);
}

/** What a client is told that sent another type. */
export function unsupportedType(accepted: readonly string[]): ApiError {
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/**
 * `value` as an object of the kind that `target` is, in its namespace.
 *
 * @throws ApiError BadRequest when it says that it is another kind, name or namespace.
 */
export function asObject(value: JsonObject, target: Target): KubeObject {
  const apiVersion = apiVersionOf(target);
  const { kind } = target.definition;
  const given = { apiVersion: textOf(value['apiVersion']), kind: textOf(value['kind']) };
  const isOther =
    (given.apiVersion !== '' && given.apiVersion !== apiVersion) ||
    (given.kind !== '' && given.kind !== kind);
  if (isOther) throw otherKind(target, { apiVersion, kind }, given);
  if (target.definition.origin === 'custom') requireTypeMeta(value, given);
  const { namespace: _, ...cluster } = asFields(value['metadata'] ?? {});
  const metadata = target.definition.isNamespaced ? asFields(value['metadata'] ?? {}) : cluster;
  checkNamespace(metadata, target);
  return {
    ...value,
    apiVersion,
    kind,
    // The store reads the fields' types.
    metadata: {
      ...metadata,
      ...(target.namespace !== undefined && { namespace: target.namespace }),
    },
  } as unknown as KubeObject;
}

function otherKind(
  { definition }: Target,
  expected: { readonly apiVersion: string; readonly kind: string },
  given: { readonly apiVersion: string; readonly kind: string },
): ApiError {
  const isCustom = definition.origin === 'custom';
  const isVersion = given.kind === expected.kind || given.kind === '';
  if (isVersion && (isCustom || given.kind === ''))
    return new ApiError(
      'BadRequest',
      `the API version in the data (${given.apiVersion}) does not match the expected API version (${expected.apiVersion})`,
    );
  const apiVersion = given.apiVersion === '' ? expected.apiVersion : given.apiVersion;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const what = `${given.kind} in version "${version}" cannot be handled as a ${expected.kind}`;
  if (isCustom)
    return new ApiError(
      'BadRequest',
      `${what}: no kind "${given.kind}" is registered for version "${apiVersion}" as ${expected.apiVersion}`,
    );
  const why =
    schemaOfKind(apiVersion, given.kind) === undefined
      ? `no kind "${given.kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
      : `converting (${version}.${given.kind}) to (${goPackageOf(definition.group)}.${expected.kind}): unknown conversion`;
  return new ApiError('BadRequest', `${what}: ${why}`);
}

/** The package of a group's types within the server. */
export function goPackageOf(group: string): string {
  return group === '' ? 'core' : (group.split('.', 1)[0] ?? '');
}

/** A custom resource has no type that a server could know it by. */
function requireTypeMeta(
  value: JsonObject,
  given: { readonly apiVersion: string; readonly kind: string },
): void {
  if (given.kind !== '' && given.apiVersion !== '') return;
  const title = given.kind === '' ? 'Kind' : 'apiVersion';
  throw new ApiError('BadRequest', `Object '${title}' is missing in '${JSON.stringify(value)}'`);
}

function checkNamespace(metadata: JsonObject, { namespace, definition }: Target): void {
  const given = metadata['namespace'];
  if (typeof given !== 'string' || given === '') return;
  if (definition.isNamespaced && given !== namespace)
    throw new ApiError(
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
}

/** @throws ApiError BadRequest where the object that is to be replaced has no name. */
export function requireName({ metadata }: KubeObject, { name = '' }: Target): void {
  const given: string | undefined = metadata.name; // clients may leave it out
  if (given === undefined || given === '')
    throw new ApiError(
      'BadRequest',
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
}

/** @throws ApiError BadRequest when `object` is named otherwise than in the path. */
export function checkName({ metadata }: KubeObject, { name = '' }: Target): void {
  const given = metadata.name;
  if (given === undefined || given === '' || given === name) return;
  throw new ApiError(
    'BadRequest',
    `the name of the object (${given}) does not match the name on the URL (${name})`,
  );
}

function asFields(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as JsonObject;
  throw new ApiError(
    'BadRequest',
    'json: cannot unmarshal metadata into Go struct field .metadata of type v1.ObjectMeta',
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
