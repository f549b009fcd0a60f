import { CorefileError, type Directive } from '../../corefile/index.ts';
import type { GoRegExp } from '../../go-regexp/index.ts';
import type { Query } from '../../query.ts';

/** Text, a group by number, or a fact by label. */
type Part = string | number | { readonly label: string };

/**
 * A name with `{1}` for groups and `{kubernetes/client-namespace}` for facts about the query.
 *
 * @throws CorefileError for a group that is not there, and what is no label.
 */
export function readPlaceholders(
  to: string,
  { pattern, directive }: { readonly pattern: GoRegExp; readonly directive: Directive },
): (query: Query) => string | undefined {
  const parts = to
    .split(/(\{[^{}]*\})/)
    .filter(Boolean)
    .map((text) => readPart(text, pattern, directive));
  return ({ qname, metadata }) => {
    const groups = pattern.match(qname);
    if (groups === undefined) return undefined;
    let name = '';
    for (const part of parts) {
      if (typeof part === 'string') name += part;
      else if (typeof part === 'number') name += groups[part] ?? '';
      else {
        const fact = metadata?.get(part.label)?.() ?? '';
        if (fact === '') return undefined;
        name += fact.toLowerCase();
      }
    }
    return name;
  };
}

function readPart(text: string, pattern: GoRegExp, { position }: Directive): Part {
  const [, inner] = /^\{(.*)\}$/.exec(text) ?? [];
  if (inner === undefined) {
    if (/[{}]/.test(text))
      throw new CorefileError('unmatched brace in metadata name replacement', position);
    return text;
  }
  if (/^\d+$/.test(inner)) {
    if (Number(inner) > pattern.groups)
      throw new CorefileError(
        `capture group ${inner} does not exist in name matching pattern`,
        position,
      );
    return Number(inner);
  }
  if (!/^[^/]+\/.+$/.test(inner))
    throw new CorefileError(`invalid metadata label "${inner}" in name replacement`, position);
  return { label: inner };
}
