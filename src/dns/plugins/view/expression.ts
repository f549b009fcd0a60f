import { ExpressionError } from './expression-error.ts';
import { BINARY, callBuiltin, BUILTINS, truth, type Value } from './operators.ts';
import { tokenize, type ExpressionToken } from './tokenize.ts';

/** Answers calls of the names that an expression was compiled with. */
export type Functions = (name: string, args: readonly Value[]) => Value;

/** A compiled expression. @throws ExpressionError for operands of the wrong kind. */
export type Expression = (functions: Functions) => Value;

/** Expressions in one another; nobody writes so many, and they end before the stack does. */
const MAX_DEPTH = 100;
const UNARY_POWER = 50;

/**
 * Compiles an expression of the language that CoreDNS' `view` uses: literals, lists, calls, `? :`, `??`, arithmetic,
 * comparison, `and or not in contains startsWith endsWith matches ..`, indexing, and the functions of strings.
 *
 * Closures (`all(list, {…})`), maps and variables are not part of it.
 *
 * @param names Functions that may be called.
 * @throws ExpressionError
 * @see https://github.com/expr-lang/expr, "Language Definition"
 */
export function compileExpression(text: string, names: readonly string[]): Expression {
  return new ExpressionParser(tokenize(text), names).parse();
}

class ExpressionParser {
  readonly #tokens: readonly ExpressionToken[];
  readonly #names: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly ExpressionToken[], names: readonly string[]) {
    this.#tokens = tokens;
    this.#names = names;
  }

  parse(): Expression {
    const expression = this.#ternary();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new ExpressionError(`unexpected token ${rest.text}`);
    return expression;
  }

  #ternary(): Expression {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new ExpressionError('expression is nested too deep');
    const condition = this.#binary(0);
    this.#depth -= 1;
    if (!this.#take('?')) return condition;
    const yes = this.#ternary();
    this.#expect(':');
    const no = this.#ternary();
    return (functions) => (truth(condition(functions)) ? yes(functions) : no(functions));
  }

  /** Operators that bind at least as tightly as `least`. */
  #binary(least: number): Expression {
    let left = this.#unary();
    for (;;) {
      const start = this.#at;
      const isNegated = this.#take('not');
      const token = this.#tokens[this.#at];
      const operator = token?.kind === 'operator' ? BINARY.get(token.text) : undefined;
      if (operator === undefined || operator.power < least) {
        this.#at = start;
        return left;
      }
      this.#at += 1;
      const right = this.#binary(operator.isRightToLeft ? operator.power : operator.power + 1);
      const before = left;
      const apply: Expression = (functions) =>
        operator.apply(before(functions), () => right(functions));
      left = isNegated ? (functions) => !truth(apply(functions)) : apply;
    }
  }

  #unary(): Expression {
    if (this.#take('not') || this.#take('!')) {
      const operand = this.#binary(UNARY_POWER);
      return (functions) => !truth(operand(functions));
    }
    if (this.#take('-')) {
      const operand = this.#binary(UNARY_POWER);
      return (functions) => -Number(operand(functions));
    }
    if (this.#take('+')) return this.#binary(UNARY_POWER);
    return this.#indexed(this.#primary());
  }

  #indexed(value: Expression): Expression {
    let indexed = value;
    while (this.#take('[')) {
      const of = indexed;
      const index = this.#ternary();
      this.#expect(']');
      indexed = (functions) => elementAt(of(functions), index(functions));
    }
    return indexed;
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token === undefined) throw new ExpressionError('unexpected end of expression');
    const { kind, text } = token;
    if (kind === 'number' || kind === 'string') return () => token.value;
    if (text === '(') {
      const inner = this.#ternary();
      this.#expect(')');
      return inner;
    }
    if (text === '[') return this.#list();
    if (kind === 'name') return this.#named(text);
    throw new ExpressionError(`unexpected token ${text}`);
  }

  #list(): Expression {
    const items = this.#items(']');
    return (functions) => items.map((item) => item(functions));
  }

  #named(name: string): Expression {
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return () => constant.value;
    const isKnown = this.#names.includes(name);
    if (!isKnown && !BUILTINS.has(name)) throw new ExpressionError(`unknown name ${name}`);
    this.#expect('(');
    const args = this.#items(')');
    return (functions) => {
      const values = args.map((arg) => arg(functions));
      return isKnown ? functions(name, values) : callBuiltin(name, values);
    };
  }

  /** Expressions between commas, up to and with `end`. */
  #items(end: string): readonly Expression[] {
    const items: Expression[] = [];
    while (!this.#take(end)) {
      if (items.length > 0) this.#expect(',');
      items.push(this.#ternary());
    }
    return items;
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'operator' || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (this.#take(text)) return;
    const found = this.#tokens[this.#at]?.text ?? 'the end';
    throw new ExpressionError(`expected ${text} but found ${found}`);
  }
}

const CONSTANTS: ReadonlyMap<string, { readonly value: Value }> = new Map([
  ['true', { value: true }],
  ['false', { value: false }],
  ['nil', { value: undefined }],
]);

function elementAt(of: Value, index: Value): Value {
  const at = Number(index);
  if (typeof of !== 'string' && !Array.isArray(of))
    throw new ExpressionError('only texts and lists have elements');
  const list: readonly Value[] = typeof of === 'string' ? Array.from(of) : of;
  return list.at(at);
}
