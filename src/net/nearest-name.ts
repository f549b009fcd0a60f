import { createRequire } from 'node:module';
import type * as Levenshtein from 'fastest-levenshtein';

/** Loaded with the first name that is misspelt. */
let library: typeof Levenshtein | undefined;

function distance(left: string, right: string): number {
  // The cast holds: the package's types describe what `require` returns.
  library ??= createRequire(import.meta.url)('fastest-levenshtein') as typeof Levenshtein;
  return library.distance(left, right);
}

/** The candidate that a misspelt `name` most likely means; undefined when none is near. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const lower = name.toLowerCase();
  let nearest: string | undefined;
  let least = (name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3))) + 1;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const edits = isSwapped(lower, other) ? 1 : distance(lower, other);
    if (edits >= least) continue;
    least = edits;
    nearest = candidate;
  }
  return nearest;
}

/** Whether two neighbouring letters have changed places, which Levenshtein counts as two edits. */
function isSwapped(left: string, right: string): boolean {
  if (left.length !== right.length || left === right) return false;
  let at = 0;
  while (left[at] === right[at]) at += 1;
  return (
    left[at] === right[at + 1] &&
    left[at + 1] === right[at] &&
    left.slice(at + 2) === right.slice(at + 2)
  );
}
