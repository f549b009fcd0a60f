import { resolveSchema, type OpenApiSchema } from '../../openapi-schemas.ts';
import { isJsonObject } from '../../patch/json.ts';

/**
 * Fields of an apply configuration that can only be replaced as a whole, as paths.
 *
 * @see apiserver `admission/plugin/policy/mutating/patch`, validatePatch
 */
export function atomicFields(
  value: unknown,
  given: OpenApiSchema | undefined,
  path: string = '',
): readonly string[] {
  const schema = given === undefined ? undefined : resolveSchema(given);
  if (schema === undefined) return [];
  if (Array.isArray(value)) {
    if ((schema['x-kubernetes-list-type'] ?? 'atomic') === 'atomic') return [path];
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    return value.flatMap((item: unknown) =>
      atomicFields(item, schema.items, `${path}[${keyText(item, keys)}]`),
    );
  }
  if (!isJsonObject(value)) return [];
  const own = schema['x-kubernetes-map-type'] === 'atomic' ? [path] : [];
  const inner = Object.entries(value).flatMap(([name, field]) =>
    atomicFields(field, schema.properties?.[name] ?? valuesOf(schema), `${path}.${name}`),
  );
  return [...own, ...inner];
}

function valuesOf({ additionalProperties }: OpenApiSchema): OpenApiSchema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function keyText(item: unknown, keys: readonly string[]): string {
  if (!isJsonObject(item)) return `=${JSON.stringify(item)}`;
  return keys.map((key) => `${key}=${JSON.stringify(item[key])}`).join(',');
}
