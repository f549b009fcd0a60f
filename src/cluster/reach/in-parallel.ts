/** Many at once, as most wait; not all, as each may hold a connection. */
const AT_ONCE = 256;

/** Runs `work` for every item, many at a time; results in the order of the items. The first error ends it. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index] as T; // below the length
      results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}
