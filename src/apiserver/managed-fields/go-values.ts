import { formatGo, isJsonObject } from '../../api/index.ts';

/** A value as the API server shows it where it wants a list, a map or a boolean: `&{map[]}`. */
export function showHeld(value: unknown): string {
  return `&{${formatGo(value)}}`;
}

/** A value as the API server shows it where it wants a text. */
export function showUnstructured(value: unknown): string {
  return `&value.valueUnstructured{Value:${syntax(value)}}`;
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
