/** Whether an expression can be run at all, told before there is anything to run it on. */
import { parse } from '@bufbuild/cel';
import { resultOf } from './signatures.ts';
import { BOOL, DYN, INT, listOf, mapOf, simple, STRING, type CelKind } from './types.ts';

export { typeOfSchema } from './types.ts';

/** What an expression may name, and what it must come to. */
export interface CheckContext {
  readonly variables: readonly string[] | Readonly<Record<string, CelKind>>;
  readonly type: 'bool' | 'string' | 'text or null' | 'any';
}

type Expression = NonNullable<ReturnType<typeof parse>['expr']>;
type Call = Extract<Expression['exprKind'], { case: 'callExpr' }>['value'];
type Loop = Extract<Expression['exprKind'], { case: 'comprehensionExpr' }>['value'];
type Constant = Extract<Expression['exprKind'], { case: 'constExpr' }>['value'];
type Select = Extract<Expression['exprKind'], { case: 'selectExpr' }>['value'];

/** What an expression comes to, or why it cannot be told. */
export interface Checked {
  readonly type: CelKind;
  /** In the API server's words; undefined where nothing is wrong. */
  readonly problem: string | undefined;
}

/** As `checkType`, with what admission says of a result of another type. */
export function checkExpression(text: string, context: CheckContext): string | undefined {
  const { type, problem } = checkType(text, context.variables);
  if (problem !== undefined) return problem;
  const allowed = ALLOWED[context.type];
  const name = type.name === 'null' ? 'null_type' : type.name;
  if (allowed === undefined || name === 'dyn' || allowed.includes(name)) return undefined;
  const wanted = allowed.length === 1 ? allowed.join('') : `one of [${allowed.join(' ')}]`;
  return `must evaluate to ${wanted} but got ${name}`;
}

const ALLOWED: Readonly<Record<CheckContext['type'], readonly string[] | undefined>> = {
  bool: ['bool'],
  string: ['string'],
  'text or null': ['string', 'null_type'],
  any: undefined,
};

/** The type of an expression, and what is wrong with it. */
export function checkType(text: string, variables: CheckContext['variables']): Checked {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(text);
  } catch (error) {
    return { type: DYN, problem: shown(text, [syntaxProblem(text, error)]) };
  }
  const { expr, sourceInfo } = parsed;
  if (expr === undefined) return { type: DYN, problem: undefined };
  const checker = new Checker(text, sourceInfo?.positions ?? {});
  const scope = Array.isArray(variables)
    ? new Map(variables.map((name) => [name, DYN] as const))
    : new Map(Object.entries(variables as Readonly<Record<string, CelKind>>));
  const type = checker.typeOf(expr, scope);
  const { problems } = checker;
  return { type, problem: problems.length === 0 ? undefined : shown(text, problems) };
}

/** Where it is, counted from 0, and what it is. */
interface Problem {
  readonly offset: number;
  readonly why: string;
}

/** As the API server prints an expression with a mark below what is wrong. */
function shown(text: string, problems: readonly Problem[]): string {
  const texts = problems.map(({ offset, why }) => {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - (before.lastIndexOf('\n') + 1);
    const source = text.split('\n')[line - 1] ?? '';
    return `ERROR: <input>:${line}:${column + 1}: ${why}\n | ${source}\n | ${'.'.repeat(column)}^`;
  });
  return `compilation failed: ${texts.join('\n')}`;
}

const STARTS =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const TOKEN = /\.\d+|\d+(?:\.\d+)?|[A-Za-z_]\w*|==|!=|<=|>=|&&|\|\||"[^"]*"|'[^']*'|\S/y;
const BINARY = /^(?:[-+*/%<>?]|[=!<>]=|&&|\|\||in)$/;

/** In the words of the grammar upstream is made of, as far as one token tells. */
function syntaxProblem(text: string, error: unknown): Problem {
  const { location } = error as { location?: { start: { offset: number } } };
  const offset = skipSpace(text, location?.start.offset ?? 0);
  const token = tokenAt(text, offset);
  if (token === '') return { offset, why: endProblem(text) };
  const next = skipSpace(text, offset + token.length);
  // An operator is fine where it stands: what is missing follows.
  if (BINARY.test(token))
    return { offset: next, why: expecting(tokenAt(text, next) || '<EOF>', STARTS) };
  const isLast = tokenAt(text, next) === '';
  return {
    offset,
    why: isLast
      ? `Syntax error: extraneous input '${token}' expecting <EOF>`
      : expecting(token, '<EOF>'),
  };
}

/** What is missing at the end: what an operator works on, or what closes. */
function endProblem(text: string): string {
  const isOpen = text.split('(').length > text.split(')').length;
  const ends = /[\w)\]}"']\s*$/.test(text);
  return isOpen && ends ? "Syntax error: missing ')' at '<EOF>'" : expecting('<EOF>', STARTS);
}

function expecting(token: string, wanted: string): string {
  return `Syntax error: mismatched input '${token}' expecting ${wanted}`;
}

function skipSpace(text: string, offset: number): number {
  return offset + (/^\s*/.exec(text.slice(offset))?.[0].length ?? 0);
}

function tokenAt(text: string, offset: number): string {
  TOKEN.lastIndex = offset;
  return TOKEN.exec(text)?.[0] ?? '';
}

type Scope = ReadonlyMap<string, CelKind>;

/** Walks one expression, and remembers what is wrong with it. */
class Checker {
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #positions: Readonly<Record<string, number>>;

  constructor(text: string, positions: Readonly<Record<string, number>>) {
    this.#text = text;
    this.#positions = positions;
  }

  typeOf(expression: Expression, scope: Scope): CelKind {
    const { exprKind } = expression;
    switch (exprKind.case) {
      case 'constExpr':
        return typeOfConstant(exprKind.value);
      case 'identExpr':
        return this.#typeOfName(expression, exprKind.value.name, scope);
      case 'selectExpr':
        return this.#typeOfSelect(expression, exprKind.value, scope);
      case 'callExpr':
        return this.#typeOfCall(expression, exprKind.value, scope);
      case 'listExpr': {
        return listOf(this.#typeOfItems(exprKind.value.elements, scope));
      }
      case 'structExpr': {
        const values = exprKind.value.entries.map(({ value }) =>
          value === undefined ? DYN : this.typeOf(value, scope),
        );
        return exprKind.value.messageName === '' ? mapOf(joined(values)) : DYN;
      }
      case 'comprehensionExpr':
        return this.#typeOfLoop(exprKind.value, scope);
      case undefined:
      default:
        return DYN;
    }
  }

  #problem({ id }: Expression, why: string, offset = this.#positions[String(id)] ?? 0): CelKind {
    this.problems.push({ offset: skipSpace(this.#text, offset), why });
    return DYN;
  }

  /** All are of the first one's type. */
  #typeOfItems(items: readonly Expression[], scope: Scope): CelKind {
    const types = items.map((item) => [item, this.typeOf(item, scope)] as const);
    const [first] = types;
    for (const [item, { name }] of types)
      if (
        first !== undefined &&
        SCALARS.has(name) &&
        SCALARS.has(first[1].name) &&
        name !== first[1].name
      )
        this.#problem(item, `expected type '${first[1].name}' but found '${name}'`);
    return joined(types.map(([, type]) => type));
  }

  #typeOfName(expression: Expression, name: string, scope: Scope): CelKind {
    const known = scope.get(name) ?? (TYPES.has(name) ? simple('type') : undefined);
    return (
      known ?? this.#problem(expression, `undeclared reference to '${name}' (in container '')`)
    );
  }

  #typeOfSelect(
    expression: Expression,
    { operand, field, testOnly }: Select,
    scope: Scope,
  ): CelKind {
    const type = operand === undefined ? DYN : this.typeOf(operand, scope);
    const found = selected(type, field);
    // Asking whether something is there is where its bracket is.
    const at = testOnly
      ? this.#text.indexOf('(', this.#positions[String(expression.id)] ?? 0)
      : undefined;
    if (found === 'none') return this.#problem(expression, `undefined field '${field}'`, at);
    if (found === 'never')
      return this.#problem(expression, `type '${type.name}' does not support field selection`);
    return testOnly ? BOOL : found;
  }

  #typeOfCall(expression: Expression, call: Call, scope: Scope): CelKind {
    const { function: name, target, args } = call;
    const namespace = target === undefined ? undefined : namespaceOf(target, scope);
    const own = target === undefined || namespace !== undefined ? [] : [this.typeOf(target, scope)];
    const types = [...own, ...args.map((argument) => this.typeOf(argument, scope))];
    const full = namespace === undefined ? name : `${namespace}.${name}`;
    if (name === '_&&_' || name === '_||_') return this.#typeOfLogic(args, types);
    const result = resultOf(full, types, { isMethod: own.length > 0 });
    if (typeof result !== 'string') return result;
    const why =
      result === 'unknown'
        ? `undeclared reference to '${full}' (in container '')`
        : mismatch(full, types, own.length > 0);
    if (name === '_?_:_') return this.#problem(expression, why, this.#text.indexOf('?'));
    const isOperator = result === 'mismatch' && /^[_@!-]/.test(name);
    return this.#problem(isOperator ? expression : this.#atBracket(expression, name), why);
  }

  #typeOfLogic(args: readonly Expression[], types: readonly CelKind[]): CelKind {
    for (const [index, { name }] of types.entries()) {
      const argument = args[index];
      if (argument !== undefined && name !== 'bool' && name !== 'dyn')
        this.#problem(argument, `expected type 'bool' but found '${name}'`);
    }
    return BOOL;
  }

  /** A call is where its arguments begin. */
  #atBracket(expression: Expression, name: string): Expression {
    const start = this.#positions[String(expression.id)] ?? 0;
    const bracket = this.#text.indexOf('(', Math.max(0, this.#text.indexOf(name, start)));
    if (bracket !== -1) Object.assign(this.#positions, { [String(expression.id)]: bracket });
    return expression;
  }

  #typeOfLoop(loop: Loop, scope: Scope): CelKind {
    const { iterRange, iterVar, iterVar2, accuVar, accuInit, loopStep, loopCondition, result } =
      loop;
    const given = (part: Expression | undefined, inside: Scope, absent: CelKind): CelKind =>
      part === undefined ? absent : this.typeOf(part, inside);
    const range = given(iterRange, scope, DYN);
    const start = given(accuInit, scope, DYN);
    const inner = new Map([...scope, ...iterated(range, iterVar, iterVar2), [accuVar, start]]);
    given(loopCondition, inner, BOOL);
    const step = given(loopStep, inner, start);
    const ending = new Map(scope).set(accuVar, step.name === 'dyn' ? start : step);
    return given(result, ending, step);
  }
}

function mismatch(name: string, types: readonly CelKind[], isMethod: boolean): string {
  const [first = '', ...rest] = types.map((type) => type.name);
  const applied = isMethod ? `${first}.(${rest.join(', ')})` : `(${[first, ...rest].join(', ')})`;
  return `found no matching overload for '${name}' applied to '${applied}'`;
}

/** What a loop goes over: items, keys, or both with what is there. */
function iterated(
  range: CelKind,
  first: string,
  second: string,
): readonly (readonly [string, CelKind])[] {
  const item = range.item ?? DYN;
  const isMap = range.name.startsWith('map(');
  if (second === '') return first === '' ? [] : [[first, isMap ? STRING : item]];
  return [
    [first, isMap ? STRING : INT],
    [second, item],
  ];
}

const TYPES: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'duration',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'timestamp',
  'type',
  'uint',
]);

const SCALARS: ReadonlySet<string> = new Set(['bool', 'bytes', 'double', 'int', 'string', 'uint']);

const CONSTANTS: Readonly<Record<string, string>> = {
  boolValue: 'bool',
  bytesValue: 'bytes',
  doubleValue: 'double',
  int64Value: 'int',
  nullValue: 'null',
  stringValue: 'string',
  uint64Value: 'uint',
};

function typeOfConstant({ constantKind }: Constant): CelKind {
  return simple(CONSTANTS[constantKind.case ?? ''] ?? 'dyn');
}

/** The one type that all have. */
function joined(types: readonly CelKind[]): CelKind {
  const [first] = types;
  return first !== undefined && types.every(({ name }) => name === first.name) ? first : DYN;
}

function selected(type: CelKind, field: string): CelKind | 'none' | 'never' {
  if (type.field !== undefined) return type.field(field) ?? 'none';
  if (type.name.startsWith('map(')) return type.item ?? DYN;
  return type.name === 'dyn' ? DYN : 'never';
}

/** `sets` of `sets.contains(…)`: a name that is no variable. */
function namespaceOf({ exprKind }: Expression, scope: Scope): string | undefined {
  if (exprKind.case !== 'identExpr' || scope.has(exprKind.value.name)) return undefined;
  return NAMESPACES.has(exprKind.value.name) ? exprKind.value.name : undefined;
}

const NAMESPACES: ReadonlySet<string> = new Set([
  'lists',
  'sets',
  'format',
  'base64',
  'strings',
  'optional',
  'ip',
  'cel',
]);
