import { type CommandRun, fail, type RunProgram, splitFlags } from '../command.ts';
import type { Input } from '../streams.ts';
import { awk } from './awk.ts';
import { basic, escapeText, extended, openInput } from './line-input.ts';
import { sed } from './sed.ts';

const MAX_PATTERN = 1024;

const grep: RunProgram = async (run) => {
  const { flags, words } = flagsOf(run.args);
  const [pattern = '', ...paths] = [...(flags.has('e') ? [flags.get('e') ?? ''] : []), ...words];
  const test = testOf(pattern, flags);
  if (test === undefined) return fail(run, 'grep: bad regex', 2);
  let found = 0;
  let isMissing = false;
  for (const path of paths.length === 0 ? ['-'] : paths) {
    const input = openInput(run, path);
    if (input === undefined) {
      isMissing = true;
      if (!flags.has('s')) await run.stderr.write(`grep: ${path}: No such file or directory\n`);
      continue;
    }
    found += await search(input, run, { test, flags, prefix: paths.length > 1 ? `${path}:` : '' });
  }
  if (found > 0) return 0;
  return isMissing ? 2 : 1;
};

/** Flags may stand after the pattern as well. */
function flagsOf(args: readonly string[]): {
  readonly flags: ReadonlyMap<string, string>;
  readonly words: readonly string[];
} {
  const flags = new Map<string, string>();
  const words: string[] = [];
  let left = args;
  while (left.length > 0) {
    const split = splitFlags(left, 'emABC');
    for (const [name, value] of split.flags) flags.set(LONG[name] ?? name, value);
    words.push(...split.rest.slice(0, 1));
    left = split.rest.slice(1);
  }
  return { flags, words };
}

const LONG: Readonly<Record<string, string>> = {
  quiet: 'q',
  silent: 'q',
  count: 'c',
  'ignore-case': 'i',
  'invert-match': 'v',
  'line-number': 'n',
  'only-matching': 'o',
  'fixed-strings': 'F',
  'extended-regexp': 'E',
};

interface LineTest {
  readonly isMatch: (line: string) => boolean;
  readonly matches: (line: string) => readonly string[];
}

function testOf(pattern: string, flags: ReadonlyMap<string, string>): LineTest | undefined {
  const isExtended = flags.has('E') || flags.has('P');
  const alternatives = pattern.split('\n').map((line) => {
    const source = flags.has('F') ? escapeText(line) : isExtended ? extended(line) : basic(line);
    const word = flags.has('w') ? `\\b(?:${source})\\b` : source;
    return flags.has('x') ? `^(?:${word})$` : word;
  });
  if (pattern.length > MAX_PATTERN) return undefined;
  try {
    const compiled = new RegExp(alternatives.join('|'), flags.has('i') ? 'gi' : 'g');
    return {
      isMatch: (line) => line.search(compiled) >= 0 !== flags.has('v'),
      matches: (line) => line.match(compiled) ?? [],
    };
  } catch {
    // No regular expression.
    return undefined;
  }
}

interface Search {
  readonly test: LineTest;
  readonly flags: ReadonlyMap<string, string>;
  readonly prefix: string;
}

/** @returns how many lines match. */
async function search(
  input: Input,
  { stdout }: CommandRun,
  { test, flags, prefix }: Search,
): Promise<number> {
  let found = 0;
  const max = Number(flags.has('q') ? 1 : (flags.get('m') ?? Infinity));
  const isSilent = ['q', 'c', 'l'].some((flag) => flags.has(flag));
  for (let number = 1; found < max; number += 1) {
    const line = (await input.line())?.replace(/\n$/, '');
    if (line === undefined) break;
    if (!test.isMatch(line)) continue;
    found += 1;
    if (!isSilent) await stdout.write(shownLines(line, number, { test, flags, prefix }));
  }
  if (flags.has('c')) await stdout.write(`${prefix}${found}\n`);
  if (flags.has('l') && found > 0) await stdout.write(`${prefix.slice(0, -1)}\n`);
  return found;
}

function shownLines(line: string, number: number, { test, flags, prefix }: Search): string {
  const head = `${prefix}${flags.has('n') ? `${number}:` : ''}`;
  const shown = flags.has('o') ? test.matches(line) : [line];
  return shown.map((text) => `${head}${text}\n`).join('');
}

/** Programs that search and change lines. */
export const LINE_EDITORS: Readonly<Record<string, RunProgram>> = {
  awk,
  egrep: (run) => grep({ ...run, args: ['-E', ...run.args] }),
  fgrep: (run) => grep({ ...run, args: ['-F', ...run.args] }),
  grep,
  sed,
};
