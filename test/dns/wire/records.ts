/** One record of every shape, and generators of records. */
import * as fc from 'fast-check';
import { CLASS, TYPE, type Rdata, type ResourceRecord } from '../../../src/dns/index.ts';

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');

export const RECORDS: readonly (readonly [line: string, type: number, rdata: Rdata])[] = [
  ['A 192.0.2.1', TYPE.A, { kind: 'address', address: '192.0.2.1' }],
  ['AAAA 2001:db8::1', TYPE.AAAA, { kind: 'address', address: '2001:db8::1' }],
  ['NS ns.example.org.', TYPE.NS, { kind: 'name', target: 'ns.example.org.' }],
  ['CNAME www.example.org.', TYPE.CNAME, { kind: 'name', target: 'www.example.org.' }],
  ['PTR host.example.org.', TYPE.PTR, { kind: 'name', target: 'host.example.org.' }],
  ['DNAME example.net.', TYPE.DNAME, { kind: 'name', target: 'example.net.' }],
  [
    'MX 10 mail.example.org.',
    TYPE.MX,
    { kind: 'mx', preference: 10, exchange: 'mail.example.org.' },
  ],
  [
    'SRV 0 50 80 db-0.db.example.org.',
    TYPE.SRV,
    { kind: 'srv', priority: 0, weight: 50, port: 80, target: 'db-0.db.example.org.' },
  ],
  [
    'SOA ns.example.org. hostmaster.example.org. 4000000000 7200 1800 86400 30',
    TYPE.SOA,
    {
      kind: 'soa',
      soa: {
        mname: 'ns.example.org.',
        rname: 'hostmaster.example.org.',
        serial: 4_000_000_000,
        refresh: 7200,
        retry: 1800,
        expire: 86_400,
        minimum: 30,
      },
    },
  ],
  [
    'TXT "1.1.0" "a \\"b\\" \\\\ \\001"',
    TYPE.TXT,
    { kind: 'strings', strings: [octets('1.1.0'), octets('a "b" \\ \u0001')] },
  ],
  ['HINFO "RFC8482" ""', TYPE.HINFO, { kind: 'strings', strings: [octets('RFC8482'), octets('')] }],
  [
    'CAA 0 issue "ca.example.org"',
    TYPE.CAA,
    { kind: 'caa', flags: 0, tag: 'issue', value: octets('ca.example.org') },
  ],
  ['HTTPS \\# 3 000100', TYPE.HTTPS, { kind: 'opaque', bytes: Buffer.from('000100', 'hex') }],
  ['TYPE65280 \\# 2 abcd', 65_280, { kind: 'opaque', bytes: Buffer.from('abcd', 'hex') }],
  ['NULL \\# 0', TYPE.NULL, { kind: 'opaque', bytes: Buffer.alloc(0) }],
];

/** Labels of letters, and some of any octet, escaped as the codec escapes them. */
const labels = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/) },
  fc.constantFrom('a\\.b', '\\032x', '\\000', 'back\\\\slash', 'semi\\;colon', '\\255').filter(
    (label) => label !== '\\032x', // a space is written `\ `
  ),
  fc.constant('\\ x'),
);

/** Absolute names, the root among them. */
export const names: fc.Arbitrary<string> = fc
  .array(labels, { maxLength: 6 })
  .map((parts) => (parts.length === 0 ? '.' : `${parts.join('.')}.`));

const shorts = fc.nat({ max: 65_535 });
const longs = fc.nat({ max: 2 ** 31 - 1 });
const strings = fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 4 });
const ipv4 = fc.ipV4();

function withType(
  type: number,
  rdata: fc.Arbitrary<Rdata>,
): fc.Arbitrary<{ type: number; rdata: Rdata }> {
  return rdata.map((value) => ({ type, rdata: value }));
}

const data: fc.Arbitrary<{ type: number; rdata: Rdata }> = fc.oneof(
  withType(
    TYPE.A,
    ipv4.map((address) => ({ kind: 'address', address })),
  ),
  withType(
    TYPE.AAAA,
    fc.bigInt({ min: 0n, max: 0xffffn }).map((low) => ({
      kind: 'address',
      address: low === 0n ? '2001:db8::' : `2001:db8::${low.toString(16)}`,
    })),
  ),
  ...[TYPE.NS, TYPE.CNAME, TYPE.PTR, TYPE.DNAME].map((type) =>
    withType(
      type,
      names.map((target) => ({ kind: 'name', target })),
    ),
  ),
  withType(
    TYPE.MX,
    fc.record({ preference: shorts, exchange: names }).map((parts) => ({ kind: 'mx', ...parts })),
  ),
  withType(
    TYPE.SRV,
    fc
      .record({ priority: shorts, weight: shorts, port: shorts, target: names })
      .map((parts) => ({ kind: 'srv', ...parts })),
  ),
  withType(
    TYPE.SOA,
    fc
      .record({
        mname: names,
        rname: names,
        serial: longs,
        refresh: longs,
        retry: longs,
        expire: longs,
        minimum: longs,
      })
      .map((soa) => ({ kind: 'soa', soa: { ...soa } })),
  ),
  withType(
    TYPE.TXT,
    strings.map((texts) => ({ kind: 'strings', strings: texts.map((text) => Buffer.from(text)) })),
  ),
  withType(
    65_280,
    fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => ({ kind: 'opaque', bytes: Buffer.from(bytes) })),
  ),
);

export const records: fc.Arbitrary<ResourceRecord> = fc
  .record({ name: names, ttl: longs, data })
  .map(({ name, ttl, data: { type, rdata } }) => ({ name, type, class: CLASS.IN, ttl, rdata }));
