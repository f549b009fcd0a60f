import { CorefileError, type Directive } from '../../corefile/index.ts';
import { readRegExp } from '../../corefile/read-reg-exp.ts';
import { absolute } from '../../names.ts';

/** Whether a name in lower case is meant. */
export type Matcher = (qname: string) => boolean;

/** How rules compare names. */
export const MATCH_KINDS = ['exact', 'prefix', 'suffix', 'substring', 'regex'] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

/** The kind that `text` names in any case. */
export function matchKindOf(text: string): MatchKind | undefined {
  const lower = text.toLowerCase();
  return MATCH_KINDS.find((kind) => kind === lower);
}

/** `text` as names are compared: absolute, lower case. */
export function normal(text: string): string {
  return absolute(text).toLowerCase();
}

/**
 * Names that a `ttl` or `rcode` rule is for: `KIND NAME`, or `NAME` for exactly that.
 *
 * @throws CorefileError
 */
export function readMatcher(words: readonly string[], directive: Directive, what: string): Matcher {
  const [first = '', second] = words;
  const kind = second === undefined ? 'exact' : matchKindOf(first);
  const text = second ?? first;
  const name = normal(text);
  switch (kind) {
    case 'exact':
      return (qname) => qname === name;
    case 'prefix':
      return (qname) => qname.startsWith(name);
    case 'suffix':
      return (qname) => qname.endsWith(name);
    case 'substring':
      return (qname) => qname.includes(name);
    case 'regex': {
      const pattern = readRegExp(text, directive);
      return (qname) => pattern.match(qname) !== undefined;
    }
    case undefined:
      throw new CorefileError(
        `${what} rule supports only exact, prefix, suffix, substring, and regex name matching`,
        directive.position,
      );
    default:
      return kind satisfies never;
  }
}
