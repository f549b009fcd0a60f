import { decode, decodeObject } from './decode.ts';
import { ApiError } from './errors.ts';
import type { KindDefinition } from './kind.ts';
import type { KubeObject } from './object.ts';
import { SHAPES } from './shapes.ts';

/** @throws ApiError BadRequest when `object` does not say what it is. */
export function checkTypeMeta(object: KubeObject): void {
  for (const field of ['kind', 'apiVersion'] as const) {
    const value: unknown = object[field];
    if (typeof value === 'string' && value !== '') continue;
    const title = field === 'kind' ? 'Kind' : field;
    throw new ApiError('BadRequest', `Object '${title}' is missing in '${JSON.stringify(object)}'`);
  }
}

/**
 * `object` with every field of the type that its kind gives it; of a kind without a schema only the metadata is read.
 *
 * @param known The object that is stored, if any.
 * @throws ApiError BadRequest when a field is of a wrong type.
 */
export function readObject(
  definition: KindDefinition,
  object: KubeObject,
  known?: KubeObject,
): KubeObject {
  // Clients may leave metadata out: the answer is then that a name is missing.
  const metadata: KubeObject['metadata'] | null | undefined = object.metadata;
  if (metadata === undefined || metadata === null)
    return readObject(definition, { ...object, metadata: { name: '' } });
  if (definition.prune !== undefined)
    return readMeta(definition.prune(object) as KubeObject, known);
  if (definition.origin === 'builtin' && Object.hasOwn(SHAPES, definition.name))
    return decodeObject(definition.name, object, known);
  return readMeta(object, known);
}

function readMeta(object: KubeObject, known: KubeObject | undefined): KubeObject {
  const { value, errors } = decode('ObjectMeta', object.metadata, known?.metadata);
  if (value === object.metadata) return object;
  // Without errors it is what its shape says.
  if (errors.length === 0) return { ...object, metadata: value as KubeObject['metadata'] };
  const { kind, apiVersion } = object;
  const why = errors.map(({ message }) => message).join(', ');
  throw new ApiError(
    'BadRequest',
    `${kind} in version "${apiVersion}" cannot be handled as a ${kind}: metadata: ${why}`,
    { causes: errors.map((error) => ({ ...error, field: `metadata.${error.field}` })) },
  );
}
