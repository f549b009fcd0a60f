import { isJsonObject } from '../../api/index.ts';

/** A value as the API server shows it where it wants a list, a map or a boolean: `&{map[]}`. */
export function showHeld(value: unknown): string {
  return `&{${plain(value)}}`;
}

/** A value as the API server shows it where it wants a text. */
export function showUnstructured(value: unknown): string {
  return `&value.valueUnstructured{Value:${syntax(value)}}`;
}

/** The type in Go that holds the value. */
export function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number') return value === null ? '<nil>' : 'string';
  return Number.isInteger(value) ? 'int64' : 'float64';
}

/** Go's `%v`. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(' ')}]`;
  if (isJsonObject(value))
    return `map[${entriesOf(value)
      .map(([key, field]) => `${key}:${plain(field)}`)
      .join(' ')}]`;
  if (value === null) return '<nil>';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Go's `%#v`. */
function syntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(syntax).join(', ')}}`;
  if (isJsonObject(value))
    return `map[string]interface {}{${entriesOf(value)
      .map(([key, field]) => `${JSON.stringify(key)}:${syntax(field)}`)
      .join(', ')}}`;
  return value === null ? 'interface {}(nil)' : JSON.stringify(value);
}

function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
}
