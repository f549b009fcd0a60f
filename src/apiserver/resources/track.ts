import type { WriteOptions } from '../../api/index.ts';
import { withoutEscalation } from '../authorization/index.ts';
import type { ApiContext, Target } from '../context.ts';
import { trackUpdate, type Writer } from '../managed-fields/index.ts';
import { fieldManagerOf, type ApiRequest } from '../request.ts';

type Manage = NonNullable<WriteOptions['manage']>;

/** Who is behind a write, for the fields that it sets. */
export function writerOf(request: ApiRequest, target: Target, { clock }: ApiContext): Writer {
  return { target, manager: fieldManagerOf(request), now: clock.now() };
}

/** What writes down whose the fields are that a create, update or patch sets, where its writer may set them. */
export function trackerOf(request: ApiRequest, target: Target, context: ApiContext): Manage {
  const writer = writerOf(request, target, context);
  return guarded((object, old) => trackUpdate(object, old, writer), { request, target, context });
}

/** `manage`, which refuses roles and bindings that their writer may not give. */
export function guarded(
  manage: Manage,
  {
    request,
    target,
    context,
  }: { readonly request: ApiRequest; readonly target: Target; readonly context: ApiContext },
): Manage {
  return withoutEscalation(manage, { user: request.user, target, store: context.store });
}
