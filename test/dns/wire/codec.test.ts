import t from 'tap';
import {
  CLASS,
  decodeMessage,
  encodeMessage,
  formatRecord,
  rcodeName,
  TYPE,
  typeName,
  typeOf,
  WireError,
  type ResourceRecord,
} from '../../../src/dns/index.ts';
import { FLAGS, messageWith } from './messages.ts';
import { RECORDS } from './records.ts';

for (const [line, type, rdata] of RECORDS)
  t.test(`encodeMessage() and decodeMessage() keep ${line}`, async (t) => {
    const record = { name: 'x.example.org.', type, class: CLASS.IN, ttl: 30, rdata };
    const decoded = decodeMessage(encodeMessage(messageWith([record])));
    t.equal(formatRecord(record), `x.example.org. 30 IN ${line}`);
    t.same(decoded.answers.map(formatRecord), [formatRecord(record)]);
  });

t.test('encodeMessage() writes names once and points to them', async (t) => {
  const name = 'web.example.org.';
  const a: ResourceRecord = {
    name,
    type: TYPE.A,
    class: 1,
    ttl: 0,
    rdata: { kind: 'address', address: '192.0.2.1' },
  };
  t.equal(encodeMessage(messageWith([a])).length, 12 + 21 + 16);
  const cname: ResourceRecord = {
    name,
    type: TYPE.CNAME,
    class: 1,
    ttl: 0,
    rdata: { kind: 'name', target: 'b.example.org.' },
  };
  t.equal(encodeMessage(messageWith([cname])).length, 12 + 21 + 12 + 4, 'in data of old types too');
  const srv: ResourceRecord = {
    name,
    type: TYPE.SRV,
    class: 1,
    ttl: 0,
    rdata: { kind: 'srv', priority: 0, weight: 0, port: 0, target: name },
  };
  t.equal(
    encodeMessage(messageWith([srv])).length,
    12 + 21 + 12 + 6 + 17,
    'but not in SRV (RFC 3597)',
  );
});

t.test('encodeMessage() compares names with case, so that the spelling survives', async (t) => {
  const record: ResourceRecord = {
    name: 'WEB.Example.org.',
    type: TYPE.A,
    class: 1,
    ttl: 0,
    rdata: { kind: 'address', address: '192.0.2.1' },
  };
  t.equal(decodeMessage(encodeMessage(messageWith([record]))).answers[0]?.name, 'WEB.Example.org.');
});

t.test(
  'encodeMessage() leaves out what does not fit, sets TC and keeps the OPT record',
  async (t) => {
    const records = Array.from({ length: 40 }, (_, index): ResourceRecord => ({
      name: 'web.example.org.',
      type: TYPE.A,
      class: 1,
      ttl: 0,
      rdata: { kind: 'address', address: `192.0.2.${index}` },
    }));
    const whole = encodeMessage(messageWith(records), 12 + 21 + 40 * 16);
    t.notOk(decodeMessage(whole).flags.isTruncated);
    const edns = { udpSize: 512, version: 0, isDnssecOk: true, options: [] };
    const cut = encodeMessage(messageWith(records, { edns }), 512);
    const decoded = decodeMessage(cut);
    t.ok(cut.length <= 512);
    t.ok(decoded.flags.isTruncated);
    t.equal(decoded.answers.length, Math.floor((512 - 11 - 12 - 21) / 16));
    t.same(decoded.edns, edns);
  },
);

t.test('encodeMessage() spreads an rcode above 15 over header and OPT record', async (t) => {
  const edns = {
    udpSize: 1232,
    version: 0,
    isDnssecOk: false,
    options: [{ code: 10, data: Buffer.from('0102', 'hex') }],
  };
  const message = messageWith([], { edns, flags: { ...FLAGS, rcode: 16 } });
  const decoded = decodeMessage(encodeMessage(message));
  t.equal(rcodeName(decoded.flags.rcode), 'BADVERS');
  t.same(decoded.edns, edns);
});

const header = '126780000001000100000000';
const malformed: readonly (readonly [what: string, hex: string])[] = [
  ['less than a header', '1267800000010001'],
  ['a count that lies', '126780000001000000000000'],
  ['a pointer to itself', `${header}c00c00010001`],
  ['two pointers in a circle', `${header}c00ec00c00010001`],
  ['a pointer forwards', `${header}c0100001000103777777000001000100000000000401020304`],
  ['a label type that does not exist', `${header}8377777700 00010001`.replace(' ', '')],
  ['a label beyond the end', `${header}3f77`],
  ['a question cut short', '12670100000100000000000003777777000001'],
  ['data beyond the end', `${header}0000010001 00000100010000000000ff01020304`.replace(' ', '')],
  [
    'an address of three octets',
    `${header}0000010001 0000010001000000000003010203`.replace(' ', ''),
  ],
  [
    'data longer than its name',
    `${header}0000050001 00000500010000000000040177 0000`.replaceAll(' ', ''),
  ],
];
for (const [what, hex] of malformed)
  t.test(`decodeMessage() refuses ${what}`, async (t) => {
    t.throws(() => decodeMessage(Buffer.from(hex, 'hex')), WireError);
  });

t.test("decodeMessage() refuses two OPT records and one that is not the root's", async (t) => {
  const query = '1267010000010000000000';
  const opt = '0000290200000000000000';
  t.ok(decodeMessage(Buffer.from(`${query}01 0000010001 ${opt}`.replaceAll(' ', ''), 'hex')).edns);
  t.throws(() =>
    decodeMessage(Buffer.from(`${query}02 0000010001 ${opt}${opt}`.replaceAll(' ', ''), 'hex')),
  );
  t.throws(() =>
    decodeMessage(Buffer.from(`${query}01 0000010001 0161${opt}`.replaceAll(' ', ''), 'hex')),
  );
});

t.test(
  'decodeMessage() refuses names of more than 255 octets, however they are put together',
  async (t) => {
    const label = `3f${'61'.repeat(63)}`;
    const long = `${label.repeat(3)}3d${'61'.repeat(61)}00`;
    const at = (name: string): Buffer =>
      Buffer.from(`1267010000010000000000 00 ${name}00010001`.replaceAll(' ', ''), 'hex');
    t.equal(decodeMessage(at(long)).questions[0]?.name.length, 254);
    t.throws(() => decodeMessage(at(`${label.repeat(4)}00`)), WireError);
    const chained = `${header}${label.repeat(3)}00 00010001 ${label}c00c 0001 0001 00000000 0004 01020304`;
    t.throws(() => decodeMessage(Buffer.from(chained.replaceAll(' ', ''), 'hex')), WireError);
  },
);

t.test('decodeMessage() writes out names that old types may have compressed', async (t) => {
  // NAPTR 10 100 "S" "SIP+D2U" "" and a pointer to the question's name, as some servers send it.
  const rdata = '000a0064 0153 075349502b443255 00 c00c'.replaceAll(' ', '');
  const message = `${header}03777777 00 00230001 c00c 0023 0001 0000003c 00${(rdata.length / 2).toString(16)} ${rdata}`;
  const [record] = decodeMessage(Buffer.from(message.replaceAll(' ', ''), 'hex')).answers;
  t.equal(
    record && formatRecord(record),
    `www. 60 IN NAPTR \\# 20 ${rdata.slice(0, -4)}0377777700`,
  );
});

t.test('encodeMessage() refuses names and strings that have no form', async (t) => {
  const txt = (string: Buffer): ResourceRecord => ({
    name: '.',
    type: TYPE.TXT,
    class: 1,
    ttl: 0,
    rdata: { kind: 'strings', strings: [string] },
  });
  t.throws(() => encodeMessage(messageWith([txt(Buffer.alloc(256))])), WireError);
  for (const name of ['a..b.', `${'a'.repeat(64)}.`, 'a.'.repeat(128), `${'\\001'.repeat(64)}.`])
    t.throws(
      () => encodeMessage(messageWith([], { questions: [{ name, type: 1, class: 1 }] })),
      WireError,
      name,
    );
});

t.test('typeOf() and typeName() know mnemonics and numbers', async (t) => {
  t.equal(typeOf('aaaa'), 28);
  t.equal(typeOf('TYPE65280'), 65_280);
  t.equal(typeOf('TYPE65536'), undefined);
  t.equal(typeOf('NOSUCH'), undefined);
  t.equal(typeName(65), 'HTTPS');
  t.equal(typeName(65_280), 'TYPE65280');
});
