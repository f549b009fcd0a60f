import type { DownstreamFacts } from './head.ts';
import type { ResponseHead } from './http1/index.ts';

/** What is longer is better kept than copied. */
export const MAX_COPIED_BYTES = 4096;
/** What may wait for a client before the backend is held back: a stream's own limit is one piece. */
export const MAX_WAITING_BYTES = 131_072;

/** A response on its way to the client, in what the client speaks. */
export interface ResponseBody {
  readonly isDone: boolean;
  /** Sent to the client. */
  readonly sizeBytes: number;
  /** Whether the client takes more now. */
  readonly hasRoom: boolean;
  /** Whether nobody needs the bytes any more that were passed last. */
  readonly isChunkFree: boolean;
  /**
   * Sends the head, with what of the body has come.
   *
   * @param bytes The head's, and those behind it.
   * @returns as `pass`, of those behind it.
   */
  begin(head: ResponseHead, facts: DownstreamFacts, bytes: Buffer): number | string;
  /** @returns how many bytes belong to the body, or what is wrong with them. */
  pass(chunk: Buffer): number | string;
  /** The backend's connection has ended, which ends the body. */
  end(): void;
}
