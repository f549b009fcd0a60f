/** Tells items of one list apart; two items with the same identity are the same item. */
export type Identity = (item: unknown) => unknown;

export interface MergeOrder {
  readonly merged: readonly unknown[];
  /** The order that the patch wants; what it does not name is the server's own. */
  readonly wanted: readonly unknown[];
  /** The list as it was on the server. */
  readonly server: readonly unknown[];
  readonly identity: Identity;
}

/**
 * Orders a merged list: the patch's items in the order it wants, the server's own between them in theirs,
 * each as far forward as its place on the server allows.
 *
 * @see apimachinery `strategicpatch`, normalizeElementOrder
 */
export function orderMerged({ merged, wanted, server, identity }: MergeOrder): readonly unknown[] {
  const wantedAt = indexOf(wanted, identity);
  const serverAt = indexOf(server, identity);
  const [named, own] = partition(merged, (item) => wantedAt.has(identity(item)));
  const right = sortBy(named, (item) => wantedAt.get(identity(item)));
  const left = sortBy(own, (item) => serverAt.get(identity(item)));
  const result: unknown[] = [];
  let next = 0;
  for (const item of right) {
    const place = serverAt.get(identity(item));
    while (next < left.length) {
      const leftPlace = serverAt.get(identity(left[next]));
      if (place === undefined || leftPlace === undefined || leftPlace >= place) break;
      result.push(left[next]);
      next += 1;
    }
    result.push(item);
  }
  return [...result, ...left.slice(next)];
}

function indexOf(items: readonly unknown[], identity: Identity): ReadonlyMap<unknown, number> {
  const places = new Map<unknown, number>();
  for (const [index, item] of items.entries())
    if (!places.has(identity(item))) places.set(identity(item), index);
  return places;
}

function partition<T>(
  items: readonly T[],
  matches: (item: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  return [items.filter(matches), items.filter((item) => !matches(item))];
}

/** Stable; items without a place keep theirs at the end. */
function sortBy(
  items: readonly unknown[],
  place: (item: unknown) => number | undefined,
): readonly unknown[] {
  return items.toSorted((a, b) => (place(a) ?? items.length) - (place(b) ?? items.length));
}
