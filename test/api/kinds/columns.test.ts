import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createKindRegistry, KINDS } from '../../../src/api/index.ts';
import { readObject } from '../../../src/api/read-object.ts';
import { columnsOf } from '../../../src/api/table.ts';
import { kindObject, NOW } from './admit.ts';

type ColumnRow = readonly [name: string, type: string, format: string, priority: number];

const FILE = join(import.meta.dirname, '../../../fixtures/conformance/api/columns.json');
// The file says of every kind of a real server what it prints.
const TABLES = JSON.parse(readFileSync(FILE, 'utf8')) as Readonly<
  Record<string, { readonly cols: readonly ColumnRow[] }>
>;

const registry = createKindRegistry(KINDS);
const printed = new Set(KINDS.map(({ name }) => name));

for (const [title, { cols }] of Object.entries(TABLES)) {
  const [apiVersion = '', kind = ''] = title.split(' ');
  const definition = registry.byApiVersion(apiVersion, kind);
  if (!printed.has(definition.name)) continue;
  t.test(`KINDS print the columns of ${title}`, async (t) => {
    t.same(
      columnsOf(definition).map(({ name, type, format = '', priority }) => [
        name,
        type,
        format,
        priority,
      ]),
      cols,
    );
  });
}

t.test('KINDS print objects that hold next to nothing', async (t) => {
  for (const row of KINDS) {
    const definition = registry.byName(row.name);
    const given = kindObject(row.name.replace(/\..*/, ''), {});
    const read = readObject(definition, given);
    const object = definition.defaults?.(read, { old: undefined }) ?? read;
    for (const column of columnsOf(definition))
      t.doesNotThrow(
        () => column.value({ ...given, ...object }, NOW),
        `${row.name} ${column.name}`,
      );
  }
});
