import { isJsonObject, type JsonObject, type KubeObject } from '../../api/index.ts';
import {
  fieldsOfType,
  goTypeOf,
  underlyingType,
  type FieldDescriptor,
} from '../protobuf/descriptor.ts';

const META = 'k8s.io/apimachinery/pkg/apis/meta/v1';

/** Structs that JSON shows as a scalar. */
const SCALAR_STRUCTS = new Set([
  `${META}.Time`,
  `${META}.MicroTime`,
  `${META}.Duration`,
  `${META}.FieldsV1`,
  'k8s.io/apimachinery/pkg/api/resource.Quantity',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString',
  'k8s.io/apimachinery/pkg/runtime.RawExtension',
]);

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
    if (field.j === '-' || field.j === 'metadata') continue;
    const value = emptyField(field);
    if (field.j === '') Object.assign(result, value);
    else if (value !== undefined) result[field.j] = value;
  }
  return result;
}

function emptyField({ t, ptr = false, omit = false, j }: FieldDescriptor): unknown {
  const type = underlyingType(t);
  if (TIMES.has(type)) return ptr && omit ? undefined : OMITTED_TIMES.has(j) ? undefined : null;
  const isStruct = isPlainStruct(type);
  if (isStruct && !ptr) return emptyStruct(type);
  return omit ? undefined : null;
}

function isPlainStruct(type: string): boolean {
  return !SCALAR_STRUCTS.has(type) && fieldsOfType(type) !== undefined;
}

/** Fills in one struct's zeroes; undefined for a type without any, so that nothing is walked in vain. */
type Filler = (value: JsonObject) => JsonObject;

const fillers = new Map<string, Filler | undefined>();

/** `object` with the times that Go writes as null where nobody set them; the same object where there are none. */
export function withZeroes(object: KubeObject): KubeObject {
  const type = goTypeOf(object.apiVersion, object.kind);
  const fill = type === undefined ? undefined : fillerOf(type);
  // Filling in fields leaves an object of its kind.
  return fill === undefined
    ? object
    : (fill(object as unknown as JsonObject) as unknown as KubeObject);
}

function fillerOf(type: string): Filler | undefined {
  if (fillers.has(type)) return fillers.get(type);
  // Types may contain themselves.
  fillers.set(type, undefined);
  const filler = compileFiller(type);
  fillers.set(type, filler);
  return filler;
}

interface Part {
  readonly name: string;
  readonly fill: (value: unknown) => unknown;
}

function compileFiller(type: string): Filler | undefined {
  const parts: Part[] = [];
  const nulls: string[] = [];
  for (const field of structFields(type)) {
    if (isNullTime(field)) nulls.push(field.j);
    const fill = fieldFiller(field);
    if (fill !== undefined) parts.push({ name: field.j, fill });
  }
  if (parts.length === 0 && nulls.length === 0) return undefined;
  return (value) => fillStruct(value, parts, nulls);
}

/** With the fields of embedded structs among the others. */
function structFields(type: string): readonly FieldDescriptor[] {
  return (fieldsOfType(type) ?? []).flatMap((field) =>
    field.j === '' && field.ptr !== true ? structFields(underlyingType(field.t)) : [field],
  );
}

function isNullTime({ t, ptr, j }: FieldDescriptor): boolean {
  return ptr !== true && TIMES.has(underlyingType(t)) && !OMITTED_TIMES.has(j);
}

function fieldFiller({ t }: FieldDescriptor): Part['fill'] | undefined {
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
  const changed = list.map(change);
  return changed.every((item, index) => item === list[index]) ? list : changed;
}

function fillStruct(
  value: JsonObject,
  parts: readonly Part[],
  nulls: readonly string[],
): JsonObject {
  let copy: Record<string, unknown> | undefined;
  for (const name of nulls) if (value[name] === undefined) (copy ??= { ...value })[name] = null;
  for (const { name, fill } of parts) {
    const old = value[name];
    if (old === undefined) continue;
    const filled = fill(old);
    if (filled !== old) (copy ??= { ...value })[name] = filled;
  }
  return copy ?? value;
}
