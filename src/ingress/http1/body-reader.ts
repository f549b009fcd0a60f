import { ChunkedReader } from './chunked-reader.ts';
import type { Framing } from './framing.ts';

/** Tells where a body that streams by ends. */
export interface BodyReader {
  readonly isDone: boolean;
  /** Trailer fields, ended by CR LF except the last; '' for none. */
  readonly trailers: string;
  /**
   * Takes in bytes up to the end of the body.
   *
   * @param onData Called with each piece of content, without the framing.
   * @returns How many bytes belong to the body, or what is wrong with them.
   */
  read(bytes: Buffer, onData?: (piece: Buffer) => void): number | string;
}

/** A reader of one body. */
export function createBodyReader(framing: Framing): BodyReader {
  switch (framing.kind) {
    case 'chunked':
      return new ChunkedReader();
    case 'length':
      return new CountingReader(framing.sizeBytes);
    case 'none':
      return new CountingReader(0);
    case 'until-close':
      return new CountingReader(Number.POSITIVE_INFINITY);
    default:
      return framing satisfies never;
  }
}

class CountingReader implements BodyReader {
  readonly trailers = '';
  #remaining: number;

  constructor(sizeBytes: number) {
    this.#remaining = sizeBytes;
  }

  get isDone(): boolean {
    return this.#remaining === 0;
  }

  read(bytes: Buffer, onData?: (piece: Buffer) => void): number {
    const length = Math.min(this.#remaining, bytes.length);
    this.#remaining -= length;
    if (length > 0) onData?.(length === bytes.length ? bytes : bytes.subarray(0, length));
    return length;
  }
}
