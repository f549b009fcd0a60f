import { TYPE, type ResourceRecord } from '../../wire/index.ts';

/** Records by what may be put in another order. */
export interface Sorted {
  readonly aliases: readonly ResourceRecord[];
  readonly addresses: readonly ResourceRecord[];
  readonly exchanges: readonly ResourceRecord[];
  readonly others: readonly ResourceRecord[];
}

/**
 * Aliases first, other records as they come, addresses in random order, mail exchanges in random order.
 *
 * @param random At least 0, below 1.
 */
export function shuffle(
  records: readonly ResourceRecord[],
  random: () => number,
): readonly ResourceRecord[] {
  if (records.length < 2) return records;
  const { aliases, addresses, exchanges, others } = sortByType(records);
  return [...aliases, ...others, ...shuffled(addresses, random), ...shuffled(exchanges, random)];
}

export function sortByType(records: readonly ResourceRecord[]): Sorted {
  const sorted = {
    aliases: [] as ResourceRecord[],
    addresses: [] as ResourceRecord[],
    exchanges: [] as ResourceRecord[],
    others: [] as ResourceRecord[],
  };
  for (const record of records) {
    const { type } = record;
    if (type === TYPE.A || type === TYPE.AAAA) sorted.addresses.push(record);
    else if (type === TYPE.CNAME) sorted.aliases.push(record);
    else if (type === TYPE.MX) sorted.exchanges.push(record);
    else sorted.others.push(record);
  }
  return sorted;
}

function shuffled(
  records: readonly ResourceRecord[],
  random: () => number,
): readonly ResourceRecord[] {
  const result = [...records];
  for (let at = 0; at < result.length - 1; at += 1) swap(result, at, at + pick(result.length - at));
  return result;

  function pick(below: number): number {
    return Math.floor(random() * below);
  }
}

/** Both indexes are within the list. */
export function swap(records: ResourceRecord[], at: number, other: number): void {
  const [first, second] = [records[at], records[other]];
  if (first === undefined || second === undefined) return;
  records[at] = second;
  records[other] = first;
}
