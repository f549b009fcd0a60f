import { GoTemplateError } from './go-template-error.ts';

/** What templates compute with; undefined is a value that is not there. */
export type Value =
  | string
  | bigint
  | boolean
  | undefined
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | Struct;

/** Fields and methods under their names. */
export interface Struct {
  readonly fields: Readonly<Record<string, Value | Method>>;
}

/** Called with the arguments that follow its name. */
export type Method = (...args: readonly Value[]) => Value;

/** Whether `value` holds fields. */
export function isStruct(value: Value): value is Struct {
  return typeof value === 'object' && !isList(value) && !isMap(value);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isMap(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

/** Neither false, nor zero, nor empty. */
export function isTrue(value: Value): boolean {
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return value.size > 0;
  return (
    isStruct(value) || (value !== undefined && value !== '' && value !== false && value !== 0n)
  );
}

/** As `fmt.Print` writes it. */
export function print(value: Value): string {
  if (value === undefined) return '<no value>';
  if (isList(value)) return `[${value.map(print).join(' ')}]`;
  if (isMap(value))
    return `map[${[...value]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${key}:${print(item)}`)
      .join(' ')}]`;
  if (isStruct(value))
    return `{${Object.values(value.fields)
      .filter((field) => typeof field !== 'function')
      .map(print)
      .join(' ')}}`;
  return String(value);
}

/** @throws GoTemplateError when `value` is no number. */
export function toInteger(value: Value): bigint {
  if (typeof value !== 'bigint') throw new GoTemplateError(`${print(value)} is not an integer`);
  return value;
}

/** @throws GoTemplateError when `value` is no text. */
export function toText(value: Value): string {
  if (typeof value !== 'string') throw new GoTemplateError(`${print(value)} is not a string`);
  return value;
}
