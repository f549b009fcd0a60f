import { isJsonObject, type JsonObject } from '../../api/index.ts';

/** The value at a simple path, `.spec.replicas`; undefined where there is none. @see CustomResourceSubresourceScale */
export function readPath(object: JsonObject, path: string): unknown {
  let value: unknown = object;
  for (const part of partsOf(path)) {
    if (!isJsonObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/** A copy of `object` with `value` at a simple path. */
export function writePath(object: JsonObject, path: string, value: unknown): JsonObject {
  return write(object, partsOf(path), value);
}

function write(object: JsonObject, [part, ...rest]: readonly string[], value: unknown): JsonObject {
  if (part === undefined) return object;
  const child = Object.hasOwn(object, part) ? object[part] : undefined;
  const changed = rest.length === 0 ? value : write(isJsonObject(child) ? child : {}, rest, value);
  return { ...object, [part]: changed };
}

function partsOf(path: string): readonly string[] {
  return path.split('.').filter((part) => part !== '');
}
