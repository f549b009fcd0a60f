import { ApiError } from '../../api/index.ts';

/** One field as it stands on the wire. */
export type WireField =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | {
      readonly number: number;
      readonly kind: 'fixed64' | 'fixed32' | 'bytes';
      readonly bytes: Buffer;
    };

/** What a message that is cut off or malformed is answered with. */
export function malformed(why: string): ApiError {
  return new ApiError('BadRequest', `proto: ${why}`);
}

/**
 * The fields of a message, in order.
 *
 * @throws ApiError BadRequest for bytes that are no message. @see protobuf encoding
 */
export function* readFields(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw malformed('unexpected EOF');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed('integer overflow');
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw malformed('unexpected EOF');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    if (number <= 0 || number >= 2 ** 29) throw malformed(`illegal tag ${number}`);
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, kind: 'varint', value: varint() };
        break;
      case 1:
        yield { number, kind: 'fixed64', bytes: take(8) };
        break;
      case 2:
        yield { number, kind: 'bytes', bytes: take(Number(varint())) };
        break;
      case 5:
        yield { number, kind: 'fixed32', bytes: take(4) };
        break;
      default:
        throw malformed(`wrong wireType = ${tag & 7n} for field ${number}`);
    }
  }
}
