/**
 * Columns as kubectl prints them: upper-case heads, three spaces between, no space at the end of a line.
 *
 * @param rows Cells, as many as `columns`.
 * @param options.isVerbatim Heads as they are.
 * @param options.widths Of the columns of the tables before, which grow: the lines of a watch stand below one another.
 */
export function renderTable(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  options: {
    readonly hasHeaders?: boolean;
    readonly isVerbatim?: boolean;
    readonly widths?: number[] | undefined;
  } = {},
): string {
  const isVerbatim = options.isVerbatim === true;
  const head = columns.map((column) => (isVerbatim ? column : column.toUpperCase()));
  const lines = [
    ...(options.hasHeaders === false ? [] : [head]),
    ...rows.map((row) => row.map(String)),
  ];
  const widths = columns.map((_, index) =>
    Math.max(options.widths?.[index] ?? 0, ...lines.map((line) => width(line[index] ?? ''))),
  );
  options.widths?.splice(0, options.widths.length, ...widths);
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - width(cell)))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

/** Characters that a terminal shows: colour codes take no room. */
function width(text: string): number {
  // eslint-disable-next-line no-control-regex -- the escape character is what starts a colour code
  return text.replaceAll(/\u001B\[\d+m/g, '').length;
}
