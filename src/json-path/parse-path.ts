import { JsonPathError } from './json-path-error.ts';
import type { Filter, Operator, PathNode, Slice } from './nodes.ts';

/**
 * Reads what stands between braces: `.items[*].metadata.name`.
 *
 * `$` and `@` are where the expression begins, so that they say nothing; white space is the same as none.
 *
 * @throws JsonPathError
 * @see https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
export function parsePath(text: string): readonly PathNode[] {
  const nodes: PathNode[] = [];
  let at = 0;
  while (at < text.length) {
    const step = stepAt(text, at);
    nodes.push(...step.nodes);
    at = step.end;
  }
  return nodes;
}

interface Step {
  readonly nodes: readonly PathNode[];
  readonly end: number;
}

function stepAt(text: string, at: number): Step {
  const character = text.charAt(at);
  if (/[\s$@]/.test(character)) return { nodes: [], end: at + 1 };
  if (character === '*') return { nodes: [{ kind: 'wildcard' }], end: at + 1 };
  if (character === '.') return dotAt(text, at);
  if (character === '[') return bracketAt(text, at);
  if (character === '"' || character === "'") return quoteAt(text, at);
  const word = /^[+-]?[\w.]+/.exec(text.slice(at))?.[0];
  const value = word === undefined ? undefined : constantOf(word);
  if (word === undefined || value === undefined)
    throw wrong(text, `unrecognized "${word ?? character}"`);
  return { nodes: [{ kind: 'literal', value }], end: at + word.length };
}

function constantOf(word: string): number | boolean | undefined {
  if (word === 'true' || word === 'false') return word === 'true';
  return /^[+-]?\d+(\.\d+)?$/.test(word) ? Number(word) : undefined;
}

/** A name ends before one of these; a backslash takes the meaning from the next. */
const NAME = /^(?:\\.|[^\s.,[\]$@{}\\])*/;

function dotAt(text: string, at: number): Step {
  if (text.charAt(at + 1) === '.') {
    const next = nameAt(text, at + 2);
    return { nodes: [{ kind: 'recursive' }, ...next.nodes], end: next.end };
  }
  return nameAt(text, at + 1);
}

function nameAt(text: string, at: number): Step {
  const raw = NAME.exec(text.slice(at))?.[0] ?? '';
  const end = at + raw.length;
  if (raw === '') return { nodes: [], end };
  if (raw === '*') return { nodes: [{ kind: 'wildcard' }], end };
  return { nodes: [{ kind: 'field', name: raw.replaceAll(/\\(.)/g, '$1') }], end };
}

function quoteAt(text: string, at: number): Step {
  const end = endOfQuote(text, at);
  return { nodes: [{ kind: 'literal', value: unquote(text.slice(at, end)) }], end };
}

/** The index behind the closing quote of the one at `at`. */
export function endOfQuote(text: string, at: number): number {
  const quote = text.charAt(at);
  for (let end = at + 1; end < text.length; end += 1) {
    if (text.charAt(end) === '\\') end += 1;
    else if (text.charAt(end) === quote) return end + 1;
  }
  throw wrong(text, 'unterminated quoted string');
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replaceAll(/\\(.)/gs, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}

function bracketAt(text: string, at: number): Step {
  const end = endOfBracket(text, at);
  const inside = text.slice(at + 1, end - 1).trim();
  if (inside.startsWith('?')) return { nodes: [{ kind: 'filter', filter: filterOf(inside) }], end };
  const parts = splitOutsideQuotes(inside);
  const paths = parts.map((part) => elementOf(part.trim(), text));
  const [only = []] = paths;
  return { nodes: paths.length === 1 ? only : [{ kind: 'union', paths }], end };
}

/** The index behind the bracket that closes the one at `at`. */
function endOfBracket(text: string, at: number): number {
  let depth = 0;
  for (let end = at; end < text.length; end += 1) {
    const character = text.charAt(end);
    if (character === '"' || character === "'") end = endOfQuote(text, end) - 1;
    else if (character === '[') depth += 1;
    else if (character === ']') depth -= 1;
    if (depth === 0) return end + 1;
  }
  throw wrong(text, 'unterminated array');
}

function splitOutsideQuotes(text: string): readonly string[] {
  return text.match(/(?:'(?:\\.|[^'])*'|"(?:\\.|[^"])*"|[^,])+/g) ?? [''];
}

/** Between brackets: `*`, a number, a slice, or a path in quotes. */
function elementOf(text: string, whole: string): readonly PathNode[] {
  if (text === '*') return [{ kind: 'wildcard' }];
  const quoted = /^(['"])(.*)\1$/s.exec(text)?.[2];
  if (quoted !== undefined) return parsePath(`.${quoted}`);
  const slice = sliceOf(text);
  if (slice === undefined) throw wrong(whole, `invalid array index "${text}"`);
  return [{ kind: 'slice', slice }];
}

function sliceOf(text: string): Slice | undefined {
  const match = /^(?<start>-?\d+)?(?<colon>:(?<end>-?\d+)?(?::(?<step>\d+)?)?)?$/.exec(text);
  const { start, colon, end, step } = match?.groups ?? {};
  if (match === null || (start === undefined && colon === undefined)) return undefined;
  const first = Number(start ?? 0);
  // -1 is the last one, whose end is the end.
  const next = first === -1 ? undefined : first + 1;
  const last = end === undefined ? undefined : Number(end);
  return { start: first, end: colon === undefined ? next : last, step: Number(step ?? 1) };
}

function filterOf(inside: string): Filter {
  const body = /^\?\s*\((?<body>.*)\)$/s.exec(inside)?.groups?.['body'];
  if (body === undefined) throw wrong(inside, 'a filter is ?(…)');
  const { at, operator } = operatorIn(body);
  if (operator === undefined) return { left: parsePath(body), operator: 'exists', right: [] };
  const left = parsePath(body.slice(0, at));
  return { left, operator, right: parsePath(body.slice(at + operator.length)) };
}

const OPERATORS: readonly Operator[] = ['==', '!=', '<=', '>=', '<', '>'];

function operatorIn(body: string): {
  readonly at: number;
  readonly operator: Operator | undefined;
} {
  for (let at = 0; at < body.length; at += 1) {
    if (/["']/.test(body.charAt(at))) at = endOfQuote(body, at) - 1;
    const operator = OPERATORS.find((known) => body.startsWith(known, at));
    if (operator !== undefined) return { at, operator };
  }
  return { at: body.length, operator: undefined };
}

function wrong(text: string, why: string): JsonPathError {
  return new JsonPathError(
    `error parsing jsonpath ${text}: ${why}`,
    "For example -o jsonpath='{.items[*].metadata.name}'.",
  );
}
