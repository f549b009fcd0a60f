import type {
  ExpectResult,
  JudgedExpectation,
  MatrixResult,
  ReachedFlow,
  ReachVerdict,
} from '../control/index.ts';
import type { JunitCase } from './junit.ts';
import { renderTable } from './render-table.ts';
import type { Terminal } from './terminal.ts';

type Styled = Pick<Terminal, 'style'>;

/** How a flow's end is shown in one character. */
export const REACH_MARK: Readonly<Record<ReachVerdict, string>> = {
  allowed: '✓',
  denied: '✗',
  mixed: '±',
  refused: '-',
  unreachable: '-',
  unresolved: '-',
  unanswered: '?',
};

const COLOUR = { '✓': 'green', '✗': 'red', '±': 'yellow', '-': 'dim', '?': 'yellow' } as const;
const LEGEND: Readonly<Record<string, string>> = {
  '✓': 'allowed',
  '✗': 'denied',
  '±': 'some endpoints are denied',
  '-': 'nobody there: refused, unreachable or no such name',
  '?': 'no answer',
};

/** A mark as a terminal shows it. */
export function renderMark(verdict: ReachVerdict, { style }: Styled): string {
  const mark = REACH_MARK[verdict];
  const colour = Object.entries(COLOUR).find(([own]) => own === mark)?.[1] ?? 'dim';
  return style(colour, mark);
}

/** `shop/web -> shop/api 8080/TCP` */
export function flowText({ from, to, port, protocol }: ReachedFlow): string {
  return `${from} -> ${to} ${port}/${protocol}`;
}

/** One flow in a line, and below it who decided. */
export function renderFlow(flow: ReachedFlow, terminal: Styled): string {
  const head = `${renderMark(flow.verdict, terminal)} ${flowText(flow)}: ${flow.verdict}, ${flow.why}`;
  return flow.rule === undefined ? head : `${head}\n    ${flow.rule}`;
}

/** The table: a row for each source, a column for each target, and what the marks mean. */
export function renderMatrix(result: MatrixResult, terminal: Styled): string {
  const { columns, flows } = result;
  if (result.rows.length === 0) return 'no Pods';
  if (columns.length === 0) return 'no target has such a port';
  const rows = rowsOf(result).map(([from, own]) => [
    from,
    ...own.map(({ verdict }) => renderMark(verdict, terminal)),
  ]);
  const table = renderTable(['from \\ to', ...columns], rows, { isVerbatim: true });
  return `${table}\n\n${legend(flows)}\n${summary(flows)}`;
}

/** A row of a Markdown table. */
export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

/** The table as Markdown. */
export function renderMatrixMarkdown(result: MatrixResult): string {
  const { columns, flows } = result;
  return [
    markdownRow(['from \\ to', ...columns]),
    markdownRow(['---', ...columns.map(() => ':-:')]),
    ...rowsOf(result).map(([from, own]) =>
      markdownRow([from, ...own.map(({ verdict }) => REACH_MARK[verdict])]),
    ),
    '',
    `${legend(flows)}. ${summary(flows)}.`,
  ].join('\n');
}

/** A case for each flow; what does not get through has no expectation to fail, so it is skipped with its reason. */
export function matrixCases({ flows }: MatrixResult): readonly JunitCase[] {
  return flows.map((flow) => ({
    suite: flow.from,
    name: `-> ${flow.to} ${flow.port}/${flow.protocol}`,
    ...(flow.verdict === 'allowed' ? {} : { skipped: `${flow.verdict}: ${whyText(flow)}` }),
  }));
}

/** What is not as it is expected, each with its reason, then how many are. */
export function renderExpectations({ expectations }: ExpectResult, { style }: Styled): string {
  const lines = expectations.map((judged) => {
    const { flow, expect, outcome, file, line, control } = judged;
    const mark = outcome === 'met' ? style('green', '✓') : style('red', '✗');
    const proof = control === undefined ? '' : ` (${control})`;
    const head = `${mark} ${flowText(flow)} is to be ${EXPECTED[expect]}`;
    if (outcome === 'met') return `${head}${proof}`;
    return `${head}: ${problemOf(judged)}\n    expected at ${file}:${line}${flow.rule === undefined ? '' : `\n    decided by ${flow.rule}`}`;
  });
  return [...lines, expectationSummary(expectations)].join('\n');
}

/** The expectations as a table of Markdown. */
export function renderExpectationsMarkdown({ expectations }: ExpectResult): string {
  const rows = expectations.map((judged) => {
    const { flow, expect, outcome } = judged;
    const { from, to, port, protocol } = flow;
    const why = outcome === 'met' ? (judged.control ?? '') : problemOf(judged);
    return markdownRow([outcome, from, to, `${port}/${protocol}`, expect, flow.verdict, why]);
  });
  const head = '| outcome | from | to | port | expect | found | why |';
  const rule = '| --- | --- | --- | --- | --- | --- | --- |';
  return [head, rule, ...rows, '', `${expectationSummary(expectations)}.`].join('\n');
}

/** A case for each expectation, with its line in the file. */
export function expectationCases({ expectations }: ExpectResult): readonly JunitCase[] {
  return expectations.map((judged) => {
    const { flow, expect, outcome, file, line } = judged;
    const message = problemOf(judged);
    const rule = flow.rule === undefined ? '' : `\ndecided by ${flow.rule}`;
    return {
      suite: file,
      name: `${flowText(flow)} ${expect}`,
      file,
      line,
      ...(outcome === 'met'
        ? {}
        : { failure: { message, text: `${message}\nexpected at ${file}:${line}${rule}` } }),
    };
  });
}

const EXPECTED = { allow: 'allowed', deny: 'denied' } as const;

function problemOf({ flow, outcome }: JudgedExpectation): string {
  return outcome === 'unproven'
    ? `it is ${flow.verdict}, and nobody was seen to reach that target, so that proves nothing: ${flow.why}`
    : `it is ${flow.verdict}: ${flow.why}`;
}

function expectationSummary(expectations: readonly JudgedExpectation[]): string {
  const met = expectations.filter(({ outcome }) => outcome === 'met').length;
  const unproven = expectations.filter(({ outcome }) => outcome === 'unproven').length;
  const rest = unproven === 0 ? '' : `, ${unproven} unproven`;
  const noun = expectations.length === 1 ? 'expectation' : 'expectations';
  return `${met} of ${expectations.length} ${noun} met${rest}`;
}

function whyText({ why, rule }: ReachedFlow): string {
  return rule === undefined ? why : `${why} [${rule}]`;
}

function rowsOf({
  rows,
  columns,
  flows,
}: MatrixResult): readonly (readonly [string, readonly ReachedFlow[]])[] {
  return rows.map((from, index) => [
    from,
    flows.slice(index * columns.length, (index + 1) * columns.length),
  ]);
}

function legend(flows: readonly ReachedFlow[]): string {
  const used = new Set(flows.map(({ verdict }) => REACH_MARK[verdict]));
  return Object.entries(LEGEND)
    .filter(([mark]) => used.has(mark))
    .map(([mark, text]) => `${mark} ${text}`)
    .join('   ');
}

function summary(flows: readonly ReachedFlow[]): string {
  const allowed = flows.filter(({ verdict }) => verdict === 'allowed').length;
  return `${allowed} of ${flows.length} flows are allowed`;
}
