import { isDeepStrictEqual } from 'node:util';
import {
  array,
  assert,
  boolean,
  constantFrom,
  jsonValue,
  property,
  record,
  tuple,
} from 'fast-check';
import t from 'tap';
import { stringify } from 'yaml';
import { readFullYaml } from '../../../src/api/manifests/full-yaml.ts';
import { readPlainYaml } from '../../../src/api/manifests/plain-yaml.ts';

const plain = [
  { name: 'a mapping', text: 'a: 1\nb: x y\n', value: { a: 1, b: 'x y' } },
  {
    name: 'nested mappings',
    text: 'a:\n  b:\n    c: 1\n  d: 2\n',
    value: { a: { b: { c: 1 }, d: 2 } },
  },
  {
    name: 'a sequence in the column of its key',
    text: 'a:\n- 1\n- 2\nb: 3\n',
    value: { a: [1, 2], b: 3 },
  },
  {
    name: 'mappings in a sequence',
    text: 'a:\n  - b: 1\n    c: 2\n  - b: 3\n',
    value: { a: [{ b: 1, c: 2 }, { b: 3 }] },
  },
  { name: 'sequences in sequences', text: '- - 1\n  - 2\n-\n  - 3\n', value: [[1, 2], [3]] },
  {
    name: 'empty values',
    text: 'a:\nb: # nothing\nc:\n  - \n',
    value: { a: null, b: null, c: [null] },
  },
  { name: 'comments', text: '# one\na: b # two\n  # three\nc: d#e\n', value: { a: 'b', c: 'd#e' } },
  {
    name: 'quoted scalars',
    text: `a: "x\\ty"\nb: 'it''s'\n"c d": ""\n`,
    value: { a: 'x\ty', b: "it's", 'c d': '' },
  },
  {
    name: 'flow collections',
    text: 'a: {b: [1, "x", y z], c: {}}\nd: []\n',
    value: { a: { b: [1, 'x', 'y z'], c: {} }, d: [] },
  },
  { name: 'flow over lines', text: 'a: [\n  1, # one\n  2,\n]\n', value: { a: [1, 2] } },
  {
    name: 'a literal block',
    text: 'a: |\n  x: 1\n\n    y\n\nb: 2\n',
    value: { a: 'x: 1\n\n  y\n', b: 2 },
  },
  { name: 'a stripped literal block', text: 'a: |-\n  x\n\n', value: { a: 'x' } },
  {
    name: 'a kept literal block before spaces at the end',
    text: 'a: |+\n    x\n  ',
    value: { a: 'x\n' },
  },
  { name: 'a kept literal block', text: 'a: |+\n  x\n\nb: 1\n', value: { a: 'x\n\n', b: 1 } },
  {
    name: 'Windows line ends',
    text: 'a:\r\n  - b: 1\r\n\r\nc: |\r\n  d\r\n',
    value: { a: [{ b: 1 }], c: 'd\n' },
  },
  {
    name: 'arguments',
    text: 'args:\n  - --port=80\n  - -v\n  - http://x:80/y\n',
    value: { args: ['--port=80', '-v', 'http://x:80/y'] },
  },
  {
    name: 'JSON',
    text: '{"a":{"b":[1,true,null,"x"]},\n\t"c":1e3}\n',
    value: { a: { b: [1, true, null, 'x'] }, c: 1000 },
  },
  {
    name: 'a field named __proto__',
    text: '{"__proto__": {"a": 1}}',
    value: JSON.parse('{"__proto__":{"a":1}}') as unknown,
  },
] as const;

for (const { name, text, value } of plain) {
  t.test(`readPlainYaml() reads ${name}`, async (t) => {
    t.strictSame(readPlainYaml(text, 0)?.[0]?.value, value);
  });
}

t.test('readPlainYaml() reads JSON objects one after the other', async (t) => {
  t.strictSame(
    readPlainYaml('{"a":1}{"a":2}\n{"a":3}', 0)?.map(({ value }) => value),
    [{ a: 1 }, { a: 2 }, { a: 3 }],
  );
});

const left = [
  { name: 'anchors', text: 'a: &b 1\n' },
  { name: 'aliases', text: 'a: *b\n' },
  { name: 'tags', text: 'a: !!str 1\n' },
  { name: 'merges', text: 'a:\n  <<: {b: 1}\n' },
  { name: 'folded blocks', text: 'a: >\n  b\n' },
  { name: 'scalars over lines', text: 'a: b\n  c\n' },
  { name: 'quoted scalars over lines', text: 'a: "b\n  c"\n' },
  { name: 'tabs', text: 'a:\n\tb: 1\n' },
  { name: 'duplicate keys', text: 'a: 1\na: 2\n' },
  { name: 'mappings on one line', text: 'a: b: c\n' },
  { name: 'wrong indentation', text: 'a:\n    b: 1\n  c: 2\n' },
  { name: 'an open bracket', text: 'a: [1, 2\nb: 3\n' },
  { name: 'document ends', text: 'a: 1\n...\n' },
] as const;

for (const { name, text } of left) {
  t.test(`readPlainYaml() leaves ${name} to the full parser`, async (t) => {
    t.equal(readPlainYaml(text, 0), undefined);
  });
}

const WORDS = [
  'a',
  'b',
  'name',
  '-',
  '- ',
  ': ',
  ':',
  '  ',
  ' ',
  '\n',
  '\n',
  '\n  ',
  '\n    ',
  '\r\n',
  '#',
  ' # c',
  '"',
  "'",
  '"x"',
  "'y'",
  '{',
  '}',
  '[',
  ']',
  ', ',
  '|',
  '|-\n',
  '|+\n',
  '|\n   ',
  '>',
  '&a ',
  '*a',
  '!!str ',
  '1',
  '0644',
  'yes',
  'null',
  '~',
  '.5',
  '1e3',
  '<<',
  '\t',
  '\\',
  '\\n',
  '...',
  '--',
  '%',
  '@',
  '?',
  '? ',
];
const word = constantFrom(...WORDS);
const scraps = array(word, { maxLength: 24 }).map((words) => words.join(''));
const trees = tuple(
  jsonValue({ maxDepth: 4, noUnicodeString: false }),
  record({
    indent: constantFrom(2, 4),
    indentSeq: boolean(),
    collectionStyle: constantFrom('any' as const, 'flow' as const),
    defaultStringType: constantFrom(
      'PLAIN' as const,
      'QUOTE_SINGLE' as const,
      'QUOTE_DOUBLE' as const,
    ),
  }),
).map(([value, options]) => stringify(value, { ...options, version: '1.1' }));

/** What both parsers make of `text`; the plain one may leave it, but never read it otherwise. */
function agree(text: string): boolean {
  // Texts come here after they were parted at their markers.
  if (/^---/m.test(text)) return true;
  const ours = readPlainYaml(text, 7);
  if (ours === undefined || ours.length === 0) return true;
  const theirs = readFullYaml(text, 7);
  if (theirs.problems.some(({ message }) => /indented/.test(message))) return true;
  return isDeepStrictEqual(
    ours.map(({ value, offset, locate }) => [value, offset, placesOf(locate())]),
    theirs.roots.map(({ value, offset, locate }) => [value, offset, placesOf(locate())]),
  );
}

function placesOf({
  value,
  marks,
}: {
  value: unknown;
  marks: Map<object, Map<string | number, number>>;
}): unknown {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, field]) => [
    key,
    marks.get(value)?.get(Array.isArray(value) ? Number(key) : key),
    placesOf({ value: field, marks }),
  ]);
}

t.test('readPlainYaml() agrees with the full parser on scraps of YAML', async () => {
  assert(property(scraps, agree), { numRuns: Number(process.env['FUZZ_RUNS'] ?? 2000) });
});

t.test('readPlainYaml() agrees with the full parser on printed values', async () => {
  assert(property(trees, agree), { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) });
});
