import { ipFromBits, parseIp } from '../../net/index.ts';
import { WireError } from './wire-error.ts';

/** Text of the address in `bytes`: 4 octets are IPv4, 16 IPv6. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return ipFromBits('IPv6', (bytes.readBigUInt64BE(0) << 64n) | bytes.readBigUInt64BE(8)).text;
}

/**
 * Writes an address at `offset`; returns where it ends.
 *
 * @throws WireError when `address` is none.
 */
export function writeAddress(bytes: Buffer, offset: number, address: string): number {
  const ip = parseIp(address);
  if (ip === undefined) throw new WireError(`${address} is no address`);
  if (ip.family === 'IPv4') return bytes.writeUInt32BE(Number(ip.bits), offset);
  bytes.writeBigUInt64BE(ip.bits >> 64n, offset);
  return bytes.writeBigUInt64BE(ip.bits & 0xffff_ffff_ffff_ffffn, offset + 8);
}
