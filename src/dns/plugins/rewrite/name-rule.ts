import { CorefileError, type Directive } from '../../corefile/index.ts';
import { readRegExp } from '../../corefile/read-reg-exp.ts';
import { fillGroups } from '../../go-regexp/index.ts';
import type { Query } from '../../query.ts';
import { readAnswerRules, remapping, type StringRewriter, suffixing } from './answer-rules.ts';
import { checkGroups } from './check-groups.ts';
import { matchKindOf, normal, type MatchKind } from './matcher.ts';
import { readPlaceholders } from './placeholders.ts';
import { nameAndValue } from './record-rules.ts';
import type { ResponseRule, Rewrite } from './rule.ts';

/** What stands in a `rewrite name`. */
interface NameRule {
  readonly kind: MatchKind;
  readonly from: string;
  readonly to: string;
  readonly hasMetadata: boolean;
  readonly isAuto: boolean;
  readonly responses: readonly ResponseRule[];
}

/** The new name of a query; undefined for one that the rule is not for. */
type Rename = (query: Query) => string | undefined;

/**
 * `[KIND] FROM TO [metadata] [answer …]`
 *
 * @throws CorefileError
 */
export function readNameRule(words: readonly string[], directive: Directive): Rewrite {
  const rule = readRule(words, directive);
  const rename = renameOf(rule, directive);
  const answers = answersOf(rule);
  return (query) => {
    const name = rename(query);
    if (name === undefined) return undefined;
    return {
      query: { ...query, name, qname: name.toLowerCase() },
      responses: answers(query, name),
    };
  };
}

function readRule(words: readonly string[], directive: Directive): NameRule {
  const { position } = directive;
  const [first = '', second = '', third] = words;
  if (words.length < 2) throw new CorefileError('too few arguments for a name rule', position);
  if (third === undefined)
    return {
      kind: 'exact',
      from: normal(first),
      to: normal(second),
      hasMetadata: false,
      isAuto: true,
      responses: [],
    };
  const kind = matchKindOf(first);
  if (kind === undefined)
    throw new CorefileError(
      `name rule supports only exact, prefix, suffix, substring, and regex name matching, received: ${first}`,
      position,
    );
  const hasMetadata = words[3] === 'metadata';
  if (hasMetadata && kind !== 'regex')
    throw new CorefileError('metadata is only supported for regex name rules', position);
  const more = words.slice(hasMetadata ? 4 : 3);
  const { isAuto, responses } =
    more.length === 0 ? { isAuto: false, responses: [] } : readAnswerRules(kind, more, directive);
  const from = kind === 'regex' ? second : normal(second);
  return {
    kind,
    from,
    to: normal(third),
    hasMetadata,
    isAuto: isAuto || kind === 'exact',
    responses,
  };
}

function renameOf({ kind, from, to, hasMetadata }: NameRule, directive: Directive): Rename {
  switch (kind) {
    case 'exact':
      return ({ qname }) => (qname === from ? to : undefined);
    case 'prefix':
      return ({ qname }) => (qname.startsWith(from) ? to + qname.slice(from.length) : undefined);
    case 'suffix':
      return ({ qname }) =>
        qname.endsWith(from) ? qname.slice(0, qname.length - from.length) + to : undefined;
    case 'substring':
      return ({ qname }) => (qname.includes(from) ? qname.replaceAll(from, () => to) : undefined);
    case 'regex': {
      const pattern = readRegExp(from, directive);
      if (hasMetadata) return readPlaceholders(to, { pattern, directive });
      checkGroups(pattern, to, directive);
      return ({ qname }) => {
        const groups = pattern.match(qname);
        return groups === undefined ? undefined : fillGroups(to, groups);
      };
    }
    default:
      return kind satisfies never;
  }
}

/** What puts names back in the answer, and what the rule says besides. */
function answersOf(rule: NameRule): (query: Query, name: string) => readonly ResponseRule[] {
  const { kind, isAuto, from, to, responses } = rule;
  if (!isAuto) return () => responses;
  // A suffix goes back by itself; else the whole name does, and names below it.
  if (kind === 'suffix') {
    const back: readonly ResponseRule[] = [...nameAndValue(suffixing(to, from)), ...responses];
    return () => back;
  }
  return (query, name) => {
    const rewriter: StringRewriter = remapping(name, query.qname);
    return [...nameAndValue(rewriter), ...responses];
  };
}
