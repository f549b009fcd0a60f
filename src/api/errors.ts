import { PodlaneError } from '../net/index.ts';

/** `metav1.StatusReason` and the HTTP status it stands for. */
export const STATUS_CODE = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof STATUS_CODE;

/** How a field is wrong; `FieldValue<type>` is the reason on the wire. @see apimachinery `field.ErrorType` */
export type FieldErrorType =
  | 'Required'
  | 'Invalid'
  | 'Duplicate'
  | 'NotSupported'
  | 'Forbidden'
  | 'TooLong'
  | 'TooMany'
  | 'NotFound'
  | 'TypeInvalid'
  | 'Internal';

/** One wrong field of an object. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** Path as the API writes it: `spec.ports[0].nodePort`, `metadata.labels`. */
  readonly field: string;
  /** The whole text after `field: `, as the API server words it (`Invalid value: 70000: must be between 1 and 65535, inclusive`). */
  readonly message: string;
}

/** What a failure is about; @see metav1.StatusDetails */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  /** The resource (`services`) for most reasons, the Kind (`Service`) for Invalid. */
  readonly kind?: string;
  readonly uid?: string;
}

/** A cause that is no field error (`NamespaceTerminating`). */
export interface StatusCause {
  /** '' where there is none. */
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface ApiErrorOptions {
  readonly details?: StatusDetails;
  /** Causes besides the field errors. */
  readonly otherCauses?: readonly StatusCause[];
  readonly causes?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  /** What the client is told besides. */
  readonly warnings?: readonly string[];
  /** Code and reason that somebody else chose; '' is no reason. */
  readonly given?: { readonly code: number; readonly reason: string };
}

/** What the API server answers with a failure `metav1.Status`. */
export class ApiError extends PodlaneError {
  override readonly name = 'ApiError';
  readonly reason: StatusReason;
  readonly causes: readonly FieldError[];
  readonly otherCauses: readonly StatusCause[];
  /** Undefined where the failure is about nothing in particular; `{}` shows as such. */
  readonly details: StatusDetails | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Code and reason that somebody else chose. */
  readonly given: ApiErrorOptions['given'];
  /** What the client is told besides; whoever passes the error on may add to it. */
  readonly warnings: string[];

  constructor(reason: StatusReason, message: string, options: ApiErrorOptions = {}) {
    super(`ERR_API_${reason.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`, message);
    this.reason = reason;
    this.causes = options.causes ?? [];
    this.otherCauses = options.otherCauses ?? [];
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.given = options.given;
    this.warnings = [...(options.warnings ?? [])];
  }

  /** The HTTP status. */
  get status(): number {
    return this.given?.code ?? STATUS_CODE[this.reason];
  }
}
