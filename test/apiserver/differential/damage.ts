/** Objects that are wrong, or merely different, in one field: every field of the schema at every place of an object. */
import { schemaOf, schemaOfKind } from '../../../src/api/index.ts';

/** The object with one field changed. */
export interface Damaged {
  /** `spec.ports[0].port = -1`. */
  readonly name: string;
  readonly object: Json;
  /** Where, for patches. */
  readonly path: readonly (string | number)[];
  /** Undefined where the field was taken away. */
  readonly value: unknown;
}

export type Json = Readonly<Record<string, unknown>>;
/** As OpenAPI has it. */
export type Schema = NonNullable<ReturnType<typeof schemaOf>>;
type Path = readonly (string | number)[];

/** Where ObjectMeta has nothing of its own for a kind. */
const SKIPPED_METADATA: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'managedFields',
  'resourceVersion',
  'selfLink',
]);
const MAX_DEPTH = 14;
const LONG = 'a'.repeat(300);

/** Every change, in the order of the schema's fields; the same each time. */
export function damage(object: Json, schema: Schema = schemaFor(object)): readonly Damaged[] {
  return changesOf(object, schema, []);
}

/** Every change of the status, which may be absent. */
export function damageStatus(object: Json): readonly Damaged[] {
  const schema = resolve(schemaFor(object).properties?.['status']);
  return schema === undefined ? [] : changesOf(object, schema, ['status']);
}

/** The schema of an object's kind. */
export function schemaFor(object: Json): Schema {
  const { apiVersion, kind } = object as { readonly apiVersion: string; readonly kind: string };
  const schema = schemaOfKind(apiVersion, kind);
  if (schema === undefined) throw new Error(`${apiVersion} has no ${kind}`);
  return schema;
}

function changesOf(object: Json, schema: Schema, root: Path): readonly Damaged[] {
  const part = root.reduce<unknown>((value, step) => (value as Json)[step] ?? {}, object);
  return [...walk(part, schema, root)].flatMap(({ path, values }) =>
    values.map((value) => ({
      name: `${showPath(path)} ${value === undefined ? 'absent' : `= ${show(value)}`}`,
      object: change(object, path, value) as Json, // the root is an object
      path,
      value,
    })),
  );
}

interface Place {
  readonly path: Path;
  readonly values: readonly unknown[];
}

function* walk(value: unknown, schema: Schema, path: Path): Generator<Place> {
  if (path.length > MAX_DEPTH) return;
  if (Array.isArray(value)) yield* walkList(value, schema, path);
  else if (isFields(value)) yield* walkFields(value, schema, path);
}

function* walkList(list: readonly unknown[], schema: Schema, path: Path): Generator<Place> {
  const items = resolve(schema.items);
  if (items === undefined || list.length === 0) return;
  yield { path: [...path, list.length], values: [list[0]] };
  yield { path: [...path, 0], values: variants(list[0], items) };
  for (const [index, item] of list.entries()) yield* walk(item, items, [...path, index]);
}

function* walkFields(fields: Json, schema: Schema, path: Path): Generator<Place> {
  for (const [field, raw] of Object.entries(schema.properties ?? {})) {
    const inner = resolve(raw);
    if (inner === undefined || isSkipped(field, path)) continue;
    const given = fields[field];
    const values = variants(given, inner);
    yield { path: [...path, field], values: given === undefined ? values : [undefined, ...values] };
    if (given !== undefined) yield* walk(given, inner, [...path, field]);
  }
  if (schema.additionalProperties !== undefined) yield* walkMap(fields, schema, path);
  else if (schema.properties !== undefined)
    yield { path: [...path, 'nonsense'], values: ['x', { a: 1 }] };
}

function isFields(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function* walkMap(fields: Json, schema: Schema, path: Path): Generator<Place> {
  const inner = resolve(schema.additionalProperties);
  const [first] = Object.keys(fields);
  if (inner === undefined) return;
  const sample = first === undefined ? generate(inner) : fields[first];
  for (const key of ['Bad Key!', '', 'example.org/new', LONG, 'a..b', '/x', 'x/y/z'])
    yield { path: [...path, key], values: [sample] };
  if (first !== undefined) {
    yield { path: [...path, first], values: variants(fields[first], inner) };
    yield* walk(fields[first], inner, [...path, first]);
  }
}

function isSkipped(field: string, path: Path): boolean {
  if (path.length === 0) return field === 'status' || field === 'apiVersion' || field === 'kind';
  return path.at(-1) === 'metadata' && SKIPPED_METADATA.has(field);
}

/** What may stand, or must not, where the schema has this type. */
export function variants(given: unknown, schema: Schema): readonly unknown[] {
  const all = [null, ...valuesOf(given, schema)];
  const seen = new Set([JSON.stringify(given)]);
  return all.filter((value) => {
    const text = JSON.stringify(value);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function valuesOf(given: unknown, schema: Schema): readonly unknown[] {
  const known = VALUES[schema.type ?? ''];
  if (known !== undefined) return known;
  if (schema.type === 'array') {
    const items = resolve(schema.items);
    const one = items === undefined ? 'x' : generate(items);
    return [[], [one], [one, one], [null], {}, 'x'];
  }
  if (schema.oneOf !== undefined) return ['5', 5, -1, '10%', '200%', 'x', '', '1e3', {}, 70_000];
  return [{}, [], 'x', ...(given === undefined ? [generate(schema)] : [])];
}

const TEXTS = ['', 'x', 'Bad Value!', 'UPPER', 'a.b', '1.2.3.4', '10%', '1500m', '-1', LONG];
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  string: [...TEXTS, 5, {}],
  integer: [0, 1, -1, 70_000, 2_147_483_648, '5', 1.5],
  number: [0, 1.5, '5'],
  boolean: [true, false, 'true'],
};

const SMALL: Readonly<Record<string, unknown>> = {
  string: 'x',
  integer: 1,
  number: 1,
  boolean: true,
  array: [],
};
const MAX_GENERATED = 3;

/** A small value of a type, its required fields filled. */
function generate(schema: Schema, depth = 0): unknown {
  if (schema.format === 'byte') return 'YQ==';
  if (schema.oneOf !== undefined) return 1;
  const small = SMALL[schema.type ?? ''];
  if (small !== undefined) return small;
  const value = resolve(schema.additionalProperties);
  if (value !== undefined) return { k: generate(value, depth + 1) };
  if (depth > MAX_GENERATED) return {};
  const { required = [] } = schema as { readonly required?: readonly string[] }; // as OpenAPI has it
  return Object.fromEntries(
    required.map((field) => [
      field,
      generate(resolve(schema.properties?.[field]) ?? {}, depth + 1),
    ]),
  );
}

const REF = '#/components/schemas/';

/** The schema of a field, of a map's values, or of nothing. */
export function fieldSchema(
  { properties, additionalProperties }: Schema,
  name: string,
): Schema | undefined {
  const own = properties?.[name];
  const inner = resolve(own ?? additionalProperties);
  return inner === undefined ? undefined : { ...inner, ...own };
}

/** The schema of a list's items. */
export function itemSchema({ items }: Schema): Schema | undefined {
  return resolve(items);
}

/** References followed. */
function resolve(schema: Schema | undefined): Schema | undefined {
  const reference = schema?.$ref ?? schema?.allOf?.[0]?.$ref;
  if (reference === undefined) return schema;
  const named = schemaOf(reference.slice(REF.length));
  return named === undefined ? schema : resolve(named);
}

/** `object` with `value` at this place; without it where it is undefined. */
export function change(object: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value;
  if (Array.isArray(object)) {
    const items: unknown[] = [...object];
    items[Number(first)] = change(items[Number(first)], rest, value);
    return items;
  }
  const fields: Record<string, unknown> = { ...(object as Json) };
  const changed = change(fields[first], rest, value);
  if (changed === undefined) delete fields[first];
  else fields[first] = changed;
  return fields;
}

function showPath(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step.slice(0, 40)}`))
    .join('')
    .slice(1);
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 40)}…(${text.length})` : text;
}
