import { parseIp } from '../../net/index.ts';
import { TYPE } from './constants.ts';
import type { Rdata } from './message.ts';
import { parseOpaque } from './parse-opaque.ts';
import { RdataWords, type Word } from './rdata-words.ts';
import { WireError } from './wire-error.ts';

const NAME_TYPES: ReadonlySet<number> = new Set([
  TYPE.NS,
  TYPE.MD,
  TYPE.MF,
  TYPE.CNAME,
  TYPE.MB,
  TYPE.MG,
  TYPE.MR,
  TYPE.PTR,
  TYPE.DNAME,
]);
const MX_TYPES: ReadonlySet<number> = new Set([TYPE.MX, TYPE.AFSDB, TYPE.RT, TYPE.KX]);
const STRING_TYPES: ReadonlySet<number> = new Set([TYPE.TXT, TYPE.SPF, TYPE.HINFO]);

/**
 * The data of a record as a zone file writes it.
 *
 * @param origin What relative names end with; absolute.
 * @throws WireError when `words` are no data of this type.
 * @see RFC 1035 §5.1, RFC 3597 §5
 */
export function parseRdata(type: number, words: readonly Word[], origin: string): Rdata {
  const reader = new RdataWords(words, origin);
  const rdata = reader.takeGeneric(type) ?? parseParts(type, reader);
  reader.end();
  return rdata;
}

function parseParts(type: number, words: RdataWords): Rdata {
  if (type === TYPE.A || type === TYPE.AAAA) return parseAddress(type, words.next());
  if (NAME_TYPES.has(type)) return { kind: 'name', target: words.name() };
  if (MX_TYPES.has(type))
    return { kind: 'mx', preference: words.integer(16), exchange: words.name() };
  if (STRING_TYPES.has(type)) return { kind: 'strings', strings: words.strings() };
  switch (type) {
    case TYPE.SRV:
      return {
        kind: 'srv',
        priority: words.integer(16),
        weight: words.integer(16),
        port: words.integer(16),
        target: words.name(),
      };
    case TYPE.SOA:
      return {
        kind: 'soa',
        soa: {
          mname: words.name(),
          rname: words.name(),
          serial: words.integer(32),
          refresh: words.seconds(),
          retry: words.seconds(),
          expire: words.seconds(),
          minimum: words.seconds(),
        },
      };
    case TYPE.CAA:
      return {
        kind: 'caa',
        flags: words.integer(8),
        tag: words.next(),
        value: words.octets(),
      };
    default:
      return { kind: 'opaque', bytes: parseOpaque(type, words) };
  }
}

function parseAddress(type: number, text: string): Rdata {
  const ip = parseIp(text);
  if (ip === undefined || ip.family !== (type === TYPE.A ? 'IPv4' : 'IPv6'))
    throw new WireError(`bad ${type === TYPE.A ? 'A' : 'AAAA'} address "${text}"`);
  return { kind: 'address', address: ip.text };
}
