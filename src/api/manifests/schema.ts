import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import { schemaOf, schemaOfKind } from '../openapi-schemas.ts';
import { nearestName } from '../../net/index.ts';
import { checkScalar, typeName, zeroOf } from './scalar-shape.ts';
import { compileShape, type Shape } from './shape.ts';
import { setField } from './source.ts';

/** A field that the kind does not have. */
export interface UnknownField {
  /** As the API server names it: `spec.ports[0].prot`. */
  readonly field: string;
  /** The name in the same place that it most resembles. */
  readonly nearest?: string;
}

/** What decoding an object as its kind gives. */
export interface CheckedShape<T extends KubeObject = KubeObject> {
  /** The object as the API server decodes it: unknown fields and nulls dropped; the same object where nothing was. */
  readonly object: T;
  readonly unknown: readonly UnknownField[];
  /** Mistyped fields; with one the object must not be stored. */
  readonly errors: readonly FieldError[];
}

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/**
 * Decodes `object` as the API server would: types, ranges and formats that its Go structs demand, not the rules that
 * validation adds.
 *
 * Of kinds that are not built in only `metadata` is looked at.
 */
export function checkShape<T extends KubeObject>(object: T): CheckedShape<T> {
  const schema = schemaOfKind(object.apiVersion, object.kind);
  const findings: Findings = { unknown: [], errors: [] };
  if (schema !== undefined) {
    // Decoding a struct drops fields and never changes what the rest is.
    const decoded = decode(object, compileShape(schema), { path: '', findings }) as T;
    return { ...findings, object: decoded };
  }
  const meta = compileShape(schemaOf(OBJECT_META) ?? {});
  const metadata = decode(object.metadata, meta, { path: 'metadata', findings });
  const isSame = metadata === object.metadata;
  return { ...findings, object: isSame ? object : { ...object, metadata } };
}

interface Findings {
  readonly unknown: UnknownField[];
  readonly errors: FieldError[];
}

interface Place {
  readonly path: string;
  readonly findings: Findings;
}

function decode(value: unknown, shape: Shape, place: Place): unknown {
  switch (shape.kind) {
    case 'any':
      return value;
    case 'scalar': {
      const checked = checkScalar(value, shape.name);
      if (checked.problem !== undefined) reject(value, checked.problem, place);
      return checked.value;
    }
    case 'array':
      if (Array.isArray(value)) return decodeArray(value, shape.items, place);
      return reject(value, expected('array', value), place);
    case 'map':
      if (isFields(value)) return decodeMap(value, shape.values, place);
      return reject(value, expected('object', value), place);
    case 'struct':
      if (isFields(value)) return decodeStruct(value, shape, place);
      return reject(value, expected('object', value), place);
    default:
      return shape satisfies never;
  }
}

function decodeStruct(
  value: Readonly<Record<string, unknown>>,
  shape: Shape & { kind: 'struct' },
  { path, findings }: Place,
): unknown {
  const fields = shape.fields();
  // Copied when something has to change, which is seldom.
  let result: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const field = value[name];
    const fieldShape = fields.get(name);
    const fieldPath = path === '' ? name : `${path}.${name}`;
    if (fieldShape === undefined) {
      const nearest = nearestName(name, fields.keys());
      findings.unknown.push({ field: fieldPath, ...(nearest === undefined ? {} : { nearest }) });
    }
    if (fieldShape === undefined || field === null) {
      result ??= { ...value };
      delete result[name];
      continue;
    }
    const decoded = decode(field, fieldShape, { path: fieldPath, findings });
    if (decoded !== field) (result ??= { ...value })[name] = decoded;
  }
  return result ?? value;
}

function decodeMap(
  value: Readonly<Record<string, unknown>>,
  values: Shape,
  { path, findings }: Place,
): unknown {
  let result: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const field = value[name];
    const place = { path: `${path}.${name}`, findings };
    const decoded = field === null ? zeroOf(values) : decode(field, values, place);
    if (decoded !== field) setField((result ??= { ...value }), name, decoded);
  }
  return result ?? value;
}

function decodeArray(value: readonly unknown[], items: Shape, { path, findings }: Place): unknown {
  let result: unknown[] | undefined;
  for (const [index, item] of value.entries()) {
    const place = { path: `${path}[${index}]`, findings };
    const decoded = item === null ? zeroOf(items) : decode(item, items, place);
    if (decoded !== item) (result ??= [...value])[index] = decoded;
  }
  return result ?? value;
}

function reject(value: unknown, problem: string, { path, findings }: Place): unknown {
  const shown = typeof value === 'object' && value !== null ? typeName(value) : value;
  const message = `Invalid value: ${JSON.stringify(shown)}: ${problem}`;
  findings.errors.push({ type: 'TypeInvalid', field: path, message });
  return value;
}

function expected(type: string, value: unknown): string {
  return `must be of type ${type}, found ${typeName(value)}`;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
