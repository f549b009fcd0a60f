import { PodlaneError } from '../../net/index.ts';

/** A message that breaks the format, or a value that has no form on the wire. */
export class WireError extends PodlaneError {
  override readonly name = 'WireError';

  constructor(message: string) {
    super('ERR_DNS_WIRE', message);
  }
}
