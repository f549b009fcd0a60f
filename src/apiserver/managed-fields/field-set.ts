import { isJsonObject, type JsonObject } from '../../api/index.ts';

/**
 * A set of paths into an object, as a tree; never changed in place.
 *
 * Keys are path elements as FieldsV1 writes them: `f:spec`, `k:{"name":"web"}`, `v:"a"`, `i:0`.
 */
export interface FieldSet {
  /** Whether the path that leads here is in the set itself. */
  readonly isMember: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

/** The set without paths. */
export const NO_FIELDS: FieldSet = { isMember: false, children: new Map() };
const LEAF: FieldSet = { isMember: true, children: new Map() };

/** A set of the path of no steps alone, under which children may be put. */
export function fieldSet(isMember: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet {
  if (children.size === 0) return isMember ? LEAF : NO_FIELDS;
  return { isMember, children };
}

/** Whether the set has no path. */
export function isEmptySet({ isMember, children }: FieldSet): boolean {
  return !isMember && children.size === 0;
}

/** The paths of either set; `left` itself where `right` has no others. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmptySet(left)) return right;
  let children: Map<string, FieldSet> | undefined;
  for (const [element, subset] of right.children) {
    const known = left.children.get(element);
    const both = known === undefined ? subset : union(known, subset);
    if (both !== known) (children ??= new Map(left.children)).set(element, both);
  }
  const isMember = left.isMember || right.isMember;
  if (children === undefined && isMember === left.isMember) return left;
  return fieldSet(isMember, children ?? left.children);
}

/** The paths of `left` that are not in `right`; `left` itself where that is all of them. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  let children: Map<string, FieldSet> | undefined;
  for (const [element, subset] of right.children) {
    const known = left.children.get(element);
    if (known === undefined) continue;
    const kept = difference(known, subset);
    if (kept === known) continue;
    children ??= new Map(left.children);
    if (isEmptySet(kept)) children.delete(element);
    else children.set(element, kept);
  }
  const isMember = left.isMember && !right.isMember;
  if (children === undefined && isMember === left.isMember) return left;
  return fieldSet(isMember, children ?? left.children);
}

/** The paths that are in both. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, subset] of left.children) {
    const both = intersection(subset, right.children.get(element) ?? NO_FIELDS);
    if (!isEmptySet(both)) children.set(element, both);
  }
  return fieldSet(left.isMember && right.isMember, children);
}

/** Every path of the set as its elements, in order: those that end here before those that go on. */
export function* pathsOf(
  set: FieldSet,
  path: readonly string[] = [],
): Generator<readonly string[]> {
  const children = [...set.children].toSorted(byElement);
  for (const [element, { isMember }] of children) if (isMember) yield [...path, element];
  for (const [element, subset] of children) yield* pathsOf(subset, [...path, element]);
}

const byElement = (
  [left]: readonly [string, unknown],
  [right]: readonly [string, unknown],
): number => (left < right ? -1 : Number(left > right));

/** The set as FieldsV1. @see metav1.FieldsV1 */
export function encodeFields(set: FieldSet): JsonObject {
  const fields: Record<string, unknown> = {};
  for (const element of [...set.children.keys()].toSorted()) {
    const subset = set.children.get(element) ?? NO_FIELDS;
    fields[element] = encodeMember(subset);
  }
  return fields;
}

/** What is below a path, and whether the path is in the set besides. */
function encodeMember(set: FieldSet): JsonObject {
  const isBranch = set.isMember && set.children.size > 0;
  return isBranch ? { '.': {}, ...encodeFields(set) } : encodeFields(set);
}

/** The set behind FieldsV1; what is no path element is left out. */
export function decodeFields(fields: unknown): FieldSet {
  return decodeChildren(fields, false);
}

function decodeChildren(fields: unknown, isLeafMember: boolean): FieldSet {
  if (!isJsonObject(fields)) return NO_FIELDS;
  const children = new Map<string, FieldSet>();
  for (const [element, value] of Object.entries(fields))
    if (isElement(element)) children.set(element, decodeChildren(value, true));
  const isMember = isLeafMember && (children.size === 0 || Object.hasOwn(fields, '.'));
  return fieldSet(isMember, children);
}

/** Clients write managed fields too: keys of list items that are no objects of JSON lead nowhere. */
function isElement(element: string): boolean {
  if (!element.startsWith('k:')) return /^[fvi]:/.test(element);
  try {
    return isJsonObject(JSON.parse(element.slice(2)));
  } catch {
    return false;
  }
}

/** `.spec.ports[port=80,protocol="TCP"].name`, as conflicts name fields. */
export function showPath(path: readonly string[]): string {
  return path.map(showElement).join('');
}

/** One element of a path: `.spec`, `[name="web"]`. */
export function showElement(element: string): string {
  const text = element.slice(2);
  const [sort = 'i'] = element;
  switch (sort) {
    case 'f':
      return `.${text}`;
    case 'k': {
      const keys = Object.entries(JSON.parse(text) as JsonObject); // keys are made by elementOfItem
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}
