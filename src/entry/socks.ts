import { ipFromBits } from '../net/index.ts';

/** What a client wants of SOCKS5. @see RFC 1928 §4, RFC 1929 */
export type SocksMessage =
  | { readonly kind: 'greeting'; readonly methods: readonly number[]; readonly length: number }
  | { readonly kind: 'login'; readonly user: string; readonly length: number }
  | {
      readonly kind: 'request';
      readonly command: number;
      readonly host: string;
      readonly port: number;
      readonly length: number;
    }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed'; readonly reply: SocksReply };

/** Reply codes. @see RFC 1928 §6 */
export const SOCKS_REPLY = {
  Succeeded: 0,
  GeneralFailure: 1,
  HostUnreachable: 4,
  ConnectionRefused: 5,
  CommandNotSupported: 7,
  AddressTypeNotSupported: 8,
} as const;

export type SocksReply = (typeof SOCKS_REPLY)[keyof typeof SOCKS_REPLY];

export const SOCKS_METHOD = { None: 0, UserPassword: 2, NoneAcceptable: 0xff } as const;
export const SOCKS_COMMAND = { Connect: 1, Bind: 2, UdpAssociate: 3 } as const;

const VERSION = 5;
const LOGIN_VERSION = 1;
const INCOMPLETE = { kind: 'incomplete' } as const;

/** Reads `VER NMETHODS METHODS`. */
export function parseGreeting(bytes: Buffer): SocksMessage {
  if (bytes.length > 0 && bytes[0] !== VERSION) return malformed(SOCKS_REPLY.GeneralFailure);
  const length = 2 + (bytes[1] ?? 0);
  if (bytes.length < 2 || bytes.length < length) return INCOMPLETE;
  return { kind: 'greeting', methods: [...bytes.subarray(2, length)], length };
}

/** Reads `VER ULEN UNAME PLEN PASSWD`; the password says nothing. */
export function parseLogin(bytes: Buffer): SocksMessage {
  if (bytes.length > 0 && bytes[0] !== LOGIN_VERSION) return malformed(SOCKS_REPLY.GeneralFailure);
  const userEnd = 2 + (bytes[1] ?? 0);
  const length = userEnd + 1 + (bytes[userEnd] ?? 0);
  if (bytes.length < 2 || bytes.length <= userEnd || bytes.length < length) return INCOMPLETE;
  return { kind: 'login', user: bytes.toString('utf8', 2, userEnd), length };
}

/** Reads `VER CMD RSV ATYP DST.ADDR DST.PORT`. */
export function parseRequest(bytes: Buffer): SocksMessage {
  if (bytes.length > 0 && bytes[0] !== VERSION) return malformed(SOCKS_REPLY.GeneralFailure);
  if (bytes.length < 5) return INCOMPLETE;
  const hostLength = hostLengthOf(bytes);
  if (hostLength === undefined) return malformed(SOCKS_REPLY.AddressTypeNotSupported);
  const hostStart = bytes[3] === 3 ? 5 : 4;
  const portStart = hostStart + hostLength;
  if (bytes.length < portStart + 2) return INCOMPLETE;
  const host = hostOf(bytes.subarray(hostStart, portStart), bytes[3]);
  if (host === '') return malformed(SOCKS_REPLY.GeneralFailure);
  return {
    kind: 'request',
    command: bytes[1] ?? 0,
    host,
    port: bytes.readUInt16BE(portStart),
    length: portStart + 2,
  };
}

/** `VER REP RSV ATYP BND.ADDR BND.PORT`; where we are bound is nobody's business, so zeros. */
export function encodeReply(reply: SocksReply): Buffer {
  return Buffer.from([VERSION, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
}

function malformed(reply: SocksReply): SocksMessage {
  return { kind: 'malformed', reply };
}

function hostLengthOf(bytes: Buffer): number | undefined {
  if (bytes[3] === 1) return 4;
  if (bytes[3] === 4) return 16;
  return bytes[3] === 3 ? bytes[4] : undefined;
}

function hostOf(bytes: Buffer, type: number | undefined): string {
  if (type === 3) return bytes.toString('utf8');
  const bits = BigInt(`0x${bytes.toString('hex')}`);
  return ipFromBits(type === 1 ? 'IPv4' : 'IPv6', bits).text;
}
