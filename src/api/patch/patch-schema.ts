import { getField } from './json.ts';
import { resolveSchema, type OpenApiSchema } from '../openapi-schemas.ts';

/** How a field of an object is merged; of a field that no schema knows only `schema` is there, and undefined. */
export interface PatchField {
  readonly schema: OpenApiSchema | undefined;
  /** Lists whose items are matched and merged, not replaced. */
  readonly isMerged: boolean;
  /** Maps that are taken whole. */
  readonly isReplaced: boolean;
  /** Maps (or items) whose fields are dropped unless the patch keeps them. */
  readonly isRetainKeys: boolean;
  /** The field that tells items of a merged list apart; undefined for lists of scalars. */
  readonly mergeKey: string | undefined;
}

/** How `key` of an object with this schema is merged. */
export function patchField(schema: OpenApiSchema | undefined, key: string): PatchField {
  const resolved = schema === undefined ? undefined : resolveSchema(schema);
  const own =
    resolved?.properties === undefined
      ? resolved?.additionalProperties
      : // A schema is a JSON object whose fields have names of their own.
        (getField(resolved.properties, key) as OpenApiSchema | undefined);
  const strategy = own?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
  return {
    schema: own,
    isMerged: strategy.includes('merge'),
    isReplaced: strategy.includes('replace'),
    isRetainKeys: strategy.includes('retainKeys'),
    mergeKey: own?.['x-kubernetes-patch-merge-key'],
  };
}

/** The schema of the items of a list. */
export function itemSchema(schema: OpenApiSchema | undefined): OpenApiSchema | undefined {
  return schema === undefined ? undefined : resolveSchema(schema).items;
}
