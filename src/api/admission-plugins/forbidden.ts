import type { RuledWrite } from '../admission-rules.ts';
import { ApiError } from '../errors.ts';
import { resourceDetails, resourceName } from '../field-errors.ts';

/** `pods "web" is forbidden: why`. */
export function forbidden({ definition, object, old, place }: RuledWrite, why: string): ApiError {
  const { name = '', generateName = '' } = { ...(object ?? old)?.metadata, ...place };
  const shown = name || generateName || 'Unknown';
  return new ApiError('Forbidden', `${resourceName(definition)} "${shown}" is forbidden: ${why}`, {
    details: resourceDetails(definition, shown),
  });
}
