import { assert, property, string, uint8Array, constantFrom, array, nat, tuple } from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkManifests } from '../../../src/api/manifests/check.ts';
import { lintManifests } from '../../../src/api/manifests/lint/index.ts';
import { parseManifests } from '../../../src/api/manifests/parse.ts';

const names = (text: string): readonly string[] =>
  parseManifests(text, 'm.yaml').documents.map(
    ({ object }) => `${object.kind} ${object.metadata.name}`,
  );
const problems = (text: string): readonly string[] =>
  parseManifests(text, 'm.yaml').problems.map(
    ({ message, position: { line, column } }) => `${line}:${column} ${message}`,
  );
const config = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

const read = [
  {
    name: 'several documents',
    text: `${config('a')}---\n${config('b')}`,
    objects: ['ConfigMap a', 'ConfigMap b'],
  },
  {
    name: 'empty documents',
    text: `---\n---\n# nothing\n---\n${config('a')}---\n`,
    objects: ['ConfigMap a'],
  },
  { name: 'nothing', text: '', objects: [] },
  { name: 'a byte order mark', text: `\uFEFF---\n${config('a')}`, objects: ['ConfigMap a'] },
  {
    name: 'Windows line ends',
    text: `${config('a')}---\n${config('b')}`.replaceAll('\n', '\r\n'),
    objects: ['ConfigMap a', 'ConfigMap b'],
  },
  {
    name: 'comments behind the marker',
    text: `--- # first\n${config('a')}`,
    objects: ['ConfigMap a'],
  },
  {
    name: 'directives',
    text: `%YAML 1.2\n---\n${config('a')}---\n${config('b')}`,
    objects: ['ConfigMap a', 'ConfigMap b'],
  },
  {
    name: 'document ends',
    text: `${config('a')}...\n---\n${config('b')}`,
    objects: ['ConfigMap a', 'ConfigMap b'],
  },
  {
    name: 'JSON',
    text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}',
    objects: ['ConfigMap a'],
  },
  {
    name: 'a stream of JSON',
    text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}\n{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}',
    objects: ['ConfigMap a', 'ConfigMap b'],
  },
  {
    name: 'a List',
    text: `apiVersion: v1\nkind: List\nitems:\n- ${config('a').replaceAll('\n', '\n  ')}\n- ${config('b').replaceAll('\n', '\n  ')}\n`,
    objects: ['ConfigMap a', 'ConfigMap b'],
  },
  {
    name: 'Lists in a List',
    text: '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}]}]}',
    objects: ['Secret a'],
  },
  {
    name: 'a List of one kind, whose items do not say it',
    text: '{"apiVersion":"v1","kind":"SecretList","items":[{"metadata":{"name":"a"}}]}',
    objects: ['Secret a'],
  },
  { name: 'an empty List', text: 'apiVersion: v1\nkind: List\nitems: []\n', objects: [] },
  {
    name: 'a marker in a block',
    text: `${config('a')}data:\n  x: |\n    ---\n    y\n`,
    objects: ['ConfigMap a'],
  },
];
for (const { name, text, objects } of read) {
  t.test(`parseManifests() reads ${name}`, async (t) => {
    t.strictSame(names(text), objects);
    t.strictSame(problems(text), []);
  });
}

// What kubectl makes of them: it reads YAML 1.1's booleans and octals, and no base 60 and no dates.
const scalars = [
  ['yes', true],
  ['No', false],
  ['on', true],
  ['OFF', false],
  ['y', true],
  ['n', false],
  ['true', true],
  ['~', null],
  ['null', null],
  ['', null],
  ['Yes please', 'Yes please'],
  ['0644', 420],
  ['0o644', 420],
  ['0x1F', 31],
  ['0b101', 5],
  ['-017', -15],
  ['1_000', 1000],
  ['08', 8],
  ['+5', 5],
  ['1.10', 1.1],
  ['1e3', 1000],
  ['.5', 0.5],
  ['5.', 5],
  ['1.2.3', '1.2.3'],
  ['100m', '100m'],
  ['22:30', '22:30'],
  ['2026-01-31', '2026-01-31'],
  ['"yes"', 'yes'],
  ["'0644'", '0644'],
  ['!!str yes', 'yes'],
  ['!!int "7"', 7],
] as const;
for (const [text, value] of scalars) {
  t.test(
    `parseManifests() reads ${text === '' ? 'nothing' : text} as ${JSON.stringify(value)}`,
    async (t) => {
      const { documents } = parseManifests(`${config('a')}data:\n  x: ${text}\n`, 'm.yaml');
      t.strictSame(documents[0]?.object['data'], { x: value });
    },
  );
}

t.test('parseManifests() follows anchors, aliases and merges', async (t) => {
  const { documents, problems: none } = parseManifests(
    `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: &l {app: x, tier: w}\nspec:\n  selector: *l\n  more:\n    tier: z\n    <<: *l\n    own: 1\n`,
    'm.yaml',
  );
  t.strictSame(none, []);
  t.strictSame(documents[0]?.object['spec'], {
    selector: { app: 'x', tier: 'w' },
    more: { tier: 'z', own: 1, app: 'x' },
  });
  t.same(documents[0]?.positionOf('spec.more.app'), { file: 'm.yaml', line: 5, column: 15 });
});

const bomb = (): string => {
  const levels = ['a: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let level = 1; level < 12; level += 1)
    levels.push(
      `b${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(',')}]`,
    );
  return `${config('bomb')}${levels.join('\n')}\n`;
};

const wrong = [
  {
    name: 'a tab as indentation',
    text: 'a:\n\tb: 1\n',
    found: ['2:1 tabs are not allowed as indentation'],
  },
  {
    name: 'duplicate keys, each',
    text: `${config('a')}data:\n  x: a\n  x: b\n  y: c\n  y: d\n`,
    found: ['7:3 duplicate key "x"', '9:3 duplicate key "y"'],
  },
  {
    name: 'duplicate keys of JSON',
    text: '{"apiVersion":"v1","kind":"X","kind":"Y"}',
    found: ['1:31 duplicate key "kind"'],
  },
  {
    name: 'scalars',
    text: 'hello\n',
    found: ['1:1 expected an object with apiVersion and kind, found "hello"'],
  },
  {
    name: 'lists',
    text: '- a\n',
    found: ['1:1 expected an object with apiVersion and kind, found a list'],
  },
  {
    name: 'a missing apiVersion',
    text: 'kind: Pod\nmetadata: {name: a}\n',
    found: ['1:1 apiVersion not set'],
  },
  {
    name: 'a missing apiVersion and kind',
    text: 'a: 1\n',
    found: ['1:1 apiVersion not set, kind not set'],
  },
  {
    name: 'a kind that is no text',
    text: 'apiVersion: v1\nkind: 5\n',
    found: ['2:1 kind must be a string'],
  },
  {
    name: 'a missing name',
    text: 'apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}\n',
    found: ['3:1 metadata.name not set'],
  },
  {
    name: 'missing metadata',
    text: 'apiVersion: v1\nkind: Pod\n',
    found: ['1:1 metadata.name not set'],
  },
  {
    name: 'a name that is a number',
    text: 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: 007\n',
    found: ['4:3 metadata.name: expected a string, found the number 7'],
  },
  {
    name: 'an item of a List',
    text: 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {}\n',
    found: ['6:3 metadata.name not set'],
  },
  {
    name: 'control characters',
    text: `${config('a')}data:\n  x: "\u0007"\n`,
    found: ['6:7 control characters are not allowed (U+0007)'],
  },
  {
    name: 'an alias without an anchor',
    text: `${config('a')}data: *no\n`,
    found: ['5:7 alias *no has no anchor before it'],
  },
  {
    name: 'an alias that holds itself',
    text: 'a: &a\n  b: *a\n',
    found: ['2:3 nested more than 200 levels deep'],
  },
  { name: 'aliases of aliases of aliases', text: bomb(), found: [/repeat too much/] },
  { name: 'nesting without end', text: `{"a":${'['.repeat(100_000)}`, found: [/deep|^1:/] },
];
for (const { name, text, found } of wrong) {
  t.test(`parseManifests() finds ${name}`, async (t) => {
    const seen = problems(text);
    t.equal(seen.length, found.length, seen.join('\n'));
    for (const [index, expected] of found.entries()) t.match(seen[index], expected);
  });
}

t.test('parseManifests() lets no document hide the errors of others', async (t) => {
  const text = `${config('a')}---\nkind: [x\n---\n${config('b')}data: {x: 1, x: 2}\n---\n"open\n---\n${config('c')}---\nkind: Pod\n`;
  t.strictSame(names(text), ['ConfigMap a', 'ConfigMap c']);
  t.strictSame(
    problems(text).map((problem) => problem.split(' ')[0]),
    ['7:1', '12:14', '15:1', '21:1'],
  );
});

t.test('parseManifests() knows a Helm template', async (t) => {
  const { problems: found } = parseManifests(
    'apiVersion: v1\nkind: {{ .Values.kind }}: x\n',
    'm.yaml',
  );
  t.match(found[0]?.hint, /helm template/);
});

t.test('positionOf() finds fields, items, keys with dots, and what is nearest', async (t) => {
  const text = [
    'apiVersion: v1',
    'kind: List',
    'items:',
    '- apiVersion: v1',
    '  kind: Service',
    '  metadata:',
    '    name: a',
    '    annotations:',
    '      example.org/a: b',
    '  spec:',
    '    ports:',
    '    - port: 80',
    '      name: x',
    '    - {port: 81}',
  ].join('\n');
  const at = parseManifests(text, 'm.yaml').documents[0]?.positionOf;
  const place = (path?: string): string => {
    const { line, column } = at?.(path) ?? { line: 0, column: 0 };
    return `${line}:${column}`;
  };
  t.equal(place(), '4:3');
  t.equal(place('spec.ports[0].name'), '13:7');
  t.equal(place('spec.ports[1].port'), '14:8');
  t.equal(place('spec.ports[1]'), '14:7');
  t.equal(place('spec.ports[0].nodePort'), '12:7', 'a missing field is at its parent');
  t.equal(place('spec.ports[9].port'), '11:5');
  t.equal(place('metadata.annotations.example.org/a'), '9:7');
  t.equal(place('metadata.annotations[example.org/a]'), '9:7');
  t.equal(place('status.loadBalancer'), '4:3');
});

const guestbook = readFileSync(
  join(import.meta.dirname, '../../../fixtures/guestbook/frontend.yaml'),
  'utf8',
);
const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) };

/** Everything that is done with a text before it is applied. */
function survives(text: string): boolean {
  const { documents, problems: found } = parseManifests(text, 'm.yaml');
  const checked = checkManifests(documents, { isStrict: true });
  const all = [
    ...found,
    ...checked.problems,
    ...lintManifests(checkManifests(documents).documents),
  ];
  return all.every(
    ({ position: { line, column }, message }) => line > 0 && column > 0 && message !== '',
  );
}

t.test('parseManifests() survives any text', async () => {
  assert(property(string({ unit: 'binary', maxLength: 200 }), survives), runs);
  assert(
    property(uint8Array({ maxLength: 200 }), (bytes) =>
      survives(Buffer.from(bytes).toString('utf8')),
    ),
    runs,
  );
});

t.test('parseManifests() survives manifests that were damaged', async () => {
  const scrap = constantFrom(
    '\n',
    ' ',
    '  ',
    '\t',
    ':',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&a ',
    '*a',
    '|',
    '>',
    '---\n',
    '#',
    'null',
    '1',
    '<<: ',
    '__proto__: ',
    '\u0000',
  );
  const damage = array(tuple(nat(guestbook.length), nat(12), scrap), {
    minLength: 1,
    maxLength: 4,
  });
  assert(
    property(damage, (cuts) => {
      let text = guestbook;
      for (const [at, length, put] of cuts)
        text = text.slice(0, at) + put + text.slice(at + length);
      return survives(text);
    }),
    runs,
  );
});
