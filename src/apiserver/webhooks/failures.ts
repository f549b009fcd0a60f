import { ApiError, type ApiStatus } from '../../api/index.ts';

/** A webhook could not be asked, or its answer cannot be read. @see apiserver `util/webhook`, ErrCallingWebhook */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure';
}

/** `Internal error occurred: failed calling webhook …`, where that is to stop the request. */
export function failedCalling(webhook: string, failure: WebhookFailure): ApiError {
  return internalError(`failed calling webhook ${JSON.stringify(webhook)}: ${failure.message}`);
}

/** `Internal error occurred: why`. */
export function internalError(why: string): ApiError {
  return new ApiError('InternalError', `Internal error occurred: ${why}`, {
    otherCauses: [{ reason: '', message: why }],
  });
}

/** A webhook that may write something is not asked for what is only tried. */
export function noDryRun(webhook: string): ApiError {
  return new ApiError(
    'BadRequest',
    `admission webhook ${JSON.stringify(webhook)} does not support dry run`,
  );
}

/** What a webhook says of a refusal. */
export type Rejection = Partial<Pick<ApiStatus, 'message' | 'reason' | 'code' | 'details'>>;

const LEAST_CODE = 400;

/** The refusal in the webhook's words. @see apiserver `admission/plugin/webhook/errors`, ToStatusErr */
export function rejected(webhook: string, said: Rejection = {}): ApiError {
  const { message = '', reason = '', code = 0, details } = said;
  const denied = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const why = message || reason;
  return new ApiError(
    'BadRequest',
    why === '' ? `${denied} without explanation` : `${denied}: ${why}`,
    {
      given: { code: Math.max(code, LEAST_CODE), reason },
      ...(details && {
        details: {
          ...(details.name !== undefined && { name: details.name }),
          ...(details.group !== undefined && { group: details.group }),
          ...(details.kind !== undefined && { kind: details.kind }),
        },
        otherCauses: (details.causes ?? []).map(({ reason: cause = '', ...rest }) => ({
          reason: cause,
          ...rest,
        })),
      }),
    },
  );
}
