import type { ListedItem, ListedKind, TableColumn } from '../control/index.ts';
import { printGoValue, printTemplate, valuesOf } from '../json-path/index.ts';
import type { CustomColumn, OutputFormat } from './output-format.ts';
import { renderTable } from './render-table.ts';
import { renderYaml } from './render-yaml.ts';

/** What is the same for every line that a call prints. */
export interface RenderOptions {
  readonly isAllNamespaces: boolean;
  readonly hasHeaders: boolean;
  readonly isShowingLabels: boolean;
  readonly isShowingKind: boolean;
  /** Labels that get columns of their own. */
  readonly labelColumns: readonly string[];
  /** Of the columns so far, where lines follow one another. */
  readonly widths?: number[];
}

type Found = Pick<ListedKind, 'singular' | 'columns' | 'items'>;

/** A list of objects of one or several kinds, with no line end after the last. */
export function renderObjects(
  kinds: readonly Found[],
  format: OutputFormat,
  options: RenderOptions & { readonly isOne: boolean },
): string {
  const objects = kinds.flatMap(({ items }) => items.map(({ object }) => object));
  const list = { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects };
  const document = options.isOne ? objects[0] : list;
  switch (format.kind) {
    case 'json':
      return JSON.stringify(document, undefined, 4);
    case 'yaml':
      return renderYaml(document);
    case 'name':
      return kinds
        .flatMap(({ singular, items }) =>
          items.map(({ object }) => `${singular}/${object.metadata.name}`),
        )
        .join('\n');
    case 'jsonpath':
      return printTemplate(format.template, document);
    case 'custom-columns':
      return customTable(kinds, format.columns, options);
    case 'table':
      return kinds
        .map((kind) =>
          tableOf(kind, format.isWide, {
            ...options,
            isShowingKind: options.isShowingKind || kinds.length > 1,
          }),
        )
        .join('\n\n');
    default:
      return format satisfies never;
  }
}

function customTable(
  kinds: readonly Found[],
  columns: readonly CustomColumn[],
  { hasHeaders, widths }: RenderOptions,
): string {
  const rows = kinds.flatMap(({ items }) =>
    items.map(({ object }) =>
      columns.map(({ value }) => valuesOf(value, object).map(printGoValue).join(',') || '<none>'),
    ),
  );
  const heads = columns.map(({ head }) => head);
  return renderTable(heads, rows, { hasHeaders, isVerbatim: true, widths });
}

/** kubectl's table of one kind. */
function tableOf(
  { singular, columns, items }: Found,
  isWide: boolean,
  options: RenderOptions,
): string {
  const { isAllNamespaces, hasHeaders, isShowingKind, widths } = options;
  const shown = columns.flatMap(({ priority }, index) => (priority === 0 || isWide ? [index] : []));
  const rows = items.map((item) => {
    const { metadata } = item.object;
    const cells = shown.map((index) => item.cells[index] ?? '');
    const [first = '', ...others] = cells;
    // With several types the names carry theirs.
    const named = isShowingKind ? [`${singular}/${first}`, ...others] : cells;
    const labelled = [...named, ...labelCells(metadata.labels ?? {}, options)];
    return isAllNamespaces ? [metadata.namespace ?? '', ...labelled] : labelled;
  });
  const heads = [...headsOf(columns, shown), ...labelHeads(options)];
  return renderTable(isAllNamespaces ? ['Namespace', ...heads] : heads, rows, {
    hasHeaders,
    widths,
  });
}

function headsOf(columns: readonly TableColumn[], shown: readonly number[]): readonly string[] {
  return shown.map((index) => columns[index]?.name ?? '');
}

function labelHeads({ labelColumns, isShowingLabels }: RenderOptions): readonly string[] {
  // The head of `app.kubernetes.io/name` is NAME.
  const own = labelColumns.map((label) => label.replace(/^.*\//, ''));
  return isShowingLabels ? [...own, 'Labels'] : own;
}

function labelCells(
  labels: Readonly<Record<string, string>>,
  { labelColumns, isShowingLabels }: RenderOptions,
): readonly string[] {
  const own = labelColumns.map((label) => labels[label] ?? '');
  if (!isShowingLabels) return own;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [...own, pairs.length === 0 ? '<none>' : pairs.toSorted().join(',')];
}

/** One change of a watch. */
export function renderChange(
  line: {
    readonly type: string;
    readonly singular: string;
    readonly columns: readonly TableColumn[];
    readonly item: ListedItem;
  },
  format: OutputFormat,
  options: RenderOptions,
): string {
  const { object } = line.item;
  if (format.kind === 'json') return JSON.stringify({ type: line.type, object });
  const text = renderObjects([{ ...line, items: [line.item] }], format, {
    ...options,
    isOne: true,
  });
  return format.kind === 'yaml' ? `---\n${text}` : text;
}
