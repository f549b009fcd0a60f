type ReadFile = (path: string) => string | undefined;

/** `test` and `[`. @returns 0 for true, 1 for false, 2 for what it cannot read. */
export function evaluateTest(words: readonly string[], readFile: ReadFile): number {
  if (words[0] === '!') {
    const inner = evaluateTest(words.slice(1), readFile);
    return inner > 1 ? inner : 1 - inner;
  }
  const joint = words.findIndex((word) => word === '-a' || word === '-o');
  if (joint > 0) {
    const left = evaluateTest(words.slice(0, joint), readFile) === 0;
    const right = evaluateTest(words.slice(joint + 1), readFile) === 0;
    return Number(!(words[joint] === '-a' ? left && right : left || right));
  }
  const verdict = words.length === 3 ? compare(words) : unary(words, readFile);
  return verdict === undefined ? 2 : Number(!verdict);
}

function unary([first = '', second]: readonly string[], readFile: ReadFile): boolean | undefined {
  return second === undefined ? first !== '' : CHECKS[first]?.(second, readFile);
}

const exists = (path: string, readFile: ReadFile): boolean => readFile(path) !== undefined;

/** Only files are known here: any other absolute path may be a directory, and nothing is a program. */
const CHECKS: Readonly<Record<string, (word: string, readFile: ReadFile) => boolean>> = {
  '-z': (word) => word === '',
  '-n': (word) => word !== '',
  '-e': exists,
  '-f': exists,
  '-r': exists,
  '-w': exists,
  '-s': (path, readFile) => (readFile(path) ?? '') !== '',
  '-d': (path, readFile) => path.startsWith('/') && !exists(path, readFile),
  '-x': () => false,
};

function compare([left = '', operator = '', right = '']: readonly string[]): boolean | undefined {
  if (operator === '=' || operator === '==') return left === right;
  if (operator === '!=') return left !== right;
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
