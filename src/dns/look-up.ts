import type { Resolve } from './chain.ts';
import type { Query } from './query.ts';
import { CLASS } from './wire/index.ts';

/** How many lookups may lead to one another: aliases may lead in circles. */
const MAX_DEPTH = 8;

/**
 * Asks the whole server for another name on behalf of `query`; undefined where too many lookups led here.
 *
 * @param name Absolute.
 */
export function lookUp(
  resolve: Resolve,
  query: Query,
  { name, type }: { readonly name: string; readonly type: number },
): ReturnType<Resolve> {
  if (query.depth >= MAX_DEPTH) return undefined;
  return resolve({
    ...query,
    name,
    qname: name.toLowerCase(),
    qtype: type,
    // Whatever the class of the query.
    qclass: CLASS.IN,
    depth: query.depth + 1,
  });
}
