import { isJsonObject } from './json.ts';

/** JSON as Go's `%v` prints it, which messages of the API server hold: `map[image:x]`. */
export function formatGo(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(formatGo).join(' ')}]`;
  if (!isJsonObject(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const fields = Object.keys(value)
    .toSorted()
    .map((key) => `${key}:${formatGo(value[key])}`);
  return `map[${fields.join(' ')}]`;
}

/** The type in Go that holds a value of JSON. */
export function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number') return value === null ? '<nil>' : 'string';
  return Number.isInteger(value) ? 'int64' : 'float64';
}
