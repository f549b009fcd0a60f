/** A field that a proxy looks at. */
export interface KnownField {
  /** Lower-case letters and hyphens. */
  readonly name: string;
  /** Whether its line goes on as it came: of framing, only where it stands as it would be written anew. */
  readonly goesOn: 'always' | 'never' | 'as-written';
}

/** Names, by whether their lines go on. */
export type KnownNames = Readonly<Record<KnownField['goesOn'], Iterable<string>>>;

/** Names have less bytes than that; a power of two. */
const MAX_BYTES = 32;

/** Finds a few field names among all that come, in the bytes of a head, whatever their case. */
export class FieldNames {
  /** At `slotOf` what names begin with and how long they are, which tells nearly all apart, where in `#fields` to look; or 0. */
  readonly slots: Uint8Array = new Uint8Array(32 * MAX_BYTES);
  readonly #fields: readonly KnownField[];

  constructor(names: KnownNames) {
    const fields: readonly KnownField[] = [
      NOTHING,
      ...(['never', 'always', 'as-written'] as const).flatMap((goesOn) =>
        [...names[goesOn]].map((name) => ({ name, goesOn })),
      ),
    ];
    this.#fields = fields;
    for (let index = fields.length - 1; index > 0; index -= 1) {
      const { name } = fields[index] ?? NOTHING;
      this.slots[slotOf(name.charCodeAt(0), name.length)] = index;
    }
  }

  /** The name between `from` and `to`; undefined where it is none of these. */
  find(bytes: Uint8Array, from: number, to: number): KnownField | undefined {
    const fields = this.#fields;
    const first = this.slots[slotOf(bytes[from] ?? 0, to - from)] ?? 0;
    for (let index = first; index < fields.length; index += 1) {
      const field = fields[index];
      if (field?.name.length === to - from && isAt(bytes, from, field.name)) return field;
    }
    return undefined;
  }
}

/** Has the place that means none. */
const NOTHING: KnownField = { name: '', goesOn: 'always' };

/** Names that are too long share the slots of short ones. */
export function slotOf(first: number, length: number): number {
  return (first & 0x1f) * MAX_BYTES + (length & (MAX_BYTES - 1));
}

/** Of the bytes that names may have, only letters in either case and the hyphen become these by that bit. */
function isAt(bytes: Uint8Array, from: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1)
    if (((bytes[from + index] ?? 0) | 0x20) !== name.charCodeAt(index)) return false;
  return true;
}
