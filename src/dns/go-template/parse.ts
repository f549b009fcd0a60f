import { GoTemplateError } from './go-template-error.ts';
import { lexTemplate, type Piece, type Token } from './lex.ts';
import type { Expression, Node } from './node.ts';

export interface ParseOptions {
  readonly functions: ReadonlySet<string>;
  /** What the dot has outside of `with` and `range`. */
  readonly fields: ReadonlySet<string>;
}

const CONSTANTS: ReadonlyMap<string, boolean | undefined> = new Map([
  ['true', true],
  ['false', false],
  ['nil', undefined],
]);
const REFUSED: ReadonlySet<string> = new Set(['define', 'template', 'block', 'break', 'continue']);

/**
 * @throws GoTemplateError for what is wrong, or not known here.
 */
export function parseTemplate(source: string, options: ParseOptions): readonly Node[] {
  const parser = new TemplateParser(lexTemplate(source), options);
  return parser.nodes();
}

class TemplateParser {
  readonly #pieces: readonly Piece[];
  readonly #options: ParseOptions;
  #at = 0;
  /** Names of `$variables`; the first is the root. */
  #variables: readonly string[] = ['$'];
  /** How many `with` and `range` stand around. */
  #depth = 0;

  constructor(pieces: readonly Piece[], options: ParseOptions) {
    this.#pieces = pieces;
    this.#options = options;
  }

  nodes(): readonly Node[] {
    const { nodes, end } = this.#list();
    if (end !== undefined) throw new GoTemplateError(`unexpected {{${end}}}`);
    return nodes;
  }

  /** To the `end` or `else` of this list, which is left to the caller. */
  #list(): {
    readonly nodes: readonly Node[];
    readonly end?: string;
    readonly rest?: readonly Token[];
  } {
    const nodes: Node[] = [];
    for (
      let piece = this.#pieces[this.#at++];
      piece !== undefined;
      piece = this.#pieces[this.#at++]
    ) {
      if (piece.kind === 'text') {
        nodes.push(piece);
        continue;
      }
      const [first, ...rest] = piece.tokens;
      if (first === undefined) throw new GoTemplateError('missing value for command');
      const keyword = first.kind === 'word' ? first.text : '';
      if (keyword === 'end' || keyword === 'else') return { nodes, end: keyword, rest };
      if (REFUSED.has(keyword)) throw new GoTemplateError(`{{${keyword}}} is not supported here`);
      if (keyword === 'if' || keyword === 'with' || keyword === 'range')
        nodes.push(this.#control(keyword, rest));
      else nodes.push(this.#action(piece.tokens));
    }
    return { nodes };
  }

  #control(keyword: 'if' | 'with' | 'range', tokens: readonly Token[]): Node {
    const before = this.#variables;
    const { names, isNew, rest } = readTargets(tokens);
    if (names.length > 0 && !isNew) throw new GoTemplateError(`{{${keyword}}} assigns nothing`);
    const value = this.#pipeline(rest);
    this.#variables = [...before, ...names];
    const changesDot = keyword !== 'if';
    this.#depth += changesDot ? 1 : 0;
    const { nodes: body, end, rest: after = [] } = this.#list();
    this.#depth -= changesDot ? 1 : 0;
    const otherwise = end === 'else' ? this.#otherwise(after, keyword) : [];
    if (end === undefined) throw new GoTemplateError(`{{${keyword}}} without {{end}}`);
    this.#variables = before;
    if (keyword === 'range') return { kind: keyword, value, variables: names, body, otherwise };
    return { kind: keyword, value, variable: names[0], body, otherwise };
  }

  /** `{{else}}` to `{{end}}`, or `{{else if …}}` as one more condition. */
  #otherwise(tokens: readonly Token[], keyword: string): readonly Node[] {
    const [first, ...rest] = tokens;
    if (first !== undefined) {
      if (first.text !== keyword || (keyword !== 'if' && keyword !== 'with'))
        throw new GoTemplateError('unexpected words after {{else}}');
      return [this.#control(keyword, rest)];
    }
    const { nodes, end } = this.#list();
    if (end !== 'end') throw new GoTemplateError('{{else}} without {{end}}');
    return nodes;
  }

  #action(tokens: readonly Token[]): Node {
    const { names, isNew, rest } = readTargets(tokens);
    const value = this.#pipeline(rest);
    const [name, another] = names;
    if (name === undefined) return { kind: 'print', value };
    if (another !== undefined) throw new GoTemplateError('too many variables');
    if (isNew) this.#variables = [...this.#variables, name];
    else this.#checkVariable(name);
    return { kind: 'assign', name, value, isNew };
  }

  /** Commands behind `|` get the value before as their last argument. */
  #pipeline(tokens: readonly Token[]): Expression {
    const reader = new TokenReader(tokens);
    const value = this.#commands(reader);
    if (reader.peek() !== undefined) throw unexpected(reader.peek());
    return value;
  }

  #commands(reader: TokenReader): Expression {
    let value = this.#command(reader, undefined);
    while (reader.take('|')) value = this.#command(reader, value);
    return value;
  }

  #command(reader: TokenReader, piped: Expression | undefined): Expression {
    const first = reader.next();
    if (first === undefined) throw new GoTemplateError('missing value for command');
    if (first.kind === 'word' && !CONSTANTS.has(first.text)) {
      if (!this.#options.functions.has(first.text))
        throw new GoTemplateError(`function "${first.text}" not defined`);
      const args = this.#operands(reader);
      const all = piped === undefined ? args : [...args, piped];
      return this.#fields({ kind: 'call', name: first.text, args: all }, reader);
    }
    const operand = this.#operand(first, reader);
    const args = [...this.#operands(reader), ...(piped === undefined ? [] : [piped])];
    if (args.length === 0) return operand;
    if (operand.kind !== 'field') throw new GoTemplateError("can't give argument to non-function");
    return { ...operand, args };
  }

  #operands(reader: TokenReader): readonly Expression[] {
    const operands: Expression[] = [];
    for (let token = reader.peek(); token !== undefined; token = reader.peek()) {
      if (token.kind === 'sign' && token.text !== '(' && token.text !== '.') break;
      reader.next();
      operands.push(this.#operand(token, reader));
    }
    return operands;
  }

  #operand(token: Token, reader: TokenReader): Expression {
    switch (token.kind) {
      case 'text':
        return { kind: 'constant', value: token.text };
      case 'number':
        return { kind: 'constant', value: integerOf(token.text) };
      case 'field':
        if (this.#depth === 0) this.#checkField(token.text);
        return this.#fields(
          { kind: 'field', of: { kind: 'dot' }, name: token.text, args: [] },
          reader,
        );
      case 'variable':
        this.#checkVariable(token.text);
        return this.#fields({ kind: 'variable', name: token.text }, reader);
      case 'word':
        return this.#word(token.text);
      case 'sign':
        return this.#sign(token, reader);
      default:
        return token.kind satisfies never;
    }
  }

  #word(text: string): Expression {
    if (CONSTANTS.has(text)) return { kind: 'constant', value: CONSTANTS.get(text) };
    if (!this.#options.functions.has(text))
      throw new GoTemplateError(`function "${text}" not defined`);
    return { kind: 'call', name: text, args: [] };
  }

  #sign(token: Token, reader: TokenReader): Expression {
    if (token.text === '.') return { kind: 'dot' };
    if (token.text !== '(') throw unexpected(token);
    const value = this.#commands(reader);
    if (!reader.take(')')) throw new GoTemplateError('unclosed left paren');
    return this.#fields(value, reader);
  }

  /** `.b.c` right behind a value. */
  #fields(of: Expression, reader: TokenReader): Expression {
    const token = reader.peek();
    if (token?.kind !== 'field' || token.isSpaced) return of;
    reader.next();
    if (of.kind === 'variable' && of.name === '$') this.#checkField(token.text);
    return this.#fields({ kind: 'field', of, name: token.text, args: [] }, reader);
  }

  #checkField(name: string): void {
    const { fields } = this.#options;
    if (!fields.has(name))
      throw new GoTemplateError(
        `no field .${name}; there are ${[...fields].map((field) => `.${field}`).join(' ')}`,
      );
  }

  #checkVariable(name: string): void {
    if (!this.#variables.includes(name)) throw new GoTemplateError(`undefined variable "${name}"`);
  }
}

class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  take(sign: string): boolean {
    const token = this.peek();
    const isThere = token?.kind === 'sign' && token.text === sign;
    if (isThere) this.#at += 1;
    return isThere;
  }
}

/** `$a, $b :=` at the start of an action. */
function readTargets(tokens: readonly Token[]): {
  readonly names: readonly string[];
  readonly isNew: boolean;
  readonly rest: readonly Token[];
} {
  const at = tokens.findIndex(
    ({ kind, text }) => kind === 'sign' && (text === ':=' || text === '='),
  );
  if (at < 0) return { names: [], isNew: false, rest: tokens };
  const names = tokens.slice(0, at).filter((_, index) => index % 2 === 0);
  const commas = tokens.slice(0, at).filter((_, index) => index % 2 === 1);
  const isWellFormed =
    names.length === commas.length + 1 &&
    names.length <= 2 &&
    names.every(({ kind, text }) => kind === 'variable' && text !== '$') &&
    commas.every(({ text }) => text === ',');
  if (!isWellFormed) throw new GoTemplateError('malformed assignment');
  return {
    names: names.map(({ text }) => text),
    isNew: tokens[at]?.text === ':=',
    rest: tokens.slice(at + 1),
  };
}

function integerOf(text: string): bigint {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[+-]/, '').replace(/^0(?=\d)/, '0o');
  try {
    const value = BigInt(digits);
    return negative ? -value : value;
  } catch (error) {
    if (error instanceof SyntaxError) throw new GoTemplateError(`bad number "${text}"`);
    throw error;
  }
}

function unexpected(token: Token | undefined): GoTemplateError {
  return new GoTemplateError(`unexpected "${token?.text ?? ''}"`);
}
