/** What RE2 has and JavaScript has not, or the other way round, is told apart here as far as people write it. */

const PERL_ONLY = /\(\?(?:[=!]|<[=!])/;
const BACK_REFERENCE = /(?<!\\)(?:\\\\)*(\\[1-9])/;

/** Go's text for a pattern that is no regular expression there; undefined for one that is. */
export function patternProblem(pattern: string): string | undefined {
  const why = problemOf(pattern);
  return why === undefined ? undefined : `error parsing regexp: ${why}`;
}

function problemOf(pattern: string): string | undefined {
  const plain = pattern.replaceAll(/\[(?:\\.|[^\]\\])*\]/gs, (list) => '_'.repeat(list.length));
  const perl = PERL_ONLY.exec(plain);
  if (perl !== null) return `invalid or unsupported Perl syntax: \`${perl[0]}\``;
  const reference = BACK_REFERENCE.exec(plain);
  if (reference !== null) return `invalid escape sequence: \`${reference[1]}\``;
  // What Go has besides stands for nothing that could be wrong.
  const problem = syntaxProblem(plain.replace(/^\(\?[imsU]+\)/, '').replaceAll(/\(\?P</g, '(?<'));
  return problem === undefined ? undefined : wordsOf(problem, pattern);
}

function syntaxProblem(pattern: string): string | undefined {
  try {
    return void RegExp(pattern, '');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What V8 says, and what Go says of it. */
const WORDS: readonly (readonly [string, (pattern: string) => string])[] = [
  ['Unterminated group', (pattern) => `missing closing ): \`${pattern}\``],
  ['Unmatched', (pattern) => `unexpected ): \`${pattern}\``],
  [
    'Unterminated character class',
    (pattern) => `missing closing ]: \`${pattern.slice(pattern.lastIndexOf('['))}\``,
  ],
  ['Nothing to repeat', repetitionProblem],
  ['at end of pattern', () => 'trailing backslash at end of expression: ``'],
  [
    'out of order',
    (pattern) =>
      `invalid character class range: \`${/[^[\]\\]-[^\]\\]/.exec(pattern)?.[0] ?? ''}\``,
  ],
];

function wordsOf(why: string, pattern: string): string {
  const found = WORDS.find(([words]) => why.includes(words));
  return found?.[1](pattern) ?? `invalid escape sequence: \`${pattern}\``;
}

function repetitionProblem(pattern: string): string {
  const doubled = /(?<=[^(|*+?])[*+?]{2,}/.exec(pattern);
  if (doubled !== null) return `invalid nested repetition operator: \`${doubled[0]}\``;
  const [, operator = ''] = /(?:^|[(|])([*+?])/.exec(pattern) ?? [];
  return `missing argument to repetition operator: \`${operator}\``;
}
