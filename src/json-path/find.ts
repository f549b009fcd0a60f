import { JsonPathError } from './json-path-error.ts';
import type { Filter, Operator, PathNode, Slice } from './nodes.ts';

/**
 * Everything that `path` finds in `value`; a field that is not there is nothing, as kubectl has it.
 *
 * @throws JsonPathError for an index beyond its list, and for values that cannot be compared.
 */
export function find(value: unknown, path: readonly PathNode[]): readonly unknown[] {
  let found: readonly unknown[] = [value];
  for (const node of path) found = step(found, node);
  return found;
}

function step(found: readonly unknown[], node: PathNode): readonly unknown[] {
  switch (node.kind) {
    case 'field':
      return found.flatMap((value) => fieldOf(value, node.name));
    case 'wildcard':
      return found.flatMap(childrenOf);
    case 'recursive':
      return found.flatMap(withDescendants);
    case 'slice':
      return found.flatMap((value) => sliceOf(value, node.slice));
    case 'filter':
      return found.flatMap(childrenOf).filter((value) => isKept(value, node.filter));
    case 'union':
      return node.paths.flatMap((path) => found.flatMap((value) => find(value, path)));
    case 'literal':
      return [node.value];
    default:
      return node satisfies never;
  }
}

function fieldOf(value: unknown, name: string): readonly unknown[] {
  if (!isMap(value) || !Object.hasOwn(value, name)) return [];
  return [value[name]];
}

/** Go's maps come in the order of their keys. */
function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isMap(value) ? sortedEntries(value).map(([, child]) => child) : [];
}

function withDescendants(value: unknown): readonly unknown[] {
  const children = childrenOf(value);
  return children.length === 0 ? [] : [value, ...children.flatMap(withDescendants)];
}

function sliceOf(value: unknown, { start, end, step: every }: Slice): readonly unknown[] {
  if (!Array.isArray(value))
    throw new JsonPathError(`error executing jsonpath: ${textOf(value)} is not array or slice`);
  const { length } = value;
  const first = start < 0 ? start + length : start;
  const last = end === undefined ? length : end < 0 ? end + length : end;
  if (first === last) return [];
  if (every === 0) throw new JsonPathError('error executing jsonpath: step must be > 0');
  const outside = [first, last - 1].find((index) => index < 0 || index >= length);
  if (outside !== undefined)
    throw new JsonPathError(
      `error executing jsonpath: array index out of bounds: index ${outside}, length ${length}`,
    );
  return value.slice(first, last).filter((_, index) => index % every === 0);
}

function isKept(value: unknown, { left, operator, right }: Filter): boolean {
  const lefts = find(value, left);
  if (operator === 'exists') return lefts.length > 0;
  const rights = find(value, right);
  if (lefts.length === 0 || rights.length === 0) return false;
  if (lefts.length > 1 || rights.length > 1)
    throw new JsonPathError('error executing jsonpath: can only compare one element at a time');
  return holds(lefts[0], operator, rights[0]);
}

function holds(left: unknown, operator: Operator, right: unknown): boolean {
  if (typeof left !== typeof right || typeof left === 'object')
    throw new JsonPathError('error executing jsonpath: incompatible types for comparison');
  const order = left === right ? 0 : (left as string) < (right as string) ? -1 : 1; // of one type, and none is an object
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return operator satisfies never;
  }
}

export type JsonMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** In the order of bytes, as Go sorts keys. */
export function sortedEntries(map: JsonMap): readonly (readonly [string, unknown])[] {
  return Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
