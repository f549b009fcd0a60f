import { TOKEN } from './header-fields.ts';

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const TAB = 0x09;
const MAX_BYTES = 4096;

type State = 'name-start' | 'name' | 'value-start' | 'value' | 'quoted' | 'escaped' | 'value-end';

/**
 * What stands behind the size of a chunk, from its first `;` to the end of the line: `;name`, `;name=value` and
 * `;name="value"`, without white space. Nobody acts on it, but two readers must agree on where it ends.
 *
 * @see RFC 9112 §7.1.1
 */
export class ChunkExtension {
  #state: State = 'name-start';
  #sizeBytes = 0;

  /** Whether it may end here. */
  get isWhole(): boolean {
    return this.#state === 'name' || this.#state === 'value' || this.#state === 'value-end';
  }

  /** Takes in one byte. @returns what is wrong with it. */
  take(byte: number): string | undefined {
    this.#sizeBytes += 1;
    if (this.#sizeBytes > MAX_BYTES) return 'a chunk extension is too long';
    const next = NEXT[this.#state](byte);
    if (next === undefined) return 'a chunk extension is malformed';
    this.#state = next;
    return undefined;
  }
}

/** What follows a byte in each state; undefined where it has no place. */
const NEXT: Readonly<Record<State, (byte: number) => State | undefined>> = {
  'name-start': (byte) => (isToken(byte) ? 'name' : undefined),
  name: (byte) => {
    if (byte === EQUALS) return 'value-start';
    return isToken(byte) ? 'name' : nextExtension(byte);
  },
  'value-start': (byte) => {
    if (byte === QUOTE) return 'quoted';
    return isToken(byte) ? 'value' : undefined;
  },
  value: (byte) => (isToken(byte) ? 'value' : nextExtension(byte)),
  quoted: (byte) => {
    if (byte === QUOTE) return 'value-end';
    if (byte === BACKSLASH) return 'escaped';
    return isText(byte) ? 'quoted' : undefined;
  },
  escaped: (byte) => (isText(byte) ? 'quoted' : undefined),
  'value-end': nextExtension,
};

function nextExtension(byte: number): State | undefined {
  return byte === SEMICOLON ? 'name-start' : undefined;
}

function isToken(byte: number): boolean {
  return TOKEN.test(String.fromCharCode(byte));
}

function isText(byte: number): boolean {
  return byte === TAB || (byte >= 0x20 && byte !== 0x7f);
}
