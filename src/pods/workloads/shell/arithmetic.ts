import { ArithmeticError } from './shell.ts';

/** What an expression reads and sets. */
export interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): unknown;
}

const TOKEN =
  /\s*(0[xX][\da-fA-F]+|\d+|[A-Za-z_]\w*|\+\+|--|\*\*|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%<>=!~&|^?:(),])/y;

/** Weakest first. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const ASSIGNMENTS: ReadonlySet<string> = new Set([
  '=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '<<=',
  '>>=',
]);
const MAX_DEPTH = 64;

/**
 * The value of `$((…))`.
 *
 * @throws ArithmeticError
 * @see POSIX shell command language, arithmetic expansion
 */
export function evaluateArithmetic(text: string, variables: Variables): bigint {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return 0n;
  const reader = new Expression(tokens, variables);
  const value = reader.read();
  if (!reader.isAtEnd) throw new ArithmeticError('syntax error in expression');
  return value;
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match !== null) tokens.push(match[1] ?? '');
    else if (text.slice(from).trim() === '') break;
    else throw new ArithmeticError('syntax error in expression');
  }
  return tokens;
}

class Expression {
  readonly #tokens: readonly string[];
  readonly #variables: Variables;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly string[], variables: Variables) {
    this.#tokens = tokens;
    this.#variables = variables;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  read(): bigint {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new ArithmeticError('expression nested too deep');
    const [name = '', operator = ''] = this.#tokens.slice(this.#at, this.#at + 2);
    let value: bigint;
    if (/^[A-Za-z_]/.test(name) && ASSIGNMENTS.has(operator)) {
      this.#at += 2;
      const right = this.read();
      const left = operator === '=' ? right : apply(operator.slice(0, -1), this.#get(name), right);
      value = this.#set(name, operator === '=' ? right : left);
    } else value = this.#conditional();
    this.#depth -= 1;
    return value;
  }

  #conditional(): bigint {
    const condition = this.#binary(0);
    if (!this.#accept('?')) return condition;
    const yes = this.read();
    if (!this.#accept(':')) throw new ArithmeticError('":" is missing in expression');
    const no = this.read();
    return condition === 0n ? no : yes;
  }

  #binary(level: number): bigint {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = this.#tokens[this.#at];
      if (operator === undefined || !operators.includes(operator)) return left;
      this.#at += 1;
      left = apply(operator, left, this.#binary(level + 1));
    }
  }

  #unary(): bigint {
    const token = this.#tokens[this.#at] ?? '';
    this.#at += 1;
    switch (token) {
      case '-':
        return -this.#nested();
      case '+':
        return this.#nested();
      case '!':
        return this.#nested() === 0n ? 1n : 0n;
      case '~':
        return ~this.#nested();
      case '++':
      case '--':
        return this.#step(token, true);
      case '(': {
        const value = this.read();
        if (!this.#accept(')')) throw new ArithmeticError('")" is missing in expression');
        return value;
      }
      default:
        return this.#operand(token);
    }
  }

  #nested(): bigint {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new ArithmeticError('expression nested too deep');
    const value = this.#unary();
    this.#depth -= 1;
    return value;
  }

  #operand(token: string): bigint {
    if (/^\d/.test(token)) return numberOf(token);
    if (!/^[A-Za-z_]/.test(token)) throw new ArithmeticError('syntax error in expression');
    const next = this.#tokens[this.#at];
    if (next !== '++' && next !== '--') return this.#get(token);
    this.#at -= 1;
    return this.#step(next, false);
  }

  /** `++x` and `x++`. */
  #step(operator: string, isPrefix: boolean): bigint {
    const name = this.#tokens[this.#at] ?? '';
    this.#at += isPrefix ? 1 : 2;
    const before = this.#get(name);
    const after = this.#set(name, operator === '++' ? before + 1n : before - 1n);
    return isPrefix ? after : before;
  }

  #get(name: string): bigint {
    const text = (this.#variables.get(name) ?? '').trim();
    if (text === '') return 0n;
    if (!/^-?\w+$/.test(text)) throw new ArithmeticError(`${text}: bad number`);
    return text.startsWith('-') ? -numberOf(text.slice(1)) : numberOf(text);
  }

  #set(name: string, value: bigint): bigint {
    this.#variables.set(name, `${value}`);
    return value;
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }
}

function numberOf(text: string): bigint {
  if (/^0[xX]/.test(text)) return BigInt(text);
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  if (!/^\d+$/.test(text)) throw new ArithmeticError(`${text}: bad number`);
  return BigInt(text);
}

function apply(operator: string, left: bigint, right: bigint): bigint {
  const compute = OPERATIONS[operator];
  if (compute === undefined) throw new ArithmeticError(`${operator} is not known in expressions`);
  if ((operator === '/' || operator === '%') && right === 0n)
    throw new ArithmeticError('divide by zero');
  return BigInt.asIntN(64, compute(left, right));
}

const truth = (isTrue: boolean): bigint => (isTrue ? 1n : 0n);

const OPERATIONS: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  '||': (left, right) => truth(left !== 0n || right !== 0n),
  '&&': (left, right) => truth(left !== 0n && right !== 0n),
  '|': (left, right) => left | right,
  '^': (left, right) => left ^ right,
  '&': (left, right) => left & right,
  '==': (left, right) => truth(left === right),
  '!=': (left, right) => truth(left !== right),
  '<=': (left, right) => truth(left <= right),
  '>=': (left, right) => truth(left >= right),
  '<': (left, right) => truth(left < right),
  '>': (left, right) => truth(left > right),
  '<<': (left, right) => left << (right & 63n),
  '>>': (left, right) => left >> (right & 63n),
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};
