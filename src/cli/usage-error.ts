import { createRequire } from 'node:module';
import type * as Levenshtein from 'fastest-levenshtein';
import { PodlaneError } from '../net/index.ts';

/** The command line cannot be understood; exit 2. */
export class UsageError extends PodlaneError {
  override readonly name = 'UsageError';

  constructor(message: string, hint?: string) {
    super('ERR_USAGE', message, hint === undefined ? {} : { hint });
  }
}

/** `did you mean "up"?` when a known word is near; undefined otherwise. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  // Loaded with the first mistake. The cast holds: the package's types describe what `require` returns.
  const library = createRequire(import.meta.url)('fastest-levenshtein') as typeof Levenshtein;
  const nearest = library.closest(word, known);
  const isNear = library.distance(word, nearest) <= Math.max(1, Math.floor(nearest.length / 3));
  return isNear ? `Did you mean "${nearest}"?` : undefined;
}
