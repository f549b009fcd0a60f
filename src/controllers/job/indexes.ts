/** Indexes as a Job's status writes them: `0-2,5,7,8`, a range from three on. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].toSorted((a, b) => a - b);
  const runs: [first: number, last: number][] = [];
  for (const index of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && index === run[1] + 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([first, last]) => formatRun(first, last)).join(',');
}

function formatRun(first: number, last: number): string {
  if (first === last) return String(first);
  return `${first}${last === first + 1 ? ',' : '-'}${last}`;
}

/** The indexes in `text`, below `limit`. */
export function parseIndexes(text: string, limit: number): ReadonlySet<number> {
  const indexes = new Set<number>();
  for (const part of text.split(',').filter((piece) => piece !== '')) {
    const [first = Number.NaN, last = first] = part.split('-').map(Number);
    for (let index = first; index <= last && index < limit; index += 1) indexes.add(index);
  }
  return indexes;
}
