import type { FieldError } from './errors.ts';
import { SHAPES } from './shapes.ts';

/** Go's names of the scalars in `SHAPES`. */
const SCALARS: Readonly<Record<string, string>> = {
  s: 'string',
  b: 'bool',
  i: 'int32',
  l: 'int64',
  n: 'float64',
};

/**
 * What Go's decoder says of the value at `error.field`, which is of another type than its field.
 *
 * It names the innermost struct and the path without indices: `json: cannot unmarshal string into Go struct field
 * DeploymentSpec.spec.replicas of type int32`. Types that are texts with a name of their own are called texts.
 */
export function goTypeError(type: string, object: unknown, { field }: FieldError): string {
  const place = locate(type, object, field);
  const got = goValue(place.value, place.code);
  if (place.code === 'q')
    return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  if (place.code === 'p') return `json: cannot unmarshal ${got} into Go value of type int32`;
  const wanted = goType(place.code);
  return place.path.length === 0
    ? `json: cannot unmarshal ${got} into Go value of type ${wanted}`
    : `json: cannot unmarshal ${got} into Go struct field ${place.struct}.${place.path.join('.')} of type ${wanted}`;
}

interface Place {
  /** The struct whose field it is in. */
  readonly struct: string;
  readonly path: readonly string[];
  /** As in `SHAPES`. */
  readonly code: string;
  readonly value: unknown;
}

/** Follows `spec.ports[0].port` and `metadata.labels[a.b/c]` through the types and the value. */
function locate(type: string, object: unknown, field: string): Place {
  const steps = [...field.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)];
  let place: Place = { struct: type, path: [], code: type, value: object };
  for (const [text, key] of steps) {
    const { code, value, path } = place;
    // A struct's fields have names, what lists and maps hold has a key in brackets.
    place =
      key === undefined
        ? {
            struct: code,
            path: [...path, text],
            code: fieldCode(code, text),
            value: at(value, text),
          }
        : { ...place, code: code.slice(1, -1), value: at(value, key) };
  }
  return place;
}

function fieldCode(struct: string, name: string): string {
  const fields = (SHAPES[struct] ?? '').split(' ');
  const found = fields.find((text) => text.startsWith(`${name}:`) || text.startsWith(`${name}!:`));
  return found?.slice(found.indexOf(':') + 1) ?? '*';
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

/** Numbers that are of the right kind, but do not fit, are shown. */
function goValue(value: unknown, code: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && (code === 'i' || code === 'l')) return `number ${value}`;
  return typeof value;
}

function goType(code: string): string {
  const scalar = SCALARS[code];
  if (scalar !== undefined) return scalar;
  if (code.startsWith('[')) return `[]${goType(code.slice(1, -1))}`;
  if (code.startsWith('{')) return `map[string]${goType(code.slice(1, -1))}`;
  if (code === 'p') return 'intstr.IntOrString';
  return code === 'q' ? 'resource.Quantity' : `v1.${code}`;
}
