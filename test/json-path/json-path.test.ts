/** kubectl's JSONPath templates, custom columns and --sort-by. */
import { array, assert, constantFrom, property, string } from 'fast-check';
import t from 'tap';
import {
  JsonPathError,
  parseExpression,
  parseTemplate,
  printTemplate,
  valuesOf,
} from '../../src/json-path/index.ts';
import { readOutputFormat } from '../../src/cli/output-format.ts';
import { renderObjects } from '../../src/cli/render-objects.ts';
import { sortItems } from '../../src/cli/sort-items.ts';
import type { ListedItem } from '../../src/control/index.ts';

const DOCUMENT = {
  kind: 'List',
  items: [
    {
      kind: 'None',
      metadata: { name: '192.0.2.1', labels: { 'example.org/role': 'a', tier: 'front' } },
      status: { capacity: { memory: '8Gi', cpu: 4 }, addresses: [{ type: 'A', address: 'x' }] },
    },
    {
      kind: 'None',
      metadata: { name: '192.0.2.2' },
      status: {
        capacity: { cpu: 8 },
        addresses: [
          { type: 'A', address: 'y' },
          { type: 'B', address: 'z' },
        ],
      },
    },
  ],
  users: [
    { name: 'myself', user: {} },
    { name: 'e2e', user: { username: 'admin', password: 'a<b' } },
  ],
  on: true,
};

const PRINTED = [
  { template: 'kind is {.kind}', text: 'kind is List' },
  { template: 'no path', text: 'no path' },
  { template: '', text: '' },
  { template: '{$.kind}', text: 'List' },
  { template: '{@.kind}', text: 'List' },
  { template: '{ .kind }', text: 'List' },
  { template: "{['kind']}", text: 'List' },
  { template: '{.users[0].name}', text: 'myself' },
  { template: '{.users[-1].name}', text: 'e2e' },
  { template: '{.users[-2:].name}', text: 'myself e2e' },
  { template: '{.users[0:1].name}', text: 'myself' },
  { template: '{.users[:].name}', text: 'myself e2e' },
  { template: '{.users[0:2:2].name}', text: 'myself' },
  { template: '{.users[1:1].name}', text: '' },
  { template: '{.users[*].name}', text: 'myself e2e' },
  { template: '{.users[0,1].name}', text: 'myself e2e' },
  { template: '{..name}', text: '192.0.2.1 192.0.2.2 myself e2e' },
  { template: '{.items[*].status.addresses[*].address}', text: 'x y z' },
  {
    template: "{.items[*]['metadata.name', 'status.capacity']}",
    text: '192.0.2.1 192.0.2.2 {"cpu":4,"memory":"8Gi"} {"cpu":8}',
  },
  { template: '{.users[?(@.name=="e2e")].user.password}', text: 'a<b' },
  { template: "{.users[?(@.name!='e2e')].name}", text: 'myself' },
  { template: '{.users[?(@.user.username)].name}', text: 'e2e' },
  { template: '{.items[?(@.status.capacity.cpu>=8)].metadata.name}', text: '192.0.2.2' },
  { template: '{.items[?(@.status.capacity.cpu < 8)].metadata.name}', text: '192.0.2.1' },
  {
    template: '{range .items[*]}[{.metadata.name}, {.status.capacity.cpu}]{"\\n"}{end}',
    text: '[192.0.2.1, 4]\n[192.0.2.2, 8]\n',
  },
  {
    template: '{range .items[*]}{range .status.addresses[*]}{.address};{end}{"\\t"}{end}',
    text: 'x;\ty;z;\t',
  },
  { template: '{.items[*].metadata.labels.example\\.org/role}', text: 'a' },
  { template: "{.items[*].metadata.labels['example\\.org/role']}", text: 'a' },
  { template: '{.items[0].metadata.labels.*}', text: 'a front' },
  { template: '{.users[1].user}', text: '{"password":"a\\u003cb","username":"admin"}' },
  { template: '{.nosuch.field}', text: '' },
  { template: '{.on}{"{}"}', text: 'true{}' },
] as const;
for (const { template, text } of PRINTED) {
  t.test(`printTemplate() of ${template}`, async (t) => {
    t.equal(printTemplate(parseTemplate(template), DOCUMENT), text);
  });
}

const WRONG = [
  { template: '{.a', says: /unclosed action/ },
  { template: '{range .items[*]}x', says: /unterminated range/ },
  { template: '{end}', says: /not in range/ },
  { template: '{.a[}', says: /unterminated array/ },
  { template: '{.a[x]}', says: /invalid array index/ },
  { template: '{"x}', says: /unterminated quoted string/ },
  { template: '{frob}', says: /unrecognized "frob"/ },
  { template: '{.items[7]}', says: /array index out of bounds: index 7, length 2/ },
  { template: '{.items[-3]}', says: /array index out of bounds/ },
  { template: '{.kind[0]}', says: /List is not array or slice/ },
  { template: '{.users[?(@.name==1)]}', says: /incompatible types for comparison/ },
  { template: '{.items[?(@.status.addresses[*].type=="A")]}', says: /one element at a time/ },
] as const;
for (const { template, says } of WRONG) {
  t.test(`a template like ${template} is told apart`, async (t) => {
    t.throws(() => printTemplate(parseTemplate(template), DOCUMENT), {
      code: 'ERR_JSON_PATH',
      message: says,
    });
  });
}

t.test('parseExpression() does without braces and the first dot', async (t) => {
  for (const path of ['{.metadata.name}', '.metadata.name', 'metadata.name', '$.metadata.name'])
    t.same(valuesOf(parseExpression(path), { metadata: { name: 'web' } }), ['web'], path);
});

t.test('a template of anything is understood or a usage error', async (t) => {
  const word = constantFrom(
    '{',
    '}',
    '[',
    ']',
    '.',
    '..',
    '*',
    '?(',
    ')',
    '@',
    "'",
    '"',
    '==',
    ':',
    '-1',
    'range ',
    'end',
    'a',
    ',',
    '\\',
    ' ',
  );
  t.doesNotThrow(() =>
    assert(
      property(array(word, { maxLength: 14 }), string({ maxLength: 3 }), (words, text) => {
        try {
          printTemplate(parseTemplate(words.join('') + text), DOCUMENT);
        } catch (error) {
          if (!(error instanceof JsonPathError)) throw error;
        }
      }),
      { numRuns: 2000 },
    ),
  );
});

function item(name: string, fields: object = {}): ListedItem {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    ...fields,
  };
  return { object, cells: [name, 'ten'] };
}

const SORTED = [
  { by: '.metadata.name', sorted: ['pod-2', 'pod-9', 'pod-10'] },
  { by: '{.size}', sorted: ['pod-10', 'pod-2', 'pod-9'] },
  { by: 'memory', sorted: ['pod-9', 'pod-10', 'pod-2'] },
] as const;
for (const { by, sorted } of SORTED) {
  t.test(`sortItems() by ${by}`, async (t) => {
    const items = [
      item('pod-10', { memory: '900Mi' }),
      item('pod-9', { size: 10 }),
      item('pod-2', { size: 9, memory: '1Gi' }),
    ];
    t.same(
      sortItems(items, by).map(({ object }) => object.metadata.name),
      sorted,
    );
  });
}

t.test('sortItems() by a field that nobody has is a usage error', async (t) => {
  t.throws(() => sortItems([item('a')], '.nosuch'), {
    message: /couldn't find any field with path/,
  });
  t.same(sortItems([], '.nosuch'), []);
});

const COLUMNS = [
  { name: 'Name', priority: 0 },
  { name: 'Age', priority: 1 },
];
const OPTIONS = {
  isOne: false,
  isAllNamespaces: false,
  hasHeaders: true,
  isShowingLabels: false,
  isShowingKind: false,
  labelColumns: [],
} as const;
const RENDERED = [
  { output: undefined, options: {}, text: 'NAME\nweb' },
  { output: 'wide', options: {}, text: 'NAME   AGE\nweb    ten' },
  { output: 'wide', options: { hasHeaders: false }, text: 'web   ten' },
  { output: undefined, options: { isShowingLabels: true }, text: 'NAME   LABELS\nweb    app=web' },
  { output: undefined, options: { isShowingKind: true }, text: 'NAME\npod/web' },
  {
    output: undefined,
    options: { labelColumns: ['app', 'example.org/none'] },
    text: 'NAME   APP   NONE\nweb    web',
  },
  { output: 'name', options: {}, text: 'pod/web' },
  { output: 'jsonpath={.items[*].metadata.name}', options: {}, text: 'web' },
  { output: 'jsonpath=.metadata.name', options: { isOne: true }, text: 'web' },
  {
    output: 'custom-columns=Name:.metadata.name,NONE:.nosuch,ALL:{.metadata.labels}',
    options: {},
    text: 'Name   NONE     ALL\nweb    <none>   map[app:web]',
  },
] as const;
for (const { output, options, text } of RENDERED) {
  t.test(`renderObjects() as ${output} with ${JSON.stringify(options)}`, async (t) => {
    const kinds = [{ singular: 'pod', columns: COLUMNS, items: [item('web')] }];
    const format = readOutputFormat(output);
    t.equal(renderObjects(kinds, format, { ...OPTIONS, ...options }), text);
  });
}

for (const text of ['xml', 'go-template={{.}}', 'custom-columns=NAME', 'custom-columns', ''])
  t.test(`readOutputFormat() refuses ${JSON.stringify(text)}`, async (t) => {
    t.throws(() => readOutputFormat(text), { code: 'ERR_USAGE' });
  });
