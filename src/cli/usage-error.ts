import { closest, distance } from 'fastest-levenshtein';
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
  const nearest = closest(word, known);
  const isNear = distance(word, nearest) <= Math.max(1, Math.floor(nearest.length / 3));
  return isNear ? `Did you mean "${nearest}"?` : undefined;
}
