import { find, isMap, sortedEntries } from './find.ts';
import type { TemplateNode } from './nodes.ts';

/** A template filled in for `value`. @throws JsonPathError */
export function printTemplate(nodes: readonly TemplateNode[], value: unknown): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case 'text':
          return node.text;
        case 'path':
          return find(value, node.path).map(printValue).join(' ');
        case 'range':
          return find(value, node.path)
            .map((item) => printTemplate(node.body, item))
            .join('');
        default:
          return node satisfies never;
      }
    })
    .join('');
}

/** Everything that the expressions of a template find. @throws JsonPathError */
export function valuesOf(nodes: readonly TemplateNode[], value: unknown): readonly unknown[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'text') return [node.text];
    const found = find(value, node.path);
    return node.kind === 'path' ? found : found.flatMap((item) => valuesOf(node.body, item));
  });
}

/** Scalars bare, the rest as Go's JSON: keys in order, what HTML would read escaped. */
function printValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return scalarText(value);
  const text = JSON.stringify(value, (_, part: unknown) =>
    isMap(part) ? Object.fromEntries(sortedEntries(part)) : part,
  );
  return text.replaceAll(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function scalarText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** As Go's `%v`: `map[cpu:4]`, `[a b]`. */
export function printGoValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printGoValue).join(' ')}]`;
  if (!isMap(value)) return scalarText(value);
  const pairs = sortedEntries(value).map(([key, part]) => `${key}:${printGoValue(part)}`);
  return `map[${pairs.join(' ')}]`;
}
