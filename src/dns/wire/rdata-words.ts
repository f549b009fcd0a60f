import type { Rdata } from './message.ts';
import { parseName } from './parse-name.ts';
import { createOutput, readRdata, writeRdata } from './rdata.ts';
import { WireError } from './wire-error.ts';

/** A word of a zone file: its octets are still escaped. */
export interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Seconds in the units of BIND. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * Seconds of `3600` or `1h30m`; undefined when `text` says none.
 *
 * @see BIND 9 Administrator Reference Manual, "Setting TTLs"
 */
export function parseTtl(text: string): number | undefined {
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit = 's'] of text.matchAll(/(\d+)([smhdw]?)/gi))
    seconds += Number(amount) * (UNITS[unit.toLowerCase() || 's'] ?? 1);
  return seconds > 0xffff_ffff ? undefined : seconds;
}

/** Reads the words of one record's data in order. */
export class RdataWords {
  readonly #words: readonly Word[];
  readonly #origin: string;
  #at = 0;

  constructor(words: readonly Word[], origin: string) {
    this.#words = words;
    this.#origin = origin;
  }

  get hasMore(): boolean {
    return this.#at < this.#words.length;
  }

  /** @throws WireError when there is none. */
  next(): string {
    return this.#next().text;
  }

  /** `key=value`, or `key="value"`, which the reader of a zone file takes for two words. @throws WireError as `next` */
  pair(): string {
    const text = this.next();
    const isCut = text.endsWith('=') && this.#words[this.#at]?.isQuoted === true;
    return isCut ? text + this.next() : text;
  }

  #next(): Word {
    const word = this.#words[this.#at];
    if (word === undefined) throw new WireError('data of the record ends too early');
    this.#at += 1;
    return word;
  }

  /** All words to the end. */
  rest(): string {
    let text = '';
    while (this.hasMore) text += this.next();
    return text;
  }

  /** @throws WireError when words are left. */
  end(): void {
    const word = this.#words[this.#at];
    if (word !== undefined) throw new WireError(`unexpected "${word.text}" after the data`);
  }

  name(): string {
    return parseName(this.next(), this.#origin);
  }

  integer(bits: 8 | 16 | 32): number {
    const text = this.next();
    const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (!(value < 2 ** bits)) throw new WireError(`"${text}" is no number of ${bits} bits`);
    return value;
  }

  seconds(): number {
    const text = this.next();
    const seconds = parseTtl(text);
    if (seconds === undefined) throw new WireError(`"${text}" is no time`);
    return seconds;
  }

  /** A character-string's octets, escapes resolved. */
  octets(): Buffer {
    return unescape(this.next());
  }

  /** Character-strings to the end; long ones are cut into pieces of 255 octets. */
  strings(): readonly Buffer[] {
    const strings: Buffer[] = [];
    do {
      const octets = this.octets();
      strings.push(octets.subarray(0, 255));
      for (let at = 255; at < octets.length; at += 255) strings.push(octets.subarray(at, at + 255));
    } while (this.hasMore);
    return strings;
  }

  hex(): Buffer {
    return readEncoded(this.rest(), 'hex');
  }

  base64(): Buffer {
    return readEncoded(this.rest(), 'base64');
  }

  /** Data as `\# LENGTH HEX`; undefined when it is written otherwise. @see RFC 3597 §5 */
  takeGeneric(type: number): Rdata | undefined {
    const [first] = this.#words;
    if (first?.text !== '\\#' || first.isQuoted) return undefined;
    this.#at = 1;
    const length = this.integer(16);
    const bytes = this.hex();
    if (bytes.length !== length) throw new WireError(`${bytes.length} octets, not ${length}`);
    return readRdata({ bytes, offset: 0 }, type, length);
  }
}

/** The octets of `write`. */
export function octetsOf(type: number, rdata: Rdata): Buffer {
  const output = createOutput(Buffer.alloc(70_000));
  writeRdata(output, type, rdata);
  return output.bytes.subarray(0, output.offset);
}

/** Octets of text with `\X` and `\DDD`. */
export function unescape(text: string): Buffer {
  const latin = text.replaceAll(/\\(?:(\d{3})|([^]))/g, (_, digits?: string, char?: string) =>
    digits === undefined ? (char ?? '') : String.fromCharCode(Number(digits) & 0xff),
  );
  return /[^\0-\xff]/.test(latin) ? Buffer.from(latin, 'utf8') : Buffer.from(latin, 'latin1');
}

function readEncoded(text: string, encoding: 'hex' | 'base64'): Buffer {
  const bytes = Buffer.from(text, encoding);
  const isSame =
    encoding === 'hex'
      ? bytes.toString('hex') === text.toLowerCase()
      : bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  if (!isSame) throw new WireError(`"${text.slice(0, 20)}" is not ${encoding}`);
  return bytes;
}
