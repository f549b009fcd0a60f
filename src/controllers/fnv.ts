/** FNV hashes, as Go's hash/fnv has them. @see http://www.isthe.com/chongo/tech/comp/fnv/ */

const OFFSET_32 = 2_166_136_261;
const PRIME_32 = 16_777_619;

/** FNV-1a, 32 bits. */
export function fnv32a(bytes: Uint8Array): number {
  let hash = OFFSET_32;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, PRIME_32) >>> 0;
  return hash;
}

/** FNV-1, 32 bits. */
export function fnv32(bytes: Uint8Array): number {
  let hash = OFFSET_32;
  for (const byte of bytes) hash = (Math.imul(hash, PRIME_32) ^ byte) >>> 0;
  return hash;
}

/** 0x6c62272e07bb014262b821756295c58d, 16 bits each, the lowest first. */
const OFFSET_128 = [0xc58d, 0x6295, 0x2175, 0x62b8, 0x0142, 0x07bb, 0x272e, 0x6c62];
/** The prime is 2^88 + this. */
const PRIME_128_LOW = 0x13b;

/** FNV-1a, 128 bits, as 32 hexadecimal digits. */
export function fnv128a(bytes: Uint8Array): string {
  const limbs = Uint32Array.from(OFFSET_128);
  const before = new Uint32Array(8);
  for (const byte of bytes) {
    limbs[0] = (limbs[0] ?? 0) ^ byte;
    before.set(limbs);
    let carry = 0;
    for (let at = 0; at < 8; at += 1) {
      // The part times 2^88 comes in 5 limbs and 8 bits higher.
      const shifted = at < 5 ? 0 : ((before[at - 5] ?? 0) << 8) & 0xffff;
      const spilt = at < 6 ? 0 : (before[at - 6] ?? 0) >>> 8;
      const sum = (before[at] ?? 0) * PRIME_128_LOW + shifted + spilt + carry;
      limbs[at] = sum & 0xffff;
      carry = Math.floor(sum / 0x1_0000);
    }
  }
  return [...limbs]
    .toReversed()
    .map((limb) => limb.toString(16).padStart(4, '0'))
    .join('');
}
