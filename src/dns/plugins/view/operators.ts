import { compileGoRegExp, GoRegExpError } from '../../go-regexp/index.ts';
import { ExpressionError } from './expression-error.ts';

/** undefined is `nil`. */
export type Value = string | number | boolean | undefined | readonly Value[];

/** An operator between two operands; the right one is worked out when needed. */
export interface BinaryOperator {
  /** Operators of more power bind more tightly. */
  readonly power: number;
  readonly isRightToLeft: boolean;
  readonly apply: (left: Value, right: () => Value) => Value;
}

type Apply = BinaryOperator['apply'];

const MAX_RANGE = 10_000;

const numeric =
  (compute: (left: number, right: number) => Value): Apply =>
  (left, right) =>
    compute(numberOf(left), numberOf(right()));

const textual =
  (compute: (left: string, right: string) => Value): Apply =>
  (left, right) =>
    compute(textOf(left), textOf(right()));

const ordered =
  (compute: (order: number) => boolean): Apply =>
  (left, right) =>
    compute(compare(left, right()));

const or: Apply = (left, right) => truth(left) || truth(right());
const and: Apply = (left, right) => truth(left) && truth(right());

/** @see https://github.com/expr-lang/expr, "Operators" */
export const BINARY: ReadonlyMap<string, BinaryOperator> = new Map(
  (
    [
      ['||', 10, or],
      ['or', 10, or],
      ['&&', 15, and],
      ['and', 15, and],
      ['==', 20, (left, right) => isEqual(left, right())],
      ['!=', 20, (left, right) => !isEqual(left, right())],
      ['<', 20, ordered((order) => order < 0)],
      ['>', 20, ordered((order) => order > 0)],
      ['<=', 20, ordered((order) => order <= 0)],
      ['>=', 20, ordered((order) => order >= 0)],
      ['in', 20, (left, right) => isIn(left, right())],
      ['matches', 20, textual(matches)],
      ['contains', 20, textual((left, right) => left.includes(right))],
      ['startsWith', 20, textual((left, right) => left.startsWith(right))],
      ['endsWith', 20, textual((left, right) => left.endsWith(right))],
      ['..', 25, numeric(range)],
      ['+', 30, add],
      ['-', 30, numeric((left, right) => left - right)],
      ['*', 60, numeric((left, right) => left * right)],
      ['/', 60, numeric((left, right) => left / right)],
      ['%', 60, numeric((left, right) => left % right)],
      ['**', 100, numeric((left, right) => left ** right)],
      ['^', 100, numeric((left, right) => left ** right)],
      ['??', 500, (left, right) => left ?? right()],
    ] satisfies readonly (readonly [string, number, Apply])[]
  ).map(([name, power, apply]) => [name, { power, apply, isRightToLeft: power === 100 }]),
);

/** Functions that every expression has. */
export const BUILTINS: ReadonlyMap<string, (...args: readonly Value[]) => Value> = new Map<
  string,
  (...args: readonly Value[]) => Value
>([
  ['len', (value) => lengthOf(value)],
  ['lower', (text) => textOf(text).toLowerCase()],
  ['upper', (text) => textOf(text).toUpperCase()],
  ['trim', (text) => textOf(text).trim()],
  ['trimPrefix', (text, prefix) => withoutPrefix(textOf(text), textOf(prefix))],
  ['trimSuffix', (text, suffix) => withoutSuffix(textOf(text), textOf(suffix))],
  ['split', (text, separator) => textOf(text).split(textOf(separator))],
  [
    'join',
    (list, separator) =>
      listOf(list)
        .map(String)
        .join(textOf(separator ?? '')),
  ],
  ['hasPrefix', (text, prefix) => textOf(text).startsWith(textOf(prefix))],
  ['hasSuffix', (text, suffix) => textOf(text).endsWith(textOf(suffix))],
  ['int', (value) => Math.trunc(Number(value))],
  ['string', (value) => String(value)],
]);

/** @throws ExpressionError for arguments of the wrong kind. */
export function callBuiltin(name: string, args: readonly Value[]): Value {
  return BUILTINS.get(name)?.(...args);
}

/** @throws ExpressionError for anything but true and false. */
export function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw new ExpressionError(`${String(value)} is no condition`);
  return value;
}

function isEqual(left: Value, right: Value): boolean {
  if (!isList(left) || !isList(right)) return left === right;
  return left.length === right.length && left.every((item, index) => isEqual(item, right[index]));
}

function isIn(item: Value, list: Value): boolean {
  return listOf(list).some((other) => isEqual(item, other));
}

function matches(text: string, pattern: string): boolean {
  try {
    return compileGoRegExp(pattern).match(text) !== undefined;
  } catch (error) {
    if (error instanceof GoRegExpError) throw new ExpressionError(error.message);
    throw error;
  }
}

function range(first: number, last: number): readonly number[] {
  const count = Math.max(0, Math.floor(last) - Math.floor(first) + 1);
  if (count > MAX_RANGE) throw new ExpressionError(`range of more than ${MAX_RANGE}`);
  return Array.from({ length: count }, (_, index) => Math.floor(first) + index);
}

function add(left: Value, right: () => Value): Value {
  const other = right();
  return typeof left === 'string' ? left + textOf(other) : numberOf(left) + numberOf(other);
}

function compare(left: Value, right: Value): number {
  if (typeof left === 'string' && typeof right === 'string') {
    if (left === right) return 0;
    return left < right ? -1 : 1;
  }
  return numberOf(left) - numberOf(right);
}

function lengthOf(value: Value): number {
  return typeof value === 'string' ? value.length : listOf(value).length;
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function withoutSuffix(text: string, suffix: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

function numberOf(value: Value): number {
  if (typeof value !== 'number') throw new ExpressionError(`${String(value)} is no number`);
  return value;
}

function textOf(value: Value): string {
  if (typeof value !== 'string') throw new ExpressionError(`${String(value)} is no text`);
  return value;
}

function listOf(value: Value): readonly Value[] {
  if (!isList(value)) throw new ExpressionError(`${String(value)} is no list`);
  return value;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
