/** The list of annotations against the catalogue, and the README against the list. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  ANNOTATION_GROUPS,
  ANNOTATIONS,
} from '../../../src/ingress/from-ingress/annotations/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const README = join(ROOT, 'src/ingress/from-ingress/README.md');

interface CatalogueEntry {
  readonly annotation: string;
  readonly rank: 'must' | 'should' | 'skip';
  readonly risk: string;
}

// The form of the table is its own `meta`.
const { annotationCatalog } = JSON.parse(
  readFileSync(join(ROOT, 'fixtures/conformance/ingress/ingress.json'), 'utf8'),
) as { readonly annotationCatalog: readonly CatalogueEntry[] };

t.test('ANNOTATIONS holds every annotation of the catalogue with its risk', async (t) => {
  for (const { annotation, risk } of annotationCatalog)
    t.match(ANNOTATIONS.get(annotation), { risk }, annotation);
  t.equal(ANNOTATIONS.size, new Set(annotationCatalog.map(({ annotation }) => annotation)).size);
});

t.test('ANNOTATIONS supports what most users expect, but for snippets', async (t) => {
  const wanted = annotationCatalog.filter(({ rank }) => rank !== 'skip');
  const without = wanted
    .filter(
      ({ annotation }) => (ANNOTATIONS.get(annotation)?.support ?? 'supported') !== 'supported',
    )
    .map(({ annotation }) => annotation);
  t.same(without, ['configuration-snippet', 'server-snippet', 'stream-snippet']);
});

t.test('ANNOTATIONS refuses whatever is critical', async (t) => {
  for (const { name, risk, support } of ANNOTATIONS.values())
    t.equal(support === 'refused', risk === 'Critical', name);
});

/** The table of the README, from the list. */
function table(): string {
  const rows = ANNOTATION_GROUPS.flatMap(({ name: group, annotations }) =>
    annotations.map(({ name, aliases = [], risk, support = 'supported', effect }) => {
      const names = [name, ...aliases].map((own) => `\`${own}\``).join(', ');
      return `| ${names} | ${group} | ${risk} | ${support} | ${effect} |`;
    }),
  );
  return [
    '| annotation | group | risk | here | what it does, or why nothing |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

t.test('the README lists every annotation as it is', async (t) => {
  const text = readFileSync(README, 'utf8');
  const [before = '', rest = ''] = text.split('<!-- annotations -->\n');
  const [, after = ''] = rest.split('<!-- end of annotations -->');
  const wanted = `${before}<!-- annotations -->\n\n${table()}\n\n<!-- end of annotations -->${after}`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(README, wanted);
  else t.equal(text, wanted, 'UPDATE_GOLDEN=1 writes it');
});
