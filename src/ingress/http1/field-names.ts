/** A power of two, several times as many as there are names: most look-ups end at an empty slot. */
const SLOTS = 256;

/** Finds a few field names among all that come, in the bytes of a head, whatever their case. */
export class FieldNames {
  readonly #slots: readonly (string | undefined)[];

  /** @param names Lower-case letters and hyphens. */
  constructor(names: Iterable<string>) {
    const slots: (string | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
    for (const name of names) {
      let slot = [...Buffer.from(name)].reduce(hashed, 0) % SLOTS;
      while (slots[slot] !== undefined) slot = (slot + 1) % SLOTS;
      slots[slot] = name;
    }
    this.#slots = slots;
  }

  /**
   * The name that stands at `from`; undefined where it is none of these.
   *
   * @param hash `hashed` over all its bytes, from 0.
   */
  find(bytes: Uint8Array, from: number, hash: number): string | undefined {
    for (let slot = hash % SLOTS; ; slot = (slot + 1) % SLOTS) {
      const name = this.#slots[slot];
      if (name === undefined || isAt(bytes, from, name)) return name;
    }
  }
}

/** The hash of a name with one more byte; upper and lower case have the same. */
export function hashed(hash: number, byte: number): number {
  return (hash * 31 + (byte | 0x20)) & 0xf_ff_ff;
}

/** No other byte of a field name than a letter, or a hyphen, becomes one by that bit; what follows a name is a colon. */
function isAt(bytes: Uint8Array, from: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1)
    if (((bytes[from + index] ?? 0) | 0x20) !== name.charCodeAt(index)) return false;
  return bytes[from + name.length] === COLON;
}

const COLON = 0x3a;
