import { stringify } from 'yaml';

/** An object as block YAML, keys in the order they are in; strings are never folded. */
export function renderYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
}
