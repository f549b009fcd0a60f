import { type CommandRun, fail, type RunProgram, splitFlags } from '../command.ts';
import { pathIn } from '../shell.ts';
import { type Input, inputOf } from '../streams.ts';

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

function escapeText(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Basic expressions: `\(`, `\|` and `\+` mean what `(`, `|` and `+` mean in extended ones. */
export function basic(pattern: string): string {
  return classes(
    pattern.replaceAll(/\\([(){}|+?])|([(){}|+?])|\\(.)/g, (whole, special, plain) =>
      special !== undefined ? `${special}` : plain !== undefined ? `\\${plain}` : whole,
    ),
  );
}

/** Extended expressions, with the classes of POSIX. */
export function extended(pattern: string): string {
  return classes(pattern);
}

function classes(pattern: string): string {
  return pattern
    .replaceAll(/\[:(\w+):\]/g, (_, name: string) => CLASSES[name] ?? '')
    .replaceAll('\\<', '\\b')
    .replaceAll('\\>', '\\b');
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  space: '\\s',
  upper: 'A-Z',
};

function openInput({ stdin, shell }: CommandRun, path: string): Input | undefined {
  if (path === '-') return stdin;
  const content = shell.files.read(pathIn(shell, path));
  return content === undefined ? undefined : inputOf(content);
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
  const max = Number(flags.get('m') ?? Infinity);
  const isSilent = flags.has('q') || flags.has('c') || flags.has('l');
  for (let number = 1; found < max; number += 1) {
    const line = (await input.line())?.replace(/\n$/, '');
    if (line === undefined) break;
    if (!test.isMatch(line)) continue;
    found += 1;
    if (flags.has('q')) return found;
    if (isSilent) continue;
    const head = `${prefix}${flags.has('n') ? `${number}:` : ''}`;
    const shown = flags.has('o') ? test.matches(line) : [line];
    for (const text of shown) await stdout.write(`${head}${text}\n`);
  }
  if (flags.has('c')) await stdout.write(`${prefix}${found}\n`);
  if (flags.has('l') && found > 0) await stdout.write(`${prefix.slice(0, -1)}\n`);
  return found;
}

/** `sed` with `s///`, `p` and `d` alone, each for all lines, one line or those that match. */
const sed: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args, 'e');
  const [script = '', ...paths] = [...(flags.has('e') ? [flags.get('e') ?? ''] : []), ...rest];
  const edits = script
    .split(/;|\n/)
    .filter((edit) => edit.trim() !== '')
    .map((edit) => editOf(edit.trim(), flags.has('E') || flags.has('r')));
  if (edits.includes(undefined)) return fail(run, `podlane's sed does not know: ${script}`, 2);
  let number = 0;
  for (const path of paths.length === 0 ? ['-'] : paths) {
    const input = openInput(run, path);
    if (input === undefined) return fail(run, `sed: ${path}: No such file or directory`);
    for (let line = await input.line(); line !== undefined; line = await input.line()) {
      number += 1;
      let kept: string | undefined = line.replace(/\n$/, '');
      for (const edit of edits)
        if (kept !== undefined && edit?.applies(kept, number) === true) {
          if (edit.kind === 'print') await run.stdout.write(`${kept}\n`);
          else kept = edit.kind === 'delete' ? undefined : edit.change(kept);
        }
      if (kept !== undefined && !flags.has('n')) await run.stdout.write(`${kept}\n`);
    }
  }
  return 0;
};

interface Edit {
  readonly kind: 'change' | 'delete' | 'print';
  readonly applies: (line: string, number: number) => boolean;
  readonly change: (line: string) => string;
}

function editOf(text: string, isExtended: boolean): Edit | undefined {
  const read = isExtended ? extended : basic;
  const [, from, to, pattern, action = ''] =
    /^(?:(\d+)(?:,(\d+|\$))?|\/((?:[^/\\]|\\.)*)\/)?\s*([^]*)$/.exec(text) ?? [];
  try {
    const wanted = pattern === undefined ? undefined : new RegExp(read(pattern));
    const last = to === '$' ? Infinity : Number(to ?? from);
    const applies = (line: string, number: number): boolean =>
      wanted?.test(line) ?? (from === undefined || (number >= Number(from) && number <= last));
    if (action === 'p' || action === 'd')
      return { kind: action === 'p' ? 'print' : 'delete', applies, change: (line) => line };
    const separator = action[1] ?? '';
    const [, source, replacement, marks = '', ...more] = action.split(
      new RegExp(`(?<!\\\\)${escapeText(separator)}`),
    );
    if (
      !action.startsWith('s') ||
      source === undefined ||
      replacement === undefined ||
      more.length > 0
    )
      return undefined;
    const compiled = new RegExp(
      read(source),
      `${marks.includes('g') ? 'g' : ''}${/i/i.test(marks) ? 'i' : ''}`,
    );
    const filled = replacement
      .replaceAll('$', '$$$$')
      .replaceAll(/\\(\d)|(?<!\\)&/g, (_, digit?: string) =>
        digit === undefined ? '$&' : `$${digit}`,
      )
      .replaceAll(/\\([^\d])/g, (_, code: string) => (code === 'n' ? '\n' : code));
    return { kind: 'change', applies, change: (line) => line.replace(compiled, filled) };
  } catch {
    // No regular expression.
    return undefined;
  }
}

/** `awk '{print $1, $NF}'`, with a pattern before it or not, and nothing else of awk. */
const awk: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args, 'Fv');
  const [program = '', ...paths] = rest;
  const match =
    /^\s*(?:\/((?:[^/\\]|\\.)*)\/|NR\s*==\s*(\d+))?\s*(?:\{\s*print\s*([^{}]*)\})?\s*$/.exec(
      program,
    );
  if (match === null || program.trim() === '')
    return fail(run, `podlane's awk does not know: ${program}`, 2);
  const [, pattern, row, expressions = ''] = match;
  const wanted = pattern === undefined ? undefined : new RegExp(extended(pattern));
  const parts =
    expressions.trim() === '' ? ['$0'] : expressions.split(',').map((part) => part.trim());
  let number = 0;
  for (const path of paths.length === 0 ? ['-'] : paths) {
    const input = openInput(run, path);
    if (input === undefined) return fail(run, `awk: ${path}: No such file or directory`, 2);
    for (let line = await input.line(); line !== undefined; line = await input.line()) {
      number += 1;
      const text = line.replace(/\n$/, '');
      if (wanted?.test(text) === false || (row !== undefined && Number(row) !== number)) continue;
      const fields = splitFields(text, flags.get('F'));
      await run.stdout.write(`${parts.map((part) => valueOf(part, fields, text)).join(' ')}\n`);
    }
  }
  return 0;
};

function splitFields(text: string, separator: string | undefined): readonly string[] {
  return separator === undefined ? text.trim().split(/\s+/) : text.split(separator);
}

function valueOf(expression: string, fields: readonly string[], line: string): string {
  const pieces = expression.match(/"(?:[^"\\]|\\.)*"|\$(?:NF|\d+)|NF|NR/g) ?? [];
  return pieces
    .map((piece) => {
      if (piece.startsWith('"')) return piece.slice(1, -1);
      if (piece === '$0') return line;
      if (piece === 'NF') return `${fields.length}`;
      return (piece === '$NF' ? fields.at(-1) : fields[Number(piece.slice(1)) - 1]) ?? '';
    })
    .join('');
}

/** Programs that search and change lines. */
export const LINE_EDITORS: Readonly<Record<string, RunProgram>> = {
  awk,
  egrep: (run) => grep({ ...run, args: ['-E', ...run.args] }),
  fgrep: (run) => grep({ ...run, args: ['-F', ...run.args] }),
  grep,
  sed,
};
