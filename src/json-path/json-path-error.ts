import { PodlaneError } from '../net/index.ts';

/** A template that cannot be read, or not be filled in for a value. */
export class JsonPathError extends PodlaneError {
  override readonly name = 'JsonPathError';

  constructor(message: string, hint?: string) {
    super('ERR_JSON_PATH', message, hint === undefined ? {} : { hint });
  }
}
