import { isJsonObject, schemaOfKind, type JsonObject, type KubeObject } from '../../api/index.ts';
import { zeroScalar } from '../protobuf/scalars.ts';
import {
  fieldsOfType,
  goTypeOf,
  OWN_JSON,
  underlyingType,
  type FieldDescriptor,
} from '../protobuf/descriptor.ts';

const META = 'k8s.io/apimachinery/pkg/apis/meta/v1';

const TIMES = new Set([`${META}.Time`, `${META}.MicroTime`]);

/** Times whose zero is left out. */
const OMITTED_TIMES = new Set(['creationTimestamp']);

/**
 * An object of the kind with nothing set, as Go has it: structs that are no pointers are there all the same, and
 * what JSON never leaves out is null or zero.
 */
export function createdShape(apiVersion: string, kind: string): Readonly<Record<string, unknown>> {
  const type = goTypeOf(apiVersion, kind);
  return type === undefined ? {} : emptyStruct(type);
}

function emptyStruct(type: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const field of fieldsOfType(type) ?? []) {
    if (field.j === '-') continue;
    const value = emptyField(field);
    if (field.j === '') Object.assign(result, value);
    else if (value !== undefined) result[field.j] = value;
  }
  return result;
}

function emptyField(field: FieldDescriptor): unknown {
  const type = underlyingType(field.t);
  if (field.ptr !== true && isPlainStruct(type)) return emptyStruct(type);
  return zeroOf(field);
}

/** What JSON has for a field that nobody set; undefined where it has nothing. */
function zeroOf({ t, ptr = false, omit = false, j }: FieldDescriptor): unknown {
  const type = underlyingType(t);
  if (TIMES.has(type)) {
    const isLeftOut = ptr ? omit : OMITTED_TIMES.has(j);
    return isLeftOut ? undefined : null;
  }
  if (omit) return undefined;
  return ptr ? null : (zeroScalar(type) ?? null);
}

function isPlainStruct(type: string): boolean {
  return !OWN_JSON.has(type) && fieldsOfType(type) !== undefined;
}

/** Fills in one struct's zeroes; undefined for a type without any, so that nothing is walked in vain. */
type Filler = (value: JsonObject) => JsonObject;

const fillers = new Map<string, Filler | undefined>();

/** `object` with what Go writes where nobody set it: zeroes, null times; the same object where there is nothing of that. */
export function withZeroes(object: KubeObject): KubeObject {
  const type = goTypeOf(object.apiVersion, object.kind);
  if (type === undefined) return object;
  const whole = withStatus(object, type);
  const fill = fillerOf(type);
  // Filling in fields leaves an object of its kind.
  return fill === undefined ? whole : (fill(whole) as unknown as KubeObject);
}

/** A status is a struct and no pointer: where the kind has one it is there however empty. */
function withStatus(object: KubeObject, type: string): KubeObject {
  if (object['status'] !== undefined || !hasStatus(object, type)) return object;
  return { ...object, status: {} };
}

const statuses = new Map<string, boolean>();

function hasStatus({ apiVersion, kind }: KubeObject, type: string): boolean {
  const known = statuses.get(type);
  if (known !== undefined) return known;
  const isStruct = fieldsOfType(type)?.some(({ j, ptr }) => j === 'status' && ptr !== true);
  // A field that was taken out of the API is still in its protobuf.
  const isServed = schemaOfKind(apiVersion, kind)?.properties?.['status'] !== undefined;
  const found = isStruct === true && isServed;
  statuses.set(type, found);
  return found;
}

function fillerOf(type: string): Filler | undefined {
  if (fillers.has(type)) return fillers.get(type);
  // Types may contain themselves.
  fillers.set(type, undefined);
  const filler = compileFiller(type);
  fillers.set(type, filler);
  return filler;
}

/** Fills in the zeroes of a field's value. */
type Fill = (value: unknown) => unknown;

/** A field that is there though nobody set it. */
interface Zero {
  readonly name: string;
  readonly value: unknown;
}

function compileFiller(type: string): Filler | undefined {
  const parts = new Map<string, Fill>();
  const zeroes: Zero[] = [];
  for (const field of structFields(type)) {
    // Structs that are no pointers are there all the same.
    const value = field.j === 'status' ? undefined : emptyField(field);
    if (value !== undefined) zeroes.push({ name: field.j, value });
    const fill = fieldFiller(field);
    if (fill !== undefined) parts.set(field.j, fill);
  }
  if (parts.size === 0 && zeroes.length === 0) return undefined;
  return (value) => fillStruct(value, parts, zeroes);
}

/** With the fields of embedded structs among the others. */
function structFields(type: string): readonly FieldDescriptor[] {
  return (fieldsOfType(type) ?? []).flatMap((field) =>
    field.j === '' && field.ptr !== true ? structFields(underlyingType(field.t)) : [field],
  );
}

function fieldFiller({ t }: FieldDescriptor): Fill | undefined {
  const type = underlyingType(t);
  const isList = type.startsWith('[]');
  const item = isList ? underlyingType(type.slice(2)) : type;
  const fill = isPlainStruct(item) ? fillerOf(item) : undefined;
  if (fill === undefined) return undefined;
  const fillOne = (value: unknown): unknown => (isJsonObject(value) ? fill(value) : value);
  return isList ? (value) => (Array.isArray(value) ? mapShared(value, fillOne) : value) : fillOne;
}

/** The list itself where no item changed. */
function mapShared(
  list: readonly unknown[],
  change: (item: unknown) => unknown,
): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const changed = change(list[index]);
    if (changed !== list[index]) (copy ??= [...list])[index] = changed;
  }
  return copy ?? list;
}

function fillStruct(
  value: JsonObject,
  parts: ReadonlyMap<string, Fill>,
  zeroes: readonly Zero[],
): JsonObject {
  let copy: Record<string, unknown> | undefined;
  for (const { name, value: zero } of zeroes)
    if (value[name] === undefined) (copy ??= { ...value })[name] = zero;
  for (const name in value) {
    const filled = parts.get(name)?.(value[name]) ?? value[name];
    if (filled !== value[name]) (copy ??= { ...value })[name] = filled;
  }
  return copy ?? value;
}
