import { PodlaneError } from '../../net/index.ts';

/** Why an expression cannot be used. */
export class GoRegExpError extends PodlaneError {
  override readonly name = 'GoRegExpError';

  constructor(what: string, source: string, cause?: unknown) {
    super(
      'ERR_REGEXP',
      `error parsing regexp: ${what}: \`${source}\``,
      cause === undefined ? {} : { cause },
    );
  }
}
