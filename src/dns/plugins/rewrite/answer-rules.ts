import { CorefileError, type Directive } from '../../corefile/index.ts';
import { readRegExp } from '../../corefile/read-reg-exp.ts';
import { fillGroups } from '../../go-regexp/index.ts';
import { checkGroups } from './check-groups.ts';
import { normal } from './matcher.ts';
import { nameRule, valueRule, type StringRewriter } from './record-rules.ts';
import type { ResponseRule } from './rule.ts';

export type { StringRewriter } from './record-rules.ts';

/** `name` and what is below it go back to `original`. */
export function remapping(name: string, original: string): StringRewriter {
  return (text) =>
    text === name || text.endsWith(`.${name}`)
      ? text.slice(0, text.length - name.length) + original
      : text;
}

/** Names that end with `suffix` end with `original`. */
export function suffixing(suffix: string, original: string): StringRewriter {
  return (text) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) + original : text;
}

/** What is left of a line. */
interface Words {
  readonly kind: string;
  readonly words: readonly string[];
  readonly directive: Directive;
}

/**
 * `answer auto | answer name REGEX TO | answer value REGEX TO`, several of them, `answer` once or each time.
 *
 * @throws CorefileError
 */
export function readAnswerRules(
  kind: string,
  words: readonly string[],
  directive: Directive,
): { readonly isAuto: boolean; readonly responses: readonly ResponseRule[] } {
  const fail = (what: string): CorefileError => new CorefileError(what, directive.position);
  if (words.length < 2) throw fail(`invalid arguments for ${kind} rule`);
  if (words[0] !== 'answer')
    throw fail(`exceeded the number of arguments for a non-answer rule argument for ${kind} rule`);
  const responses: ResponseRule[] = [];
  let isAuto = false;
  let hasName = false;
  for (let at = 0; at < words.length;) {
    if (words[at] === 'answer') at += 1;
    const type = words[at];
    if (type === undefined) throw fail(`type missing for answer rule for ${kind} rule`);
    at += 1;
    if (type === 'auto') {
      isAuto = true;
      continue;
    }
    if (type !== 'name' && type !== 'value')
      throw fail(`invalid type "${type}" for answer rule for ${kind} rule`);
    responses.push(readPair(type, { kind, words: words.slice(at, at + 2), directive }));
    hasName ||= type === 'name';
    at += 2;
  }
  if (isAuto && hasName)
    throw fail('auto name answer rule cannot be combined with explicit name anwer rules');
  return { isAuto, responses };
}

function readPair(type: 'name' | 'value', { kind, words, directive }: Words): ResponseRule {
  const [from, to] = words;
  if (from === undefined || to === undefined)
    throw new CorefileError(
      `${type} answer rule for ${kind} rule: 2 arguments required`,
      directive.position,
    );
  const pattern = readRegExp(from, directive);
  checkGroups(pattern, to, directive);
  const replacement = normal(to);
  const rewrite: StringRewriter = (text) => {
    const groups = pattern.match(text);
    return groups === undefined ? text : fillGroups(replacement, groups);
  };
  return type === 'name' ? nameRule(rewrite) : valueRule(rewrite);
}
