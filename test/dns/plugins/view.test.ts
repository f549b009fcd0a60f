import * as fc from 'fast-check';
import t from 'tap';
import { compileExpression } from '../../../src/dns/plugins/view/expression.ts';
import { ExpressionError } from '../../../src/dns/plugins/view/expression-error.ts';

const NAMES = ['name', 'type', 'incidr', 'bufsize', 'absent'];

function evaluate(text: string): unknown {
  return compileExpression(
    text,
    NAMES,
  )((name, args) => {
    if (name === 'name') return 'abc.x.example.com.';
    if (name === 'type') return 'AAAA';
    if (name === 'bufsize') return 1232;
    if (name === 'incidr') return args[1] === '10.0.0.0/8';
    return undefined;
  });
}

const values: readonly (readonly [text: string, value: unknown])[] = [
  ["name() == 'abc.x.example.com.'", true],
  ["type() in ['A', 'AAAA']", true],
  ["type() not in ['A', 'MX']", true],
  ["name() matches '^abc\\\\..*\\\\.example\\\\.com\\\\.$'", true],
  ["not (name() contains 'xyz')", true],
  ["name() startsWith 'abc' && name() endsWith '.com.'", true],
  ["incidr('1.2.3.4', '10.0.0.0/8') || false", true],
  ["!incidr('1.2.3.4', '192.0.2.0/24')", true],
  ["(type() == 'A' and true) or type() == `AAAA`", true],
  ['1 + 2 * 3 ** 2', 19],
  ['2 ** 3 ** 2', 512],
  ['-2 + 7 % 4', 1],
  ['7 - 2 - 1', 4],
  ['bufsize() >= 512 ? "big" : "small"', 'big'],
  ['bufsize() < 512', false],
  ["'a' < 'b'", true],
  ["absent() ?? 'none'", 'none'],
  ['absent() == nil', true],
  ['3 in 1..4', true],
  ['[1, 2] == [1, 2]', true],
  ["split('a.b.c', '.')[-1]", 'c'],
  ["'abc'[1]", 'b'],
  ['len(name()) + len([1, 2])', 20],
  ["upper(trimSuffix(lower('A.Test'), '.test'))", 'A'],
  ["join(['a', 'b'], '-') + string(1)", 'a-b1'],
  ['0x10 + 1_000', 1016],
  ["true || 'never' + 1 == 2", true],
];

for (const [text, value] of values)
  t.test(`compileExpression() works out ${text}`, async (t) => {
    t.same(evaluate(text), value);
  });

for (const [text, message] of [
  ['', /unexpected end/],
  ['nothing()', /unknown name nothing/],
  ['name', /expected \(/],
  ['name() ==', /unexpected end/],
  ['name() name()', /unexpected token name/],
  ['(1', /expected \)/],
  ['1 = 1', /unrecognized character/],
  ["'open", /unrecognized character/],
  ["1 + 'a'", /is no number/],
  ['1 && true', /is no condition/],
  ["1 contains 'a'", /is no text/],
  ["'a' in 'abc'", /is no list/],
  ["'a' matches '('", /missing|error|parsing/],
  ['1..100000', /range of more than/],
  ['('.repeat(200), /nested too deep/],
] as const)
  t.test(`compileExpression() refuses ${text.slice(0, 20)}`, async (t) => {
    t.throws(() => evaluate(text), { message, name: 'ExpressionError' });
  });

t.test('compileExpression() throws nothing but ExpressionError', async () => {
  const words = [
    'name()',
    'type',
    '(',
    ')',
    '[',
    ']',
    ',',
    '==',
    'in',
    'not',
    '!',
    '-',
    '&&',
    '?',
    ':',
    '..',
    '1',
    "'a'",
    '??',
    '**',
    'matches',
    '%',
  ];
  const text = fc
    .array(fc.constantFrom(...words), { maxLength: 12 })
    .map((parts) => parts.join(' '));
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (expression) => {
      try {
        evaluate(expression);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});
