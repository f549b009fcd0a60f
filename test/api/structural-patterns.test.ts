import t from 'tap';
import { compilePattern, patternProblem } from '../../src/api/structural/patterns.ts';

const CALICO = '^(?i)(Disabled|Any)?$';

const found: readonly {
  readonly name: string;
  readonly pattern: string;
  readonly text: string;
  readonly isFound: boolean;
}[] = [
  { name: 'somewhere in the text', pattern: 'b+', text: 'abbc', isFound: true },
  { name: 'flags that begin in the middle', pattern: CALICO, text: 'aNY', isFound: true },
  { name: 'nothing after flags', pattern: CALICO, text: '', isFound: true },
  { name: 'another word', pattern: CALICO, text: 'some', isFound: false },
  { name: 'a named group', pattern: '^(?P<n>a)$', text: 'a', isFound: true },
  { name: 'only the end of the text', pattern: 'a$', text: 'a\n', isFound: false },
  { name: 'a class of POSIX', pattern: '^[[:alpha:]]+$', text: 'abc', isFound: true },
  { name: 'text boundaries of Go', pattern: String.raw`\Aa\z`, text: 'a', isFound: true },
  { name: 'a character of two units', pattern: '^.$', text: '😀', isFound: true },
];

for (const { name, pattern, text, isFound } of found)
  t.test(`compilePattern() reads ${name}`, async (t) => {
    t.equal(compilePattern(pattern)?.test(text), isFound);
    t.equal(patternProblem(pattern), undefined);
  });

t.test(
  'compilePattern() takes no longer for a text that nearly matches in many ways',
  async (t) => {
    // A matcher that goes back and forth would need 2^40 steps.
    t.equal(compilePattern('^(a+)+$')?.test(`${'a'.repeat(40)}b`), false);
  },
);

// What `regexp.Compile` of Go 1.26 says.
const problems: readonly (readonly [pattern: string, words: string])[] = [
  ['(a', 'missing closing ): `(a`'],
  ['a)', 'unexpected ): `a)`'],
  ['[a', 'missing closing ]: `[a`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['*a', 'missing argument to repetition operator: `*`'],
  ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
  [String.raw`(a)\1`, String.raw`invalid escape sequence: ` + '`\\1`'],
  ['\\', 'trailing backslash at end of expression: ``'],
  ['[z-a]', 'invalid character class range: `z-a`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  [String.raw`\pX`, 'invalid character class range: `\\pX`'],
];

for (const [pattern, words] of problems)
  t.test(`patternProblem() tells what is wrong with ${pattern}`, async (t) => {
    t.equal(patternProblem(pattern), `error parsing regexp: ${words}`);
    t.equal(compilePattern(pattern), undefined);
  });
