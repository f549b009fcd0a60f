import type { WriteRequest } from '../../api/index.ts';
import type { Target } from '../context.ts';
import type { ApiRequest } from '../request.ts';

/** Who asks for a write, as the rules of admission see it. @param told takes what the client is to be told */
export function writeRequestOf(
  { user }: ApiRequest,
  { version, subresource }: Target,
  told: string[],
): WriteRequest {
  return { user, version, subresource, warn: (text) => void told.push(text) };
}
