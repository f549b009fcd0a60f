import { resolveSchema, schemaRef, type OpenApiSchema } from '../openapi-schemas.ts';
import { patchField, type PatchField } from './patch-schema.ts';
import { failure } from './strategic-errors.ts';

/**
 * `patchField` of a value that is merged with what is there.
 *
 * @throws ApiError InternalError (as upstream) for a field of no struct.
 * @see apimachinery `LookupPatchMetadataForStruct`
 */
export function lookUpField(
  schema: OpenApiSchema | undefined,
  key: string,
  wanted: 'struct' | 'list',
): PatchField {
  const field = patchField(schema, key);
  if (schema === undefined) return field;
  const { properties, additionalProperties } = resolveSchema(schema);
  if (properties === undefined && additionalProperties !== undefined)
    throw failure('merging an object in json but data type is not struct, instead is: map');
  if (field.schema === undefined) {
    const name =
      schemaRef(schema)?.split('.').at(-1) ??
      schema['x-kubernetes-group-version-kind']?.[0]?.kind ??
      '';
    throw failure(
      `unable to find api field in struct ${name} for the json field ${JSON.stringify(key)}`,
    );
  }
  if (wanted === 'list' && resolveSchema(field.schema).type !== 'array')
    throw failure('expected slice or array type, but got: struct');
  return field;
}
