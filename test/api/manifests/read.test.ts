import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { loadManifests } from '../../../src/api/manifests/load.ts';
import { readManifests } from '../../../src/api/manifests/read.ts';

const config = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
const FIXTURES = join(import.meta.dirname, '../../../fixtures');

/** Names and problems, with paths below `folder`. */
async function read(
  folder: string,
  ...paths: string[]
): Promise<readonly [readonly string[], readonly string[]]> {
  const { documents, problems } = await readManifests(paths);
  return [
    documents.map(({ object }) => object.metadata.name),
    problems.map(({ severity, message, position, hint }) =>
      [severity, `${position.file.replace(`${folder}/`, '')}:`, message, hint ?? '']
        .join(' ')
        .trim()
        .replaceAll(folder, 'DIR'),
    ),
  ];
}

t.test('readManifests() reads folders in order, and no hidden or other files', async (t) => {
  const dir = t.testdir({
    'b.yaml': config('b'),
    'a.yml': config('a'),
    'c.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}',
    'package.json': '{"name": "x"}',
    'notes.txt': 'hello',
    '.hidden.yaml': config('hidden'),
    '.git': { 'x.yaml': config('git') },
    sub: { 'd.yaml': config('d'), deeper: { 'e.yaml': config('e') } },
  });
  t.strictSame(await read(dir, dir), [['a', 'b', 'c', 'd', 'e'], []]);
});

t.test('readManifests() reads a file once, whatever ways lead to it', async (t) => {
  const dir = t.testdir({ 'a.yaml': config('a'), sub: {} });
  await symlink('a.yaml', join(dir, 'link.yaml'));
  await symlink('..', join(dir, 'sub', 'loop'));
  t.strictSame(await read(dir, dir, join(dir, 'a.yaml'), join(dir, 'link.yaml')), [['a'], []]);
});

for (const isStrict of [false, true]) {
  t.test(`readManifests() tells of nothing to read${isStrict ? ' as an error' : ''}`, async (t) => {
    const dir = t.testdir({ 'empty.yaml': '# later\n', none: {} });
    const paths = [join(dir, 'empty.yaml'), join(dir, 'none'), '-'];
    const { problems } = await readManifests(paths, { isStrict, stdin: Readable.from([]) });
    const severity = isStrict ? 'error' : 'warning';
    t.match(problems, [
      { severity, message: 'no manifests in this file' },
      { severity, message: 'no manifests in this folder' },
      { severity, message: 'standard input holds no manifests' },
    ]);
  });
}

t.test('readManifests() reads standard input', async (t) => {
  const stdin = Readable.from([
    Buffer.from(config('a')),
    Buffer.from(`---\n${config('b')}kind: again\n`),
  ]);
  const { documents, problems } = await readManifests(['-'], { stdin });
  t.strictSame(
    documents.map(({ object }) => object.metadata.name),
    ['a'],
  );
  t.match(problems, [
    { message: 'duplicate key "kind"', position: { file: '<stdin>', line: 8, column: 1 } },
  ]);
});

t.test('readManifests() says what to do about', async (t) => {
  const dir = t.testdir({
    'binary.yaml': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]),
    'latin.yaml': Buffer.from([0x61, 0xe9]),
    'utf16.yaml': Buffer.from([0xff, 0xfe, 0x61, 0]),
    'values.yaml': 'replicas: 3\n',
    empty: {},
    values: { 'values.yaml': 'replicas: 3\n' },
    chart: { 'Chart.yaml': 'name: x\n', templates: { 'a.yaml': 'kind: {{ x }}' } },
    kustom: { 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': config('a') },
  });
  const cases = [
    {
      name: 'a missing path',
      path: 'none',
      found: [
        'error none: no such file or folder Check the path: it is taken from the folder that the command runs in.',
      ],
    },
    {
      name: 'a binary file',
      path: 'binary.yaml',
      found: ['error binary.yaml: this is a binary file Manifests are text: YAML or JSON.'],
    },
    {
      name: 'a file in another encoding',
      path: 'latin.yaml',
      found: ['error latin.yaml: this is not UTF-8 Save it as UTF-8.'],
    },
    {
      name: 'UTF-16',
      path: 'utf16.yaml',
      found: ['error utf16.yaml: this is UTF-16 Save it as UTF-8.'],
    },
    {
      name: 'a file that is no manifest',
      path: 'values.yaml',
      found: [
        'error values.yaml: apiVersion not set, kind not set Every object needs apiVersion and kind.',
      ],
    },
    {
      name: 'such a file in a folder',
      path: 'values',
      found: [
        'warning values/values.yaml: no object in this file has apiVersion and kind; it is left out',
      ],
    },
    {
      name: 'an empty folder',
      path: 'empty',
      found: [
        'warning empty: no manifests in this folder Manifests are files that end in .yaml, .yml or .json.',
      ],
    },
    {
      name: 'a chart',
      path: 'chart',
      found: [
        'error chart: this is a Helm chart, and podlane reads plain manifests Run `helm template DIR/chart | podlane up -`.',
      ],
    },
    {
      name: 'a kustomization',
      path: 'kustom',
      found: [
        'error kustom: this is a kustomization, and podlane reads plain manifests Run `kubectl kustomize DIR/kustom | podlane up -`.',
      ],
    },
    {
      name: 'a kustomization that is given itself',
      path: 'kustom/kustomization.yaml',
      found: [
        'error kustom/kustomization.yaml: this is a kustomization, and podlane reads plain manifests Run `kubectl kustomize DIR/kustom | podlane up -`.',
      ],
    },
  ];
  for (const { name, path, found } of cases) {
    const [, problems] = await read(dir, join(dir, path));
    t.strictSame(problems, found, name);
  }
});

t.test('readManifests() goes on after a path that it cannot read', async (t) => {
  const dir = t.testdir({ 'a.yaml': config('a') });
  const [names, problems] = await read(dir, join(dir, 'none'), join(dir, 'a.yaml'));
  t.strictSame(names, ['a']);
  t.equal(problems.length, 1);
});

t.test('loadManifests() lints only what has no errors', async (t) => {
  const dir = t.testdir({});
  await mkdir(join(dir, 'm'));
  const lintable = 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {a: b}}\n';
  await writeFile(join(dir, 'm', 'a.yaml'), lintable);
  t.match(await loadManifests([join(dir, 'm')]), {
    hasErrors: false,
    problems: [{ message: /matches no Pod/ }],
  });
  await writeFile(join(dir, 'm', 'b.yaml'), 'kind: Pod\n');
  t.match(await loadManifests([join(dir, 'm')]), {
    hasErrors: true,
    problems: [{ message: 'apiVersion not set' }],
  });
});

for (const name of ['guestbook', 'shop']) {
  t.test(`loadManifests() has nothing to say about fixtures/${name}`, async (t) => {
    const { documents, problems } = await loadManifests([join(FIXTURES, name)], { isStrict: true });
    t.strictSame(problems, []);
    t.ok(documents.length > 10);
  });
}

t.test('loadManifests() looks the documents over when its problems are first read', async (t) => {
  const dir = t.testdir({
    'all.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n',
  });
  const asked: string[] = [];
  const loaded = await loadManifests([dir], {
    exists: (_kind, _namespace, name) => {
      asked.push(name);
      return false;
    },
  });
  t.same([loaded.hasErrors, asked], [false, []]);
  const { problems } = loaded;
  t.match(problems, [{ severity: 'warning', message: /namespace/i }]);
  t.same(asked, ['shop']);
  t.equal(loaded.problems, problems, 'once');
});
