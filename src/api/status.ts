import { ApiError, type FieldErrorType } from './errors.ts';

/** metav1.Status of a failure. */
export interface ApiStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Failure';
  readonly message: string;
  /** Absent for an error that the API server itself did not expect. */
  readonly reason?: string;
  readonly details?: ApiStatusDetails;
  readonly code: number;
}

export interface ApiStatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly ApiStatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface ApiStatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

/** The Status that the API server answers `error` with; anything but an ApiError is an internal error. */
export function toApiStatus(error: unknown): ApiStatus {
  if (!(error instanceof ApiError)) {
    const why = error instanceof Error ? error.message : String(error);
    return toApiStatus(new ApiError('InternalError', `Internal error occurred: ${why}`));
  }
  const details = detailsOf(error);
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    ...reasonOf(error),
    ...((error.details !== undefined || Object.keys(details).length > 0) && { details }),
    code: error.status,
  };
}

function reasonOf(error: ApiError): { readonly reason?: string } {
  const { given, reason } = error;
  if (given !== undefined) return given.reason === '' ? {} : { reason: given.reason };
  return isExpected(error) ? { reason } : {};
}

/** `NewInternalError` begins so; other errors reach the client with their bare message, without a reason. */
function isExpected({ reason, message }: ApiError): boolean {
  return reason !== 'InternalError' || message.startsWith('Internal error occurred: ');
}

function detailsOf({
  details,
  causes,
  otherCauses,
  retryAfterSeconds,
}: ApiError): ApiStatusDetails {
  const { name, group, kind, uid } = details ?? {};
  const allCauses = [
    ...causes.map(({ type, message, field }) => ({ reason: causeReason(type), message, field })),
    ...otherCauses.map(({ reason, ...cause }) => ({ ...(reason !== '' && { reason }), ...cause })),
  ];
  return {
    ...(name !== undefined && name !== '' && { name }),
    ...(group !== undefined && group !== '' && { group }),
    ...(kind !== undefined && { kind }),
    ...(uid !== undefined && { uid }),
    ...(allCauses.length > 0 && { causes: allCauses }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** @see metav1.CauseType */
function causeReason(type: FieldErrorType): string {
  return type === 'Internal' ? 'InternalError' : `FieldValue${type}`;
}
