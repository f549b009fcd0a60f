import { CorefileError, type Directive } from '../../corefile/index.ts';
import { readRegExp } from '../../corefile/read-reg-exp.ts';
import { fillGroups } from '../../go-regexp/index.ts';
import { classOf, RCODE, typeOf } from '../../wire/index.ts';
import { readEdnsRule } from './edns-rule.ts';
import { matchKindOf, normal, readMatcher, type MatchKind } from './matcher.ts';
import { readNameRule } from './name-rule.ts';
import { ttlRule } from './record-rules.ts';
import type { Rewrite, Rule } from './rule.ts';

const READERS: Readonly<
  Record<string, (words: readonly string[], directive: Directive) => Rewrite>
> = {
  name: readNameRule,
  type: readTypeRule,
  class: readClassRule,
  ttl: readTtlRule,
  rcode: readRcodeRule,
  cname: readCnameRule,
  edns0: readEdnsRule,
};
const MAX_TTL = 2 ** 32 - 1;
/** An open end of a TTL range. */
const OPEN_TTL = 2 ** 31 - 1;
/** The last code with a number that rules may use. */
const MAX_RCODE = 23;

/**
 * One rule: `[stop|continue] TYPE …` in a line, or in the lines of braces.
 *
 * @throws CorefileError
 */
export function readRule(directive: Directive): Rule {
  const words = wordsOf(directive);
  const [first = ''] = words;
  const mode = first.toLowerCase();
  const hasMode = mode === 'stop' || mode === 'continue';
  const [type, ...rest] = hasMode ? words.slice(1) : words;
  if (type === undefined)
    throw new CorefileError(
      hasMode ? `${mode} rule must begin with a rule type` : 'no rule type specified for rewrite',
      directive.position,
    );
  const name = type.toLowerCase();
  if (name === 'answer')
    throw new CorefileError('response rewrites must begin with a name rule', directive.position);
  const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (read === undefined)
    throw new CorefileError(`invalid rule type "${type}"`, directive.position, {
      hint: `Rule types: ${Object.keys(READERS).join(', ')}.`,
    });
  return { rewrite: read(rest, directive), isLast: mode !== 'continue' };
}

function wordsOf({ args, block }: Directive): readonly string[] {
  if (args.length >= 2) return args;
  return [...args, ...block.flatMap((line) => [line.name, ...line.args])];
}

function readTypeRule(words: readonly string[], directive: Directive): Rewrite {
  const [from, to] = readTwo(words, { what: 'type', valueOf: typeOf, directive });
  return (query) =>
    query.qtype === from ? { query: { ...query, qtype: to }, responses: [] } : undefined;
}

function readClassRule(words: readonly string[], directive: Directive): Rewrite {
  const [from, to] = readTwo(words, { what: 'class', valueOf: classOf, directive });
  return (query) =>
    query.qclass === from ? { query: { ...query, qclass: to }, responses: [] } : undefined;
}

interface Two {
  readonly what: string;
  readonly valueOf: (name: string) => number | undefined;
  readonly directive: Directive;
}

function readTwo(
  words: readonly string[],
  { what, valueOf, directive: { position } }: Two,
): readonly [number, number] {
  if (words.length !== 2)
    throw new CorefileError(`${what} rules must have exactly two arguments`, position);
  const read = (name: string): number => {
    const value = valueOf(name);
    if (value === undefined)
      throw new CorefileError(`invalid ${what} "${name.toUpperCase()}"`, position);
    return value;
  };
  return [read(words[0] ?? ''), read(words[1] ?? '')];
}

function readTtlRule(words: readonly string[], directive: Directive): Rewrite {
  const { position } = directive;
  if (words.length < 2)
    throw new CorefileError(`too few (${words.length}) arguments for a ttl rule`, position);
  if (words.length > 3) throw new CorefileError('too many arguments for a ttl rule', position);
  const range = readRange(words.at(-1) ?? '');
  if (range === undefined)
    throw new CorefileError(`invalid TTL '${words.at(-1)}' for a ttl rule`, position);
  const matches = readMatcher(words.slice(0, -1), directive, 'ttl');
  const responses = [ttlRule(range.min, range.max)];
  return (query) => (matches(query.qname) ? { query, responses } : undefined);
}

/** `30`, `5-30`, `5-`, `-30`. */
function readRange(text: string): { readonly min: number; readonly max: number } | undefined {
  const [, low = '', dash, high = ''] = /^(\d*)(-)?(\d*)$/.exec(text) ?? [];
  if (low === '' && high === '') return undefined;
  const min = Number(low);
  const max = dash === undefined ? min : high === '' ? OPEN_TTL : Number(high);
  return min <= max && max <= MAX_TTL ? { min, max } : undefined;
}

function readRcodeRule(words: readonly string[], directive: Directive): Rewrite {
  const { position } = directive;
  if (words.length < 3)
    throw new CorefileError(`too few (${words.length}) arguments for a rcode rule`, position);
  if (words.length > 4) throw new CorefileError('too many arguments for a rcode rule', position);
  const read = (text: string, what: string): number => {
    const named = Object.entries(RCODE).find(([name]) => name === text.toUpperCase())?.[1];
    const value = /^\d+$/.test(text) && Number(text) <= MAX_RCODE ? Number(text) : named;
    if (value === undefined)
      throw new CorefileError(`invalid ${what} RCODE '${text}' for a rcode rule`, position);
    return value;
  };
  const [from = '', to = ''] = words.slice(-2);
  const rule = {
    kind: 'rcode' as const,
    from: read(from, 'matching'),
    to: read(to, 'replacement'),
  };
  const matches = readMatcher(words.slice(0, -2), directive, 'rcode');
  return (query) => (matches(query.qname) ? { query, responses: [rule] } : undefined);
}

function readCnameRule(words: readonly string[], directive: Directive): Rewrite {
  const [kindText, from = '', to = ''] = words.length === 2 ? ['exact', ...words] : words;
  if (words.length < 2 || words.length > 3)
    throw new CorefileError(
      `too few (${words.length}) arguments for a cname rule`,
      directive.position,
    );
  const kind = matchKindOf(kindText ?? '');
  if (kind === undefined)
    throw new CorefileError(`unknown cname rewrite type: ${kindText}`, directive.position);
  const targetFor = targetRewriter(kind, {
    from: from.toLowerCase(),
    to: to.toLowerCase(),
    directive,
  });
  return (query) => ({ query, responses: [{ kind: 'alias', targetFor }] });
}

function targetRewriter(
  kind: MatchKind,
  {
    from,
    to,
    directive,
  }: { readonly from: string; readonly to: string; readonly directive: Directive },
): (target: string) => string | undefined {
  switch (kind) {
    case 'exact':
      return (target) => (target === normal(from) ? normal(to) : undefined);
    case 'prefix':
      return (target) => (target.startsWith(from) ? to + target.slice(from.length) : undefined);
    case 'suffix':
      return (target) =>
        target.endsWith(from) ? target.slice(0, target.length - from.length) + to : undefined;
    case 'substring':
      return (target) => (target.includes(from) ? target.replaceAll(from, () => to) : undefined);
    case 'regex': {
      const pattern = readRegExp(from, directive);
      return (target) => {
        const groups = pattern.match(target);
        return groups === undefined ? undefined : fillGroups(to, groups);
      };
    }
    default:
      return kind satisfies never;
  }
}
