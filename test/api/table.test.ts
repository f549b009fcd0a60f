import t from 'tap';
import {
  createKindRegistry,
  createTable,
  defineKind,
  renderTable,
  type Column,
  type TableOptions,
} from '../../src/api/index.ts';
import { object, START } from './test-store.ts';

const name: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  value: ({ metadata }) => metadata.name,
};
const replicas: Column = {
  name: 'Up-to-date',
  type: 'integer',
  priority: 0,
  value: ({ spec }) => (spec as { replicas: number }).replicas,
};
const images: Column = { name: 'Images', type: 'string', priority: 1, value: () => 'nginx' };
const kinds = createKindRegistry([
  defineKind<string>('Deployment', { columns: [name, replicas, images] }),
]);
const deployments = ['web', 'a-rather-long-name'].map((each, index) =>
  object('Deployment', { name: each }, { spec: { replicas: index } }),
);

const cases: readonly {
  readonly name: string;
  readonly options: Partial<TableOptions>;
  readonly hasHeading?: boolean;
  readonly text: string;
}[] = [
  {
    name: 'as it is',
    options: {},
    text: `NAME                 UP-TO-DATE
web                  0
a-rather-long-name   1
`,
  },
  {
    name: 'wide',
    options: { isWide: true },
    text: `NAME                 UP-TO-DATE   IMAGES
web                  0            nginx
a-rather-long-name   1            nginx
`,
  },
  {
    name: 'of all namespaces, without heading',
    options: { hasNamespace: true },
    hasHeading: false,
    text: `default   web                  0
default   a-rather-long-name   1
`,
  },
  {
    name: 'with kinds',
    options: { hasKind: true },
    text: `NAME                                 UP-TO-DATE
deployment.apps/web                  0
deployment.apps/a-rather-long-name   1
`,
  },
];
for (const { name: title, options, hasHeading, text } of cases) {
  t.test(`createTable() and renderTable() ${title}`, async (t) => {
    const table = createTable(kinds.byName('Deployment'), deployments, { now: START, ...options });
    t.equal(renderTable(table, hasHeading), text);
  });
}

t.test('createTable() of a kind without columns shows name and age', async (t) => {
  const widgets = [
    object('Widget', { name: 'w', creationTimestamp: '2026-01-02T02:00:00Z' }),
    object('Widget', { name: 'x' }),
  ];
  const table = createTable(kinds.byName('Widget.example.org'), widgets, { now: START });
  t.equal(renderTable(table), 'NAME   AGE\nw      64m\nx      <unknown>\n');
  t.equal(table.rows[0]?.object, widgets[0]);
});

t.test('renderTable() cuts cells at line breaks and counts characters', async (t) => {
  const columns = ['A', 'B'].map((each) => ({ name: each, type: 'string' as const, priority: 0 }));
  const cells = [
    ['one\ntwo', 'x'],
    ['😀😀😀😀', 'y'],
  ];
  const rows = cells.map((each) => ({ cells: each, object: object('Pod', {}) }));
  t.equal(renderTable({ columns, rows }), 'A        B\none...   x\n😀😀😀😀     y\n');
});
