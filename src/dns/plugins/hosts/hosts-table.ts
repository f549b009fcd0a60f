import { parseIp } from '../../../net/index.ts';
import { absolute, zoneOf } from '../../names.ts';

/** The longest word that is read; longer ones are left out. */
const MAX_WORD = 1024;

export interface HostsOptions {
  /** Names outside are left out. */
  readonly zones: readonly string[];
  /** Addresses lead back to their names. */
  readonly hasReverse: boolean;
}

/** Names and addresses of a hosts file. */
export interface HostsTable {
  /** Addresses of `qname`, or else of the wildcard for its first label. */
  addresses(qname: string, family: 'IPv4' | 'IPv6'): readonly string[];
  /** Names of an address, as text. */
  names(address: string): readonly string[];
  /** How many entries there are. */
  readonly size: number;
}

/**
 * Reads a hosts file: an address and its names a line, `#` to the end is a comment.
 *
 * A line whose address is none counts for nothing.
 *
 * @see hosts(5)
 */
export function parseHosts(text: string, { zones, hasReverse }: HostsOptions): HostsTable {
  const byName = { IPv4: new Map<string, string[]>(), IPv6: new Map<string, string[]>() };
  const byAddress = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [first = '', ...words] = line.replace(/#.*/s, '').split(/\s+/).filter(Boolean);
    const ip = first.length > MAX_WORD ? undefined : parseIp(unmapped(first));
    if (ip === undefined) continue;
    for (const word of words) {
      const name = absolute(word.toLowerCase());
      if (word.length > MAX_WORD || zoneOf(name, zones) === undefined) continue;
      push(byName[ip.family], name, ip.text);
      if (hasReverse && !name.startsWith('*.')) push(byAddress, ip.text, name);
    }
  }
  const sizeOf = (map: ReadonlyMap<string, readonly string[]>): number =>
    [...map.values()].reduce((sum, { length }) => sum + length, 0);
  return {
    addresses: (qname, family) => {
      const known = byName[family];
      return known.get(qname) ?? known.get(qname.replace(/^(?:\\.|[^\\.])*/s, '*')) ?? [];
    },
    names: (address) => byAddress.get(address) ?? [],
    size: sizeOf(byName.IPv4) + sizeOf(byName.IPv6) + sizeOf(byAddress),
  };
}

/** Without an IPv6 zone; an IPv4 address within IPv6 is an IPv4 address. */
function unmapped(text: string): string {
  return text.replace(/%.*/s, '').replace(/^::ffff:(?=\d+\.)/i, '');
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
