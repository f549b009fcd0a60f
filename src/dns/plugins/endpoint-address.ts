import { argsOf, CorefileError, type Directive } from '../corefile/index.ts';
import { parsePlace } from '../loopback-place.ts';

/**
 * The `[ADDRESS]` of a plugin that answers HTTP.
 *
 * @throws CorefileError for what is not `[HOST]:PORT`.
 */
export function endpointAddress(directive: Directive, fallback: string): string {
  const [address = fallback] = argsOf(directive, 0, 1);
  if (parsePlace(address) === undefined)
    throw new CorefileError(`"${address}" is not [HOST]:PORT`, directive.position);
  return address;
}
