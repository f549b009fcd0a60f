import type { WriteOptions } from '../../api/index.ts';
import type { ApiContext, Target } from '../context.ts';
import { trackUpdate, type Writer } from '../managed-fields/index.ts';
import { fieldManagerOf, type ApiRequest } from '../request.ts';

/** Who is behind a write, for the fields that it sets. */
export function writerOf(request: ApiRequest, target: Target, { clock }: ApiContext): Writer {
  return { target, manager: fieldManagerOf(request), now: clock.now() };
}

/** What writes down whose the fields are that a create, update or patch sets. */
export function trackerOf(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): NonNullable<WriteOptions['manage']> {
  const writer = writerOf(request, target, context);
  return (object, old) => trackUpdate(object, old, writer);
}
