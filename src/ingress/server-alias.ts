import type { HostPattern } from './route-table.ts';

/** Longer names come first; no name is as long. */
const LONGEST = 1000;

/**
 * What a server's other name stands for, where that is more than itself: `*.example.org`, `.example.org`,
 * `www.example.*`, `~^www\\d+\\.example\\.org$`.
 *
 * @returns with the rank among others, the least first; undefined for a plain name, or what is no regular expression.
 * @see nginx, server_name: exact names, then leading stars, then trailing ones, the longest first; then expressions
 */
export function patternOfAlias(
  alias: string,
): (Pick<HostPattern, 'kind' | 'matches'> & { readonly rank: number }) | undefined {
  const { length } = alias;
  if (alias.startsWith('~')) return regexOf(alias.slice(1));
  if (alias.startsWith('*.'))
    return { kind: 'wildcard', matches: ends(`.+${quoted(alias.slice(1))}`), rank: -length };
  if (alias.startsWith('.'))
    return {
      kind: 'wildcard',
      matches: ends(`(?:.+\\.)?${quoted(alias.slice(1))}`),
      rank: -length,
    };
  if (alias.endsWith('.*'))
    return {
      kind: 'wildcard',
      matches: ends(`${quoted(alias.slice(0, -1))}.+`),
      rank: LONGEST - length,
    };
  return undefined;
}

function regexOf(source: string): ReturnType<typeof patternOfAlias> {
  try {
    return { kind: 'regex', matches: new RegExp(source, 'i'), rank: 2 * LONGEST };
  } catch {
    return undefined; // nginx would not start with it
  }
}

function ends(source: string): RegExp {
  return new RegExp(`^${source}$`);
}

function quoted(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z\d-]/g, (character) => `\\${character}`);
}
