import { parseIp } from '../../net/index.ts';
import { TYPE, typeName } from './constants.ts';
import { octetsOf, unescape, type RdataWords } from './rdata-words.ts';
import { WireError } from './wire-error.ts';

type Parse = (words: RdataWords) => readonly Uint8Array[];

/** Types that are kept as octets, and how zone files write them. */
const PARSERS: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [
    TYPE.NAPTR,
    (words) => [
      short(words),
      short(words),
      string(words),
      string(words),
      string(words),
      name(words),
    ],
  ],
  [TYPE.RP, (words) => [name(words), name(words)]],
  [TYPE.MINFO, (words) => [name(words), name(words)]],
  [TYPE.DS, (words) => [short(words), octet(words), octet(words), words.hex()]],
  [TYPE.DNSKEY, (words) => [short(words), octet(words), octet(words), words.base64()]],
  [TYPE.TLSA, (words) => [octet(words), octet(words), octet(words), words.hex()]],
  [TYPE.SSHFP, (words) => [octet(words), octet(words), words.hex()]],
  [TYPE.URI, (words) => [short(words), short(words), words.octets()]],
  [TYPE.SVCB, serviceBinding],
  [TYPE.HTTPS, serviceBinding],
]);

/**
 * The octets of data that nobody here reads.
 *
 * @throws WireError for types whose text is not known; `\#` writes any.
 */
export function parseOpaque(type: number, words: RdataWords): Buffer {
  const parse = PARSERS.get(type);
  if (parse === undefined)
    throw new WireError(
      `the text of ${typeName(type)} data is not known; write it as \\# (RFC 3597)`,
    );
  return Buffer.concat(parse(words));
}

function short(words: RdataWords): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(words.integer(16));
  return bytes;
}

function octet(words: RdataWords): Buffer {
  return Buffer.from([words.integer(8)]);
}

function name(words: RdataWords): Buffer {
  return octetsOf(TYPE.DNAME, { kind: 'name', target: words.name() });
}

function string(words: RdataWords): Buffer {
  return octetsOf(TYPE.TXT, { kind: 'strings', strings: [words.octets()] });
}

/** @see RFC 9460 §2.1 */
function serviceBinding(words: RdataWords): readonly Uint8Array[] {
  const head = [short(words), name(words)];
  const parameters: { key: number; value: Buffer }[] = [];
  while (words.hasMore) {
    const [, text = '', , value = ''] = /^([a-z0-9-]+)(=(.*))?$/s.exec(words.pair()) ?? [];
    // A record outside of zone files is cut at blanks alone.
    const bare = value.replace(/^"(.*)"$/s, '$1');
    const key = keyOf(text);
    parameters.push({ key, value: valueOf(key, bare) });
  }
  parameters.sort((a, b) => a.key - b.key);
  if (parameters.some(({ key }, index) => key === parameters[index - 1]?.key))
    throw new WireError('a service parameter stands twice');
  return [
    ...head,
    ...parameters.map(({ key, value }) =>
      Buffer.concat([number(key), number(value.length), value]),
    ),
  ];
}

/** @see RFC 9460 §14.3.2 */
const KEYS = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint'];

function keyOf(text: string): number {
  const index = KEYS.indexOf(text);
  if (index >= 0) return index;
  const [, digits] = /^key(\d{1,5})$/.exec(text) ?? [];
  const value = Number(digits);
  if (!(value <= 0xffff)) throw new WireError(`no service parameter is called "${text}"`);
  return value;
}

function valueOf(key: number, text: string): Buffer {
  switch (KEYS[key] ?? '') {
    case 'mandatory':
      return Buffer.concat(
        text
          .split(',')
          .map(keyOf)
          .toSorted((a, b) => a - b)
          .map(number),
      );
    case 'alpn':
      return octetsOf(TYPE.TXT, { kind: 'strings', strings: text.split(',').map(unescape) });
    case 'no-default-alpn':
      if (text !== '') throw new WireError('no-default-alpn takes no value');
      return Buffer.alloc(0);
    case 'port':
      if (!/^\d{1,5}$/.test(text) || Number(text) > 0xffff) throw new WireError(`port "${text}"`);
      return number(Number(text));
    case 'ipv4hint':
      return Buffer.concat(text.split(',').map((address) => addressOf(TYPE.A, address)));
    case 'ipv6hint':
      return Buffer.concat(text.split(',').map((address) => addressOf(TYPE.AAAA, address)));
    case 'ech':
      return Buffer.from(text, 'base64');
    default:
      return unescape(text);
  }
}

function addressOf(type: number, text: string): Buffer {
  const family = type === TYPE.A ? 'IPv4' : 'IPv6';
  if (parseIp(text)?.family !== family) throw new WireError(`"${text}" is no ${family} address`);
  return octetsOf(type, { kind: 'address', address: text });
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
