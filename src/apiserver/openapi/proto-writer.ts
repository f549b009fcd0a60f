/** A field of a protobuf message: its number and its value; undefined and empty lists are left out. */
export type ProtoField = readonly [
  number: number,
  value: string | number | boolean | Buffer | readonly (string | Buffer)[] | undefined,
];

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;

/**
 * The bytes of a message.
 *
 * Texts and messages (as buffers) are length-delimited, booleans and whole numbers varints; `double` makes a float.
 *
 * @see Protocol Buffers documentation, encoding
 */
export function protoMessage(fields: readonly ProtoField[]): Buffer {
  const parts: Buffer[] = [];
  for (const [number, value] of fields) {
    if (value === undefined) continue;
    if (typeof value === 'boolean') parts.push(tag(number, VARINT), varint(Number(value)));
    else if (typeof value === 'number') parts.push(tag(number, VARINT), varint(value));
    else if (typeof value === 'string' || Buffer.isBuffer(value))
      parts.push(...block(number, value));
    else for (const item of value) parts.push(...block(number, item));
  }
  return Buffer.concat(parts);
}

/** A field of type `double`, with its tag. */
export function protoDouble(number: number, value: number | undefined): Buffer {
  if (value === undefined) return Buffer.alloc(0);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(number, FIXED64), bytes]);
}

function block(number: number, value: string | Buffer): readonly Buffer[] {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return [tag(number, LENGTH_DELIMITED), varint(bytes.length), bytes];
}

function tag(number: number, wireType: number): Buffer {
  return varint(number * 8 + wireType);
}

/** Of a whole number that is not negative. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
