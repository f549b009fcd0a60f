import { ipFromBits } from './ip.ts';

/** One socket of Linux' `/proc/net/{tcp,udp}[6]`. */
export interface ProcSocket {
  readonly address: string;
  readonly port: number;
  /** `0A` is a listening TCP socket, `07` an unconnected UDP socket. */
  readonly state: string;
  readonly uid: number;
  readonly inode: string;
}

const ROW =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) \S+ \S+ \S+\s+(\d+)\s+\d+ (\d+)/;

/**
 * Reads a socket table of `/proc/net`; lines that are none are left out.
 *
 * @see proc(5): addresses are words of 32 bits in the host's byte order, here little-endian.
 */
export function parseProcNet(text: string): readonly ProcSocket[] {
  const sockets: ProcSocket[] = [];
  for (const line of text.split('\n')) {
    const [, words, port, state, uid, inode] = ROW.exec(line) ?? [];
    if (words === undefined || port === undefined || state === undefined) continue;
    if (inode === undefined) continue;
    sockets.push({
      address: addressOf(words),
      port: Number.parseInt(port, 16),
      state,
      uid: Number(uid),
      inode,
    });
  }
  return sockets;
}

function addressOf(words: string): string {
  let hex = '';
  for (let word = 0; word < words.length; word += 8)
    for (let byte = 6; byte >= 0; byte -= 2) hex += words.slice(word + byte, word + byte + 2);
  return ipFromBits(hex.length === 8 ? 'IPv4' : 'IPv6', BigInt(`0x${hex}`)).text;
}
