import type { Position } from '../../net/index.ts';

/** Where each field and each item of a collection begins: offsets into the text. */
export type Marks = Map<object, Map<string | number, number>>;

/** One value read from a text, with the places of everything in it. */
export interface Located {
  readonly value: unknown;
  readonly marks: Marks;
}

/** One value at the root of a YAML document or a JSON text. */
export interface SourceRoot {
  readonly value: unknown;
  /** Where it begins. */
  readonly offset: number;
  /** Finds the places, which only problems need. */
  readonly locate: () => Located;
}

/** Something wrong with the text itself. */
export interface SyntaxProblem {
  readonly message: string;
  readonly offset: number;
  readonly hint?: string;
}

/** Notes where `key` of `collection` begins. */
export function mark(
  marks: Marks,
  collection: object,
  place: { readonly key: string | number; readonly offset: number },
): void {
  const known = marks.get(collection);
  if (known === undefined) marks.set(collection, new Map([[place.key, place.offset]]));
  else known.set(place.key, place.offset);
}

/** Sets a field that comes from outside; `__proto__` is a name like any other. */
export function setField(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

/** Turns offsets of `text` into lines and columns; the lines are counted when first asked for. */
export function createLocator(text: string, file: string): (offset: number) => Position {
  let starts: readonly number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(text);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
