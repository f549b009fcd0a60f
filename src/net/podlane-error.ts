/** A place in a text that a person wrote; lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface PodlaneErrorOptions {
  /** What to do about it, as a whole sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly position?: Position;
}

/**
 * Base of every error that podlane throws on purpose.
 *
 * The message is lower-case and names the object it is about (`service shop/web: port 70000 is not in 1–65535`).
 */
export class PodlaneError extends Error {
  override readonly name: string = 'PodlaneError';
  /** Stable across releases: `ERR_…`. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly position: Position | undefined;

  constructor(code: string, message: string, options: PodlaneErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.hint = options.hint;
    this.position = options.position;
  }
}
