import t from 'tap';
import { FileTable } from '../../src/pods/file-table.ts';

/** More names than one table holds. */
const MANY = 1_000_000;

const makers = [
  { name: 'directories', make: (table: FileTable, path: string) => table.makeDirectory(path) },
  { name: 'files', make: (table: FileTable, path: string) => table.open(path) !== undefined },
] as const;
for (const { name, make } of makers) {
  t.test(`FileTable has no space for ${name} without end`, async (t) => {
    const table = new FileTable();
    let count = 0;
    while (count < MANY && make(table, `at/${count}`)) count += 1;
    t.ok(count > 1000 && count < 100_000, `${count} ${name}`);
    t.notOk(table.open('at/x')?.append(Buffer.alloc(4096)));
    t.equal(table.makeDirectory('at/x'.repeat(1000)), false);
    t.ok(make(table, 'at/1'), 'what is there is there');
    t.ok(table.remove('at'));
    t.same([...table.names()], []);
    t.ok(make(table, 'at/x'.repeat(1000)), 'what is gone takes no space');
  });
}

t.test('FileTable#remove() gives all the space back', async (t) => {
  const table = new FileTable();
  for (let round = 0; round < 10; round += 1) {
    t.ok(table.open('a/b/x')?.append(Buffer.alloc(15 * 1024 * 1024)), `round ${round}`);
    t.notOk(table.open('a/y')?.append(Buffer.alloc(2 * 1024 * 1024)));
    t.ok(table.remove('a'));
  }
});

/** What is made and taken away, and the directories that are there then. */
const directories = [
  { made: ['a/b/x'], gone: [], are: ['a', 'a/b'] },
  { made: ['a/b/x', 'a/y'], gone: ['a/b/x'], are: ['a'] },
  { made: ['a/b/', 'a/b/x'], gone: ['a/b/x'], are: ['a', 'a/b'] },
  { made: ['a/b/x', 'ab/x'], gone: ['a'], are: ['ab'] },
  { made: ['a/', 'a/', 'b'], gone: ['a'], are: [] },
  { made: ['x', 'x', 'a/x', 'a/x'], gone: ['a/x'], are: [] },
] as const;
for (const { made, gone, are } of directories) {
  t.test(`FileTable#hasDirectory() of ${made.join(' ')} without ${gone.join(' ')}`, async (t) => {
    const table = new FileTable();
    for (const name of made)
      if (name.endsWith('/')) table.makeDirectory(name.slice(0, -1));
      else table.open(name);
    for (const name of gone) table.remove(name);
    const candidates = ['', 'a', 'a/b', 'a/b/x', 'ab', 'b', 'x'];
    t.same(
      candidates.filter((path) => table.hasDirectory(path)),
      are,
    );
  });
}

t.test('FileTable#watch() tells of every change', async (t) => {
  const table = new FileTable();
  let told = 0;
  const watch = table.watch(() => (told += 1));
  const changes = [
    { change: () => table.makeDirectory('d'), tells: 1 },
    { change: () => table.makeDirectory('d'), tells: 0 },
    { change: () => table.open('d/x'), tells: 1 },
    { change: () => table.open('d/x')?.append(Buffer.from('hi')), tells: 1 },
    { change: () => table.truncate('d/x'), tells: 1 },
    { change: () => table.remove('d'), tells: 1 },
    { change: () => table.remove('d'), tells: 0 },
  ];
  for (const { change, tells } of changes) {
    told = 0;
    change();
    t.equal(told, tells, change.toString());
  }
  told = 0;
  watch[Symbol.dispose]();
  table.makeDirectory('d');
  t.equal(told, 0);
});
