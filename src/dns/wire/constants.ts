/** Record and query types by their mnemonic. @see IANA, DNS parameters */
export const TYPE = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  WKS: 11,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  RT: 21,
  SIG: 24,
  KEY: 25,
  PX: 26,
  AAAA: 28,
  LOC: 29,
  NXT: 30,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const;

/** Classes; QCLASS ANY included. @see RFC 1035 §3.2.4, RFC 2136 §2.4 */
export const CLASS = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

/** Operations. @see RFC 1035 §4.1.1, RFC 1996, RFC 2136 */
export const OPCODE = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5 } as const;

/** Response codes; above 15 they need an OPT record. @see RFC 1035 §4.1.1, RFC 6895 §2.3 */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

/** EDNS option codes that this server knows by name. @see IANA, DNS EDNS0 option codes */
export const EDNS_OPTION = { NSID: 3, ECS: 8, COOKIE: 10, PADDING: 12, EDE: 15 } as const;

const TYPE_NAMES = invert(TYPE);
const CLASS_NAMES = invert(CLASS);
const RCODE_NAMES = invert(RCODE);
const OPCODE_NAMES = invert(OPCODE);

/** The mnemonic, or `TYPE65280` for a type without one. @see RFC 3597 §5 */
export function typeName(type: number): string {
  return TYPE_NAMES.get(type) ?? `TYPE${type}`;
}

/** The type that `name` stands for, in any case; undefined when it is none. */
export function typeOf(name: string): number | undefined {
  return numberOf(TYPE, 'TYPE', name);
}

/** The mnemonic, or `CLASS17` for a class without one. */
export function className(class_: number): string {
  return CLASS_NAMES.get(class_) ?? `CLASS${class_}`;
}

/** The class that `name` stands for, in any case; undefined when it is none. */
export function classOf(name: string): number | undefined {
  return numberOf(CLASS, 'CLASS', name);
}

/** The mnemonic, or the number as text. */
export function rcodeName(rcode: number): string {
  return RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`;
}

/** The mnemonic, or the number as text. */
export function opcodeName(opcode: number): string {
  return OPCODE_NAMES.get(opcode) ?? `OPCODE${opcode}`;
}

function invert(table: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(table).map(([name, value]) => [value, name]));
}

function numberOf(
  table: Readonly<Record<string, number>>,
  prefix: string,
  name: string,
): number | undefined {
  const upper = name.toUpperCase();
  if (Object.hasOwn(table, upper)) return table[upper];
  const digits = upper.startsWith(prefix) ? upper.slice(prefix.length) : '';
  const value = /^\d{1,5}$/.test(digits) ? Number(digits) : 65_536;
  return value <= 65_535 ? value : undefined;
}
