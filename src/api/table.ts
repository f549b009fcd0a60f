import { AGE, NAME } from './kinds/columns.ts';
import type { Column, KindDefinition } from './kind.ts';
import type { KubeObject } from './object.ts';

/** What `kubectl get` prints of some objects of one kind. */
export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

export type TableColumn = Omit<Column, 'value'>;

export interface TableRow {
  readonly cells: readonly (string | number)[];
  readonly object: KubeObject;
}

export interface TableOptions {
  /** Milliseconds since 1970, for ages. */
  readonly now: number;
  /** Columns with a priority above 0 too. @default false */
  readonly isWide?: boolean;
  /** A first column Namespace. @default false */
  readonly hasNamespace?: boolean;
  /** Names as `deployment.apps/web`. @default false */
  readonly hasKind?: boolean;
}

/** Between two columns, and the least width of one, as kubectl's tab writer has them. */
const PADDING = 3;
const MIN_WIDTH = 6;

const NAMESPACE: Column = {
  name: 'Namespace',
  type: 'string',
  priority: 0,
  value: ({ metadata }) => metadata.namespace ?? '',
};

/** Every column of a kind, also those of `-o wide`; Name and Age where it has none of its own. */
export function columnsOf(definition: KindDefinition): readonly Column[] {
  return definition.columns ?? [NAME, AGE];
}

/** The table of `objects`, which are all of the kind. */
export function createTable(
  definition: KindDefinition,
  objects: readonly KubeObject[],
  options: TableOptions,
): Table {
  const { now, isWide = false, hasNamespace = false, hasKind = false } = options;
  const columns = columnsOf(definition).filter(({ priority }) => isWide || priority === 0);
  const all = hasNamespace ? [NAMESPACE, ...columns] : columns;
  const cell = (column: Column, object: KubeObject): string | number =>
    hasKind && column.format === 'name'
      ? qualifiedName(definition, object)
      : shownCell(column, object, now);
  return {
    columns: all,
    rows: objects.map((object) => ({ object, cells: all.map((column) => cell(column, object)) })),
  };
}

/** A cell as people read it. */
export function shownCell(column: Column, object: KubeObject, now: number): string | number {
  const value = column.value(object, now);
  return typeof value === 'boolean' ? String(value) : value;
}

/** `deployment.apps/web`, as `kubectl get -o name` prints. */
export function qualifiedName(
  { singular, group }: KindDefinition,
  { metadata }: KubeObject,
): string {
  return `${group === '' ? singular : `${singular}.${group}`}/${metadata.name}`;
}

/** `table` as text, one line a row; without a heading for `kubectl get --no-headers`. */
export function renderTable({ columns, rows }: Table, hasHeading = true): string {
  const heading = columns.map(({ name }) => name.toUpperCase());
  const lines = rows.map(({ cells }) => cells.map((cell) => firstLine(String(cell))));
  const all = hasHeading ? [heading, ...lines] : lines;
  const widths = columns.map((_, index) =>
    Math.max(MIN_WIDTH, ...all.map((cells) => textWidth(cells[index] ?? '') + PADDING)),
  );
  return all.map((cells) => renderLine(cells, widths)).join('');
}

/** Nothing follows the last cell. */
function renderLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, index) =>
    index === cells.length - 1 ? cell : cell + ' '.repeat((widths[index] ?? 0) - textWidth(cell)),
  );
  return `${padded.join('')}\n`;
}

/** kubectl cuts cells at their first line break, and says so. */
function firstLine(cell: string): string {
  const end = cell.search(/[\f\n\r]/);
  return end === -1 ? cell : `${cell.slice(0, end)}...`;
}

/** Characters, not UTF-16 units. */
const textWidth = (text: string): number => Array.from(text).length;
