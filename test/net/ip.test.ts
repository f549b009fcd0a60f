import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import t from 'tap';
import { cidrContains, cidrsOverlap, ipFromBits, parseCidr, parseIp } from '../../src/net/index.ts';

const addresses = [
  { text: '10.96.0.10', canonical: '10.96.0.10' },
  { text: '0.0.0.0', canonical: '0.0.0.0' },
  { text: '255.255.255.255', canonical: '255.255.255.255' },
  { text: '256.0.0.1', canonical: undefined },
  { text: '10.96.0', canonical: undefined },
  { text: '10.96.0.1.2', canonical: undefined },
  { text: '010.0.0.1', canonical: undefined },
  { text: '10.00.0.1', canonical: undefined },
  { text: '0x0a.0.0.1', canonical: undefined },
  { text: ' 10.0.0.1', canonical: undefined },
  { text: '10.0.0.1\n', canonical: undefined },
  { text: '', canonical: undefined },
  { text: '::1', canonical: '::1' },
  { text: 'FD00:10:96:0:0:0:0:A', canonical: 'fd00:10:96::a' },
  { text: '::ffff:10.0.0.1', canonical: '::ffff:a00:1' },
  { text: 'fe80::1%eth0', canonical: undefined },
  { text: ':::', canonical: undefined },
] as const;
for (const { text, canonical } of addresses) {
  t.test(`parseIp() of ${JSON.stringify(text)}`, async (t) => {
    t.equal(parseIp(text)?.text, canonical);
  });
}

t.test('parseIp() and ipFromBits() are each other back', async (t) => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      const ip = parseIp(text);
      return ip !== undefined && ipFromBits('IPv4', ip.bits).text === text;
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (bits) => {
      const { text } = ipFromBits('IPv6', bits);
      return parseIp(text)?.bits === bits;
    }),
  );
  t.pass();
});

t.test('parseIp() accepts no IPv4 text that ipaddr.js does not', async (t) => {
  const octets = fc.stringMatching(/^[0-9a-fx]{0,4}(\.[0-9a-fx]{0,4}){1,4}$/);
  fc.assert(
    fc.property(
      octets,
      (text) => parseIp(text) === undefined || ipaddr.IPv4.isValidFourPartDecimal(text),
    ),
  );
  t.pass();
});

t.test('parseIp() reads IPv6 as URLs do', async (t) => {
  // Zeros are what makes the difference: most groups are.
  const group = fc.oneof(
    { weight: 3, arbitrary: fc.constant('0') },
    fc.stringMatching(/^[0-9a-fA-F]{1,4}$/),
  );
  const groups = fc.array(group, { minLength: 8, maxLength: 8 }).map((list) => list.join(':'));
  const bits = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
  const shortened = bits.map((number) => ipFromBits('IPv6', number).text);
  const mapped = fc.ipV4().map((text) => `::ffff:${text}`);
  const any = fc.stringMatching(/^[0-9a-f:.]{0,20}$/);
  fc.assert(
    fc.property(fc.oneof(groups, shortened, mapped, fc.ipV6(), any), (text) => {
      if (!text.includes(':')) return true;
      const host = `http://[${text}]`;
      // URLs have the same text for the same address.
      const expected = URL.canParse(host) ? new URL(host).hostname.slice(1, -1) : undefined;
      return parseIp(text)?.text === expected;
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

const prefixes = [
  { text: '10.96.0.0/12', canonical: '10.96.0.0/12', size: 1n << 20n },
  { text: '10.96.1.2/12', canonical: '10.96.0.0/12', size: 1n << 20n },
  { text: '10.96.0.0/33', canonical: undefined, size: undefined },
  { text: '10.96.0.0/', canonical: undefined, size: undefined },
  { text: '10.96.0.0/08', canonical: undefined, size: undefined },
  { text: '10.96.0.0/8/8', canonical: undefined, size: undefined },
  { text: 'fd00:10:96::/108', canonical: 'fd00:10:96::/108', size: 1n << 20n },
  { text: '0.0.0.0/0', canonical: '0.0.0.0/0', size: 1n << 32n },
] as const;
for (const { text, canonical, size } of prefixes) {
  t.test(`parseCidr() of ${text}`, async (t) => {
    const cidr = parseCidr(text);
    t.equal(cidr?.text, canonical);
    t.equal(cidr?.size, size);
  });
}

t.test('cidrContains() and cidrsOverlap() keep families apart', async (t) => {
  const v4 = parseCidr('10.0.0.0/8');
  const v6 = parseCidr('::/0');
  const inside = parseIp('10.255.0.1');
  const outside = parseIp('11.0.0.0');
  if (v4 === undefined || v6 === undefined || inside === undefined || outside === undefined)
    throw new Error('unreadable');
  t.equal(cidrContains(v4, inside), true);
  t.equal(cidrContains(v4, outside), false);
  t.equal(cidrContains(v6, inside), false);
  t.equal(cidrsOverlap(v4, v6), false);
});
