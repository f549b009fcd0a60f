import * as fc from 'fast-check';
import t from 'tap';
import { formatTyped, TYPE, typeOf, type Rdata } from '../../../src/dns/index.ts';
import { parseRecord } from '../../../src/dns/zone-file/index.ts';

/** As dig 9.18 prints them; a zone file that has them reads to the same octets. */
const TEXTS = [
  'DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118',
  `DS 370 13 2 ${'BE743599'.repeat(7)} ${'AB'.repeat(4)}`,
  'SSHFP 4 2 0123456789ABCDEF',
  'TLSA 3 1 1 D2ABDE240D7CD3EE6B4B28C54DF034B97983A1D16E8A410E4561CB10 6618E971',
  `DNSKEY 257 3 13 ${Buffer.alloc(42, 7).toString('base64')} ${Buffer.alloc(22, 9).toString('base64')}`,
  'NAPTR 100 10 "S" "SIP+D2U" "" _sip._udp.example.org.',
  'URI 10 1 "ftp://ftp.example.org/public"',
  'RP admin.example.org. info.example.org.',
  'MINFO a.example.org. b.example.org.',
  'HTTPS 0 svc.example.org.',
  'HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1',
  'SVCB 16 foo.example.org. mandatory=alpn,port alpn="h2" no-default-alpn port=53 key667="hello"',
] as const;
for (const text of TEXTS) {
  t.test(`formatTyped() writes ${text.slice(0, 40)}`, async (t) => {
    const { type, rdata } = parseRecord(`a.example.org. 60 IN ${text}`);
    t.equal(rdata.kind, 'opaque');
    t.equal(formatTyped(type, rdata), text.slice(text.indexOf(' ') + 1));
  });
}

/** What no zone file of this server holds. */
const OCTETS = [
  { type: 'NSEC', hex: '0161000006400000000003', text: 'a. A RRSIG NSEC' },
  {
    type: 'RRSIG',
    hex: '00010d0200000e1069558f00692c670030390165000102',
    text: 'A 13 2 3600 20251231210048 20251130154712 12345 e. AQI=',
  },
  { type: 'DS', hex: '0001', text: '\\# 2 0001' },
  { type: 'HTTPS', hex: '000100000100', text: '\\# 6 000100000100' },
  { type: 'TYPE65280', hex: 'abcd', text: '\\# 2 abcd' },
] as const;
for (const { type, hex, text } of OCTETS) {
  t.test(`formatTyped() writes ${type} of ${hex.slice(0, 20)}`, async (t) => {
    const rdata: Rdata = { kind: 'opaque', bytes: Buffer.from(hex, 'hex') };
    t.equal(formatTyped(typeOf(type) ?? 0, rdata), text);
  });
}

t.test('formatTyped() has words for any octets of any type', async (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(TYPE)),
      fc.uint8Array({ maxLength: 60 }),
      (type, bytes) => {
        const text = formatTyped(type, { kind: 'opaque', bytes: Buffer.from(bytes) });
        if (/\n/.test(text)) throw new Error(`more than a line: ${text}`);
      },
    ),
  );
  t.pass();
});
