import { nearestName, PodlaneError } from '../net/index.ts';

/** The command line cannot be understood; exit 2. */
export class UsageError extends PodlaneError {
  override readonly name = 'UsageError';

  constructor(message: string, hint?: string) {
    super('ERR_USAGE', message, hint === undefined ? {} : { hint });
  }
}

/** `Did you mean "up"?` when a known word is near; undefined otherwise. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(word, known);
  return nearest === undefined ? undefined : `Did you mean "${nearest}"?`;
}
