import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import t from 'tap';
import { compileGoRegExp, fillGroups, GoRegExpError } from '../../../src/dns/go-regexp/index.ts';

const matches = [
  {
    name: 'named groups',
    source: '^ip-(?P<a>\\d+)-(?<b>\\d+)$',
    text: 'ip-1-22',
    found: ['ip-1-22', '1', '22'],
  },
  { name: 'groups without part in the match', source: '(a)|(b)', text: 'b', found: ['b', '', 'b'] },
  { name: 'the leftmost alternative', source: 'a|ab', text: 'ab', found: ['a'] },
  {
    name: 'flags at the start, alternatives included',
    source: '(?i)FOO|bar',
    text: 'BAR',
    found: ['BAR'],
  },
  { name: 'flags in the middle', source: 'a(?i)b', text: 'aB', found: ['aB'] },
  { name: 'flags of a group', source: '(?i:a)b', text: 'Ab', found: ['Ab'] },
  { name: 'flags of a group, nowhere else', source: '(?i:a)b', text: 'AB', found: undefined },
  { name: 'a dot, line separators included', source: '^.$', text: '\u2028', found: ['\u2028'] },
  { name: 'a dot, line ends excluded', source: '^.$', text: '\n', found: undefined },
  { name: 'a dot of all', source: '(?s)^.$', text: '\n', found: ['\n'] },
  { name: 'lines', source: '(?m)^b$', text: 'a\nb\nc', found: ['b'] },
  { name: 'a dollar at the very end only', source: 'a$', text: 'a\n', found: undefined },
  { name: 'ends of the text', source: '\\Aa\\z', text: 'a', found: ['a'] },
  { name: 'quoted text', source: '\\Qa.b\\E+', text: 'a.bb', found: ['a.bb'] },
  { name: 'classes by name', source: '^[[:alpha:]\\d-]+$', text: 'x1-', found: ['x1-'] },
  { name: 'classes by name, negated', source: '[[:^alpha:]]', text: 'é', found: ['é'] },
  { name: 'negated classes in classes', source: '^[\\D5]+$', text: 'ab5', found: ['ab5'] },
  { name: 'a bracket first in a class', source: '[]a]+', text: ']a', found: [']a'] },
  { name: 'white space of ASCII only', source: '\\s', text: '\u00a0', found: undefined },
  { name: 'scripts', source: '^\\p{Greek}\\pL$', text: 'αb', found: ['αb'] },
  { name: 'octal and hex', source: '\\101\\x42\\x{43}', text: 'ABC', found: ['ABC'] },
  { name: 'braces that repeat nothing', source: '^x{,3}$', text: 'x{,3}', found: ['x{,3}'] },
  { name: 'repetitions', source: '^(?:ab){2,3}?', text: 'ababab', found: ['abab'] },
  { name: 'escaped punctuation', source: '^a\\-b\\.c$', text: 'a-b.c', found: ['a-b.c'] },
] as const;
for (const { name, source, text, found } of matches) {
  t.test(`compileGoRegExp() matches ${name}`, async (t) => {
    t.same(compileGoRegExp(source).match(text), found);
  });
}

const refused = [
  '(?=a)',
  '(?!a)',
  '(?<=a)',
  '(a)\\1',
  'a**',
  'a{2}{3}',
  '(',
  'a)',
  '[z-a]',
  '[a',
  '\\',
  '\\8',
  '\\e',
  '*',
  '|*',
  '(?P<n>a)(?P<n>b)',
  '(?P<>a)',
  '(?P=n)',
  'a{1001}',
  'a{3,2}',
  'a(?i)b|c',
  '\\p{Nonsense}',
  '[[:nonsense:]]',
  '(?U)a',
  '\\x{110000}',
  'a'.repeat(10_001),
];
for (const source of refused) {
  t.test(`compileGoRegExp() refuses ${source.slice(0, 20)}`, async (t) => {
    t.throws(() => compileGoRegExp(source), { name: 'GoRegExpError', code: 'ERR_REGEXP' });
  });
}

t.test('compileGoRegExp() knows the names of groups', async (t) => {
  t.same(compileGoRegExp('(?P<a>x)(y)(?:z)').names, ['', 'a', '']);
});

t.test('compileGoRegExp() compiles any text, or says why not', async () => {
  const parts = array(
    oneof(
      constantFrom(...Array.from('()[]{}|*+?.^$\\-:<>=!PQEpdwsbAz09,')),
      constantFrom('(?i)', '(?P<n>', '[[:alpha:]]', '\\Q', '\\E', '{2}', '[^'),
      string({ maxLength: 2, unit: 'grapheme' }),
    ),
    { maxLength: 12 },
  );
  assert(
    property(parts, (texts) => {
      try {
        compileGoRegExp(texts.join(''));
      } catch (error) {
        if (!(error instanceof GoRegExpError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});

t.test('compileGoRegExp() takes plain text for itself', async (t) => {
  assert(
    property(string({ maxLength: 12, unit: 'grapheme' }), (text) => {
      const source = `^${text.replaceAll(/[^\w\u0080-\u{10ffff}]/gu, (char) => `\\x{${(char.codePointAt(0) ?? 0).toString(16)}}`)}$`;
      t.same(compileGoRegExp(source).match(text), [text]);
    }),
    { numRuns: 300 },
  );
});

t.test('fillGroups() fills each place, and no place of a group', async (t) => {
  t.equal(fillGroups('{1}.{2}.{1}.{3}', ['ab', 'a', '$&']), 'a.$&.a.{3}');
});
