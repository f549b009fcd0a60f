import { ExpressionError } from './expression-error.ts';

/** A word of an expression. */
export interface ExpressionToken {
  readonly kind: 'number' | 'string' | 'name' | 'operator';
  readonly text: string;
  /** Of numbers and strings. */
  readonly value?: string | number;
}

const WORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  'in',
  'contains',
  'matches',
  'startsWith',
  'endsWith',
]);

const PATTERN =
  /\s*(?:(?<number>0x[\da-f]+|\d[\d_]*(?:\.\d+)?)|(?<string>'(?:\\[^]|[^'\\])*'|"(?:\\[^]|[^"\\])*"|`[^`]*`)|(?<name>[a-z_]\w*)|(?<operator>==|!=|<=|>=|&&|\|\||\?\?|\*\*|\.\.|[-+*/%^<>!?:()[\],|]))/giy;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** @throws ExpressionError for what begins no word. */
export function tokenize(text: string): readonly ExpressionToken[] {
  const pattern = new RegExp(PATTERN);
  const end = text.trimEnd().length;
  const tokens: ExpressionToken[] = [];
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined)
      throw new ExpressionError(`unrecognized character in "${text.slice(at, at + 20)}"`);
    tokens.push(tokenOf(groups));
  }
  return tokens;
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>): ExpressionToken {
  const { number, string, name, operator = '' } = groups;
  if (number !== undefined)
    return { kind: 'number', text: number, value: Number(number.replaceAll('_', '')) };
  if (string !== undefined) return { kind: 'string', text: string, value: unquoted(string) };
  if (name !== undefined) return { kind: WORDS.has(name) ? 'operator' : 'name', text: name };
  return { kind: 'operator', text: operator };
}

function unquoted(literal: string): string {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`')) return body;
  return body.replace(/\\([^])/g, (_, char: string) => ESCAPES[char] ?? char);
}
