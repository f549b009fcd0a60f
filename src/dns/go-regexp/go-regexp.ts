import { GoRegExpError } from './go-regexp-error.ts';
import { translate } from './translate.ts';

export { GoRegExpError } from './go-regexp-error.ts';

/** A compiled expression. */
export interface GoRegExp {
  /** As it was written. */
  readonly source: string;
  /** How many groups it captures. */
  readonly groups: number;
  /** The name of each group by its number, the whole match first; '' for one without. */
  readonly names: readonly string[];
  /** The leftmost match, by group number; '' for a group that took no part. undefined without a match. */
  match(text: string): readonly string[] | undefined;
}

/** What Go's own users are held to. */
const MAX_LENGTH = 10_000;

/**
 * Compiles an expression in Go's syntax.
 *
 * Both engines prefer the leftmost alternative, so matches are the same. What RE2 refuses (look-around, back-references)
 * is refused here too.
 *
 * @throws GoRegExpError when `source` is no expression of Go's, or one that this runtime cannot express.
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function compileGoRegExp(source: string): GoRegExp {
  if (source.length > MAX_LENGTH)
    throw new GoRegExpError(
      `pattern too long (${source.length} > ${MAX_LENGTH})`,
      source.slice(0, 40),
    );
  const { pattern, names } = translate(source);
  const regExp = new RegExp(pattern, 'u');
  return {
    source,
    groups: names.length - 1,
    names,
    match: (text) => {
      const found = regExp.exec(text);
      return found === null ? undefined : Array.from(found, (group) => group ?? '');
    },
  };
}

/** `text` with `{0}`, `{1}` … replaced by the groups of a match. */
export function fillGroups(text: string, groups: readonly string[]): string {
  return groups.reduce(
    (filled, group, index) => filled.replaceAll(`{${index}}`, () => group),
    text,
  );
}
