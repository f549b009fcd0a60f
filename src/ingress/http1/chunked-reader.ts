import { ChunkExtension } from './chunk-extension.ts';
import { parseFields } from './header-fields.ts';

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
/** A size of 15 hexadecimal digits is above every body and below the largest exact integer. */
const MAX_SIZE_DIGITS = 15;
const MAX_TRAILER_BYTES = 16_384;

const FORBIDDEN_TRAILERS: ReadonlySet<string> = new Set([
  'content-length',
  'host',
  'transfer-encoding',
]);

type State =
  | 'size'
  | 'extension'
  | 'size-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'trailer'
  | 'trailer-lf'
  | 'end-lf'
  | 'done';

/**
 * Follows a chunked body as it comes, byte by byte if need be, without keeping any of it.
 *
 * ```
 * size [;ext] CR LF ─▶ data CR LF ─▶ size … ─▶ 0 CR LF ─▶ [trailer CR LF]… ─▶ CR LF ─▶ done
 * ```
 *
 * @see RFC 9112 §7.1
 */
export class ChunkedReader {
  #state: State = 'size';
  #digits = 0;
  #remaining = 0;
  #extension: ChunkExtension | undefined;
  #trailerBytes = 0;
  #isLineEmpty = true;
  #trailers = '';

  /** The trailer fields, ended by CR LF except the last; '' for none. */
  get trailers(): string {
    return this.#trailers;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /**
   * Takes in bytes up to the end of the body.
   *
   * @param onData Called with each piece of the chunks' own data.
   * @returns How many bytes belong to the body, or what is wrong with them.
   */
  read(bytes: Buffer, onData?: (piece: Buffer) => void): number | string {
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const length = Math.min(this.#remaining, bytes.length - at);
        onData?.(bytes.subarray(at, at + length));
        at += length;
        this.#remaining -= length;
        if (this.#remaining === 0) this.#state = 'data-cr';
        continue;
      }
      const wrong = this.#step(bytes[at] ?? 0);
      if (wrong !== undefined) return wrong;
      at += 1;
    }
    return at;
  }

  #step(byte: number): string | undefined {
    switch (this.#state) {
      case 'size':
        return this.#size(byte);
      case 'extension':
        return this.#extend(byte);
      case 'size-lf':
        return this.#lineEnd(byte, this.#remaining === 0 ? 'trailer' : 'data');
      case 'data-cr':
        return this.#expect(byte, CR, 'data-lf');
      case 'data-lf':
        this.#digits = 0;
        return this.#lineEnd(byte, 'size');
      case 'trailer':
        return this.#trailer(byte);
      case 'trailer-lf':
        this.#isLineEmpty = true;
        return this.#lineEnd(byte, 'trailer');
      case 'end-lf':
        return this.#end(byte);
      case 'data':
      case 'done':
        return 'no byte is expected here';
      default:
        return this.#state satisfies never;
    }
  }

  #size(byte: number): string | undefined {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#digits += 1;
      this.#remaining = this.#remaining * 16 + digit;
      return this.#digits > MAX_SIZE_DIGITS ? 'a chunk size is too long' : undefined;
    }
    if (this.#digits === 0) return 'a chunk has no size';
    if (byte === SEMICOLON) {
      this.#extension = new ChunkExtension();
      this.#state = 'extension';
      return undefined;
    }
    return this.#expect(byte, CR, 'size-lf');
  }

  #extend(byte: number): string | undefined {
    const extension = this.#extension;
    if (byte === CR && extension?.isWhole === true) {
      this.#extension = undefined;
      this.#state = 'size-lf';
      return undefined;
    }
    return extension?.take(byte);
  }

  #trailer(byte: number): string | undefined {
    this.#trailerBytes += 1;
    if (this.#trailerBytes > MAX_TRAILER_BYTES) return 'the trailers are too long';
    if (byte === LF || byte === 0) return 'a trailer holds a control character';
    if (byte === CR) this.#state = this.#isLineEmpty ? 'end-lf' : 'trailer-lf';
    else this.#keepTrailer(byte);
    return undefined;
  }

  #keepTrailer(byte: number): void {
    if (this.#isLineEmpty && this.#trailers !== '') this.#trailers += '\r\n';
    this.#isLineEmpty = false;
    this.#trailers += String.fromCharCode(byte);
  }

  #end(byte: number): string | undefined {
    return this.#checkTrailers() ?? this.#lineEnd(byte, 'done');
  }

  /** What says how a message is framed or where it goes has come too late. @see RFC 9110 §6.5.1 */
  #checkTrailers(): string | undefined {
    if (this.#trailers === '') return undefined;
    const fields = parseFields(this.#trailers);
    if (!Array.isArray(fields)) return fields.reason;
    const wrong = fields.find(
      (name, index) => index % 2 === 0 && FORBIDDEN_TRAILERS.has(name.toLowerCase()),
    );
    return wrong === undefined ? undefined : `${wrong} is no trailer`;
  }

  #lineEnd(byte: number, next: State): string | undefined {
    return this.#expect(byte, LF, next);
  }

  #expect(byte: number, wanted: number, next: State): string | undefined {
    if (byte !== wanted) return 'a chunk is not delimited by CR LF';
    this.#state = next;
    return undefined;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
