import { matchesPattern } from './pattern.ts';
import { pathIn, type Shell } from './shell.ts';

type Place = Pick<Shell, 'directory' | 'files'>;

/** `test` and `[`. @returns 0 for true, 1 for false, 2 for what it cannot read. */
export function evaluateTest(words: readonly string[], place: Place): number {
  if (words.length > 1 && words[0] === '!') {
    const inner = evaluateTest(words.slice(1), place);
    return inner > 1 ? inner : 1 - inner;
  }
  const joint = words.findIndex((word) => JOINTS.has(word));
  if (joint > 0 && words.length > 3) {
    const left = evaluateTest(words.slice(0, joint), place) === 0;
    const right = evaluateTest(words.slice(joint + 1), place) === 0;
    const isAnd = words[joint] === '-a' || words[joint] === '&&';
    return Number(!(isAnd ? left && right : left || right));
  }
  const verdict = words.length === 3 ? compare(words) : unary(words, place);
  return verdict === undefined ? 2 : Number(!verdict);
}

const JOINTS: ReadonlySet<string> = new Set(['-a', '-o', '&&', '||']);

function unary(
  [first = '', second, ...rest]: readonly string[],
  place: Place,
): boolean | undefined {
  if (rest.length > 0) return undefined;
  return second === undefined ? first !== '' : CHECKS[first]?.(second, place);
}

function isFile(path: string, place: Place): boolean {
  return place.files.read(pathIn(place, path)) !== undefined;
}

function isDirectory(path: string, place: Place): boolean {
  return place.files.isDirectory(pathIn(place, path));
}

function exists(path: string, place: Place): boolean {
  return isFile(path, place) || isDirectory(path, place) || path === '/dev/null';
}

const CHECKS: Readonly<Record<string, (word: string, place: Place) => boolean>> = {
  '-z': (word) => word === '',
  '-n': (word) => word !== '',
  '-e': exists,
  '-f': isFile,
  '-r': exists,
  '-w': exists,
  '-s': (path, place) => (place.files.read(pathIn(place, path))?.length ?? 0) > 0,
  '-d': isDirectory,
  '-L': () => false,
  '-h': () => false,
  '-t': () => false,
  '-x': isDirectory,
};

function compare([left = '', operator = '', right = '']: readonly string[]): boolean | undefined {
  if (operator === '=') return left === right;
  if (operator === '==') return matchesPattern(left, right);
  if (operator === '!=') return left !== right;
  if (operator === '<') return left < right;
  if (operator === '>') return left > right;
  if (!/^\s*-?\d+\s*$/.test(left) || !/^\s*-?\d+\s*$/.test(right)) return undefined;
  return COMPARISONS[operator]?.(Number(left), Number(right));
}

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '-eq': (left, right) => left === right,
  '-ne': (left, right) => left !== right,
  '-lt': (left, right) => left < right,
  '-le': (left, right) => left <= right,
  '-gt': (left, right) => left > right,
  '-ge': (left, right) => left >= right,
};
