import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import type { KubeObject, StoreReader } from '../../src/api/index.ts';
import { describeObject } from '../../src/cluster/describe/index.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/describe');
const NOW = Date.parse('2026-01-02T03:04:05Z');

const objects = parseAllDocuments(readFileSync(join(FOLDER, 'objects.yaml'), 'utf8')).map(
  (document) => document.toJS() as KubeObject, // written for this test
);

/** Just the objects of the file; the only selector that is asked for is the one of a Service's slices. */
const reader = {
  list: (
    kind: string,
    { namespace, labelSelector }: { namespace?: string; labelSelector?: string } = {},
  ) => {
    const [label = '', value] = labelSelector?.split('=') ?? [];
    return objects.filter(
      ({ kind: known, metadata }) =>
        known === kind &&
        (namespace === undefined || metadata.namespace === namespace) &&
        (labelSelector === undefined || metadata.labels?.[label] === value),
    );
  },
} as unknown as StoreReader; // no other method is called

for (const object of objects.filter(({ kind }) => kind !== 'Event')) {
  const name = `${object.kind.toLowerCase()}-${object.metadata.name}`;
  t.test(`describeObject() of ${name}`, async (t) => {
    const text = `${describeObject(object, reader, NOW)}\n`;
    const golden = join(FOLDER, `${name}.txt`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);
    t.ok(existsSync(golden));
    t.equal(text, readFileSync(golden, 'utf8'));
    t.notMatch(text, / $/m, 'no space ends a line');
  });
}
