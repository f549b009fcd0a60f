import type { Duplex } from 'node:stream';
import { isCopying } from '../net/index.ts';
import { downstreamHead, isPassedWhole, type DownstreamFacts } from './head.ts';
import {
  closeCuts,
  createBodyReader,
  type BodyReader,
  type HttpVersion,
  type ResponseHead,
} from './http1/index.ts';
import { MAX_COPIED_BYTES, MAX_WAITING_BYTES, type ResponseBody } from './response-body.ts';

const CRLF = Buffer.from('\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
/** A head and a body up to this are sent as one text: copying is cheaper than a second write. */
const MAX_JOINED_BYTES = 16_384;

/**
 * A response's body in the framing that the client understands: as it came, or put into chunks where it ends with the
 * connection, or taken out of them for HTTP/1.0.
 */
export class Http1ResponseBody implements ResponseBody {
  readonly #client: Duplex;
  readonly #reader: BodyReader;
  readonly #isCopying: boolean;
  /** The body ended with the backend's connection and goes out in chunks. */
  readonly isRechunked: boolean;
  /** The body's framing is taken off on the way. */
  readonly #isDecoded: boolean;
  sizeBytes = 0;
  hasRoom = true;
  isChunkFree = true;

  constructor({ framing }: ResponseHead, version: HttpVersion, client: Duplex) {
    this.#client = client;
    this.#isCopying = isCopying(client);
    this.#reader = createBodyReader(framing);
    this.isRechunked = framing.kind === 'until-close' && version === '1.1';
    this.#isDecoded = this.isRechunked || (version === '1.0' && framing.kind === 'chunked');
  }

  get isDone(): boolean {
    return this.#reader.isDone;
  }

  begin(head: ResponseHead, facts: DownstreamFacts, bytes: Buffer): number | string {
    const bodyAt = head.sizeBytes;
    return isPassedWhole(head, facts)
      ? this.#beginWith(bytes, { from: closeCuts(bytes, head.cuts), bodyAt })
      : this.#begin(downstreamHead(head, facts), bytes.subarray(bodyAt));
  }

  pass(chunk: Buffer): number | string {
    // Of a chunk without content nothing is written, which would drain later.
    this.hasRoom = true;
    this.isChunkFree = true;
    if (this.#isDecoded) return this.#reader.read(chunk, this.#sendPiece);
    const length = this.#reader.read(chunk);
    if (typeof length === 'string' || length === 0) return length;
    this.sizeBytes += length;
    this.#sendMore(length === chunk.length ? chunk : chunk.subarray(0, length));
    return length;
  }

  end(): void {
    if (this.isRechunked) this.#client.write(LAST_CHUNK);
  }

  /** Sends the head with the first of the body. @returns as `pass`. */
  #begin(head: string, rest: Buffer): number | string {
    if (this.#isDecoded || rest.length > MAX_JOINED_BYTES) {
      this.#client.cork();
      this.#client.write(head, 'latin1');
      const length = rest.length > 0 ? this.pass(rest) : 0;
      this.#client.uncork();
      return length;
    }
    const length = this.#reader.read(rest);
    if (typeof length === 'string') return length;
    this.sizeBytes = length;
    this.hasRoom = this.#client.write(
      length === 0 ? head : head + rest.toString('latin1', 0, length),
      'latin1',
    );
    return length;
  }

  /** Sends the head that stands in `bytes` with the first of the body behind it. @returns as `pass`. */
  #beginWith(
    bytes: Buffer,
    { from, bodyAt }: { readonly from: number; readonly bodyAt: number },
  ): number | string {
    const length = this.#reader.read(bytes.subarray(bodyAt));
    if (typeof length === 'string') return length;
    this.sizeBytes = length;
    this.#sendMore(bytes.subarray(from, bodyAt + length));
    return length;
  }

  readonly #sendPiece = (piece: Buffer): void => {
    this.sizeBytes += piece.length;
    if (!this.isRechunked) {
      this.hasRoom = this.#send(piece);
      return;
    }
    this.#client.cork();
    this.#client.write(`${piece.length.toString(16)}\r\n`, 'latin1');
    this.#send(piece);
    this.hasRoom = this.#client.write(CRLF);
    this.#client.uncork();
  };

  #sendMore(piece: Buffer): void {
    const { writableLength } = this.#client;
    const hasRoom = this.#send(piece);
    this.hasRoom = hasRoom || writableLength < MAX_WAITING_BYTES;
  }

  /** Short pieces are copied where they are kept; long ones are left to the client. */
  #send(piece: Buffer): boolean {
    const isCopied = !this.#isCopying && piece.length <= MAX_COPIED_BYTES;
    const hasRoom = this.#client.write(isCopied ? Buffer.from(piece) : piece);
    const isFree = isCopied || (this.#isCopying && this.#client.writableLength === 0);
    if (!isFree) this.isChunkFree = false;
    return hasRoom;
  }
}
