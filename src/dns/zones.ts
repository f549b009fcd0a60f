import { parseCidr } from '../net/index.ts';
import { absolute } from './names.ts';

/** What one digit of a reverse name stands for: an octet of IPv4, a nibble of IPv6. */
const DIGIT_BITS = { IPv4: 8, IPv6: 4 } as const;
const ADDRESS_BITS = { IPv4: 32, IPv6: 128 } as const;
const TREE = { IPv4: 'in-addr.arpa.', IPv6: 'ip6.arpa.' } as const;

/**
 * Zones as a Corefile names them: a name in any case, or a prefix for its reverse zones.
 *
 * A prefix that ends between two labels stands for several zones: `10.0.0.0/22` is four.
 *
 * @returns Absolute, lower-case names.
 */
export function zonesOf(text: string): readonly string[] {
  const cidr = parseCidr(text);
  if (cidr === undefined) return [absolute(text.toLowerCase())];
  const { family, network, prefixLength } = cidr;
  const digitBits = DIGIT_BITS[family];
  const labels = Math.ceil(prefixLength / digitBits);
  const count = 2 ** (labels * digitBits - prefixLength);
  const first = network.bits >> BigInt(ADDRESS_BITS[family] - labels * digitBits);
  return Array.from({ length: count }, (_, index) =>
    reverseZone(first + BigInt(index), labels, family),
  );
}

/** The reverse zone of the first `labels` digits of an address, given as a number. */
function reverseZone(prefix: bigint, labels: number, family: 'IPv4' | 'IPv6'): string {
  const digitBits = BigInt(DIGIT_BITS[family]);
  const radix = family === 'IPv4' ? 10 : 16;
  const parts: string[] = [];
  let rest = prefix;
  for (let label = 0; label < labels; label += 1) {
    parts.push((rest & ((1n << digitBits) - 1n)).toString(radix));
    rest >>= digitBits;
  }
  return [...parts, TREE[family]].join('.');
}
