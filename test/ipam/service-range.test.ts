import * as fc from 'fast-check';
import t from 'tap';
import { IpamError, preferenceOf, ServiceRange } from '../../src/ipam/index.ts';
import { requireCidr, requireIp } from '../../src/ipam/address-block.ts';
import type { Ip } from '../../src/net/index.ts';

const CIDRS = ['10.96.0.0/24', '10.96.0.0/27', '10.0.0.0/29', 'fd00::/121', 'fd00::/64'];

type Step =
  | { readonly kind: 'next'; readonly key: string }
  | { readonly kind: 'take'; readonly offset: number }
  | { readonly kind: 'release'; readonly offset: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('next' as const), key: fc.string({ maxLength: 3 }) }),
  fc.record({ kind: fc.constant('take' as const), offset: fc.nat(300) }),
  fc.record({ kind: fc.constant('release' as const), offset: fc.nat(300) }),
);

/** A range beside the plainest model of it; a step returns false when they disagree. */
class Modelled {
  readonly #range: ServiceRange;
  readonly #taken = new Set<bigint>();

  constructor(text: string) {
    this.#range = new ServiceRange(requireCidr(text));
  }

  play(one: Step): boolean {
    if (one.kind === 'next') return this.#next(one.key);
    const { cidr } = this.#range.bands;
    const bits = cidr.network.bits + BigInt(one.offset);
    const ip = { family: cidr.family, bits, text: '' };
    if (one.kind === 'take') return this.#take(ip);
    this.#range.release(ip);
    this.#taken.delete(bits);
    return true;
  }

  #next(key: string): boolean {
    const { usable, dynamicBand } = this.#range.bands;
    const ip = this.#range.tryNext(preferenceOf(0, key));
    if (ip === undefined) return this.#isFull(usable);
    const { bits } = ip;
    const isWanted = this.#isFull(dynamicBand) ? isIn(usable, bits) : isIn(dynamicBand, bits);
    if (!isWanted || this.#taken.has(bits)) return false;
    this.#taken.add(bits);
    return true;
  }

  #take(ip: Ip): boolean {
    const isFree = isIn(this.#range.bands.usable, ip.bits) && !this.#taken.has(ip.bits);
    try {
      this.#range.allocate(ip);
      this.#taken.add(ip.bits);
      return isFree;
    } catch (error) {
      return !isFree && error instanceof IpamError;
    }
  }

  #isFull(band: Band | undefined): boolean {
    const count = [...this.#taken].filter((bits) => isIn(band, bits)).length;
    return band === undefined || BigInt(count) === band.last - band.first + 1n;
  }
}

type Band = NonNullable<ServiceRange['bands']['usable']>;

const isIn = (band: Band | undefined, bits: bigint): boolean =>
  band !== undefined && bits >= band.first && bits <= band.last;

t.test('ServiceRange never gives an address twice and prefers the dynamic band', async (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...CIDRS), fc.array(step, { maxLength: 300 }), (text, steps) => {
      const range = new Modelled(text);
      return steps.every((one) => range.play(one));
    }),
    { numRuns: 60 },
  );
  t.pass('holds');
});

t.test('ServiceRange gives the same key the same address in every order', async (t) => {
  const keys = Array.from({ length: 40 }, (_, index) => `services/shop/s${index}`);
  const give = (order: readonly string[]): ReadonlyMap<string, string> => {
    const range = new ServiceRange(requireCidr('10.96.0.0/12'));
    return new Map(order.map((key) => [key, range.allocateNext(preferenceOf(7, key)).text]));
  };
  const forwards = give(keys);
  const backwards = give(keys.toReversed());
  for (const key of keys) t.equal(forwards.get(key), backwards.get(key), key);
  t.not(
    preferenceOf(7, 'services/shop/s0'),
    preferenceOf(8, 'services/shop/s0'),
    'another seed, another choice',
  );
});

t.test('ServiceRange fills a /16 quickly and empties it again', async (t) => {
  const range = new ServiceRange(requireCidr('10.96.0.0/16'));
  const given: string[] = [];
  for (;;) {
    const ip = range.tryNext(preferenceOf(0, String(given.length)));
    if (ip === undefined) break;
    given.push(ip.text);
  }
  t.equal(new Set(given).size, 65_534);
  t.throws(() => range.allocateNext(0n), { code: 'ERR_IPAM_FULL', message: 'range is full' });
  range.release(requireIp('10.96.7.7'));
  t.equal(range.allocateNext(0n).text, '10.96.7.7');
});

t.test('restore() takes back a snapshot and nothing else', async (t) => {
  const range = new ServiceRange(requireCidr('10.96.0.0/24'));
  range.allocate(requireIp('10.96.0.9'));
  const snapshot = range.snapshot();
  range.allocate(requireIp('10.96.0.10'));
  range.restore(snapshot);
  t.same(range.snapshot(), { range: '10.96.0.0/24', addresses: ['10.96.0.9'] });
  t.throws(() => range.restore({ range: '10.97.0.0/24', addresses: [] }), {
    message: 'the provided network does not match the current range',
  });
});

const refusals = [
  {
    kind: 'bitmap',
    ip: '10.97.0.1',
    message:
      'the provided IP (10.97.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/24',
  },
  {
    kind: 'ipaddress-objects',
    ip: '10.96.0.255',
    message: 'the provided network does not match the current range',
  },
  {
    kind: 'ipaddress-objects',
    ip: '10.96.0.0',
    message: 'the provided network does not match the current range',
  },
] as const;

for (const { kind, ip, message } of refusals)
  t.test(`allocate() of ${ip} by the ${kind} allocator`, async (t) => {
    const range = new ServiceRange(requireCidr('10.96.0.0/24'), kind);
    t.throws(() => range.allocate(requireIp(ip)), { code: 'ERR_IPAM_OUT_OF_RANGE', message });
  });

t.test('ServiceRange of the bitmap allocator uses 65 535 addresses of an IPv6 range', async (t) => {
  const { bands } = new ServiceRange(requireCidr('fd00::/108'), 'bitmap');
  t.equal(bands.usableCount, 65_535n);
});
