import type { OpenedFile } from '../../../file-table.ts';
import { type CommandRun, fail, type RunProgram, splitFlags } from '../command.ts';
import { openToWrite } from '../files.ts';
import { pathIn } from '../shell.ts';
import { type Input, inputOf } from '../streams.ts';

/** The files that words name, or what is read where they name none. */
async function* inputsOf(run: CommandRun, paths: readonly string[]): AsyncGenerator<Input> {
  if (paths.length === 0) yield run.stdin;
  for (const path of paths) {
    const content = path === '-' ? run.stdin : run.shell.files.read(pathIn(run.shell, path));
    if (content === undefined) await run.stderr.write(`${path}: No such file or directory\n`);
    else yield content === run.stdin ? run.stdin : inputOf(content as Uint8Array);
  }
}

async function* linesOf(run: CommandRun, paths: readonly string[]): AsyncGenerator<string> {
  for await (const input of inputsOf(run, paths))
    for (let line = await input.line(); line !== undefined; line = await input.line())
      yield line.replace(/\n$/, '');
}

async function allLines(run: CommandRun, paths: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(run, paths)) lines.push(line);
  return lines;
}

const printLines = (run: CommandRun, lines: readonly string[]): Promise<void> | void =>
  lines.length === 0 ? undefined : run.stdout.write(`${lines.join('\n')}\n`);

const head: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(numbered(run.args), 'nc');
  const bytes = flags.get('c');
  if (bytes !== undefined) {
    for await (const input of inputsOf(run, rest))
      await run.stdout.write((await input.all()).subarray(0, Number(bytes)));
    return 0;
  }
  let left = Number(flags.get('n') ?? 10);
  if (left <= 0) return 0;
  for await (const line of linesOf(run, rest)) {
    await run.stdout.write(`${line}\n`);
    left -= 1;
    if (left <= 0) break;
  }
  return 0;
};

/** `-5` as `-n 5`. */
function numbered(args: readonly string[]): readonly string[] {
  return args.flatMap((word) => (/^-\d+$/.test(word) ? ['-n', word.slice(1)] : [word]));
}

const wc: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args);
  for (const path of rest.length === 0 ? [''] : rest) {
    let [lines, words, bytes] = [0, 0, 0];
    for await (const input of inputsOf(run, path === '' ? [] : [path])) {
      for (let piece = await input.line(); piece !== undefined; piece = await input.line()) {
        lines += Number(piece.endsWith('\n'));
        words += piece.split(/\s+/).filter((word) => word !== '').length;
        bytes += Buffer.byteLength(piece);
      }
    }
    const counts: readonly (readonly [string, number])[] = [
      ['l', lines],
      ['w', words],
      ['c', bytes],
    ];
    const wanted = counts.filter(([flag]) => flags.size === 0 || flags.has(flag));
    const numbers = wanted.map(([, count]) => (wanted.length > 1 ? `${count}`.padStart(9) : count));
    await run.stdout.write(`${numbers.join(' ')}${path === '' ? '' : ` ${path}`}\n`);
  }
  return 0;
};

const sort: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args, 'kto');
  const key = Number.parseInt(flags.get('k') ?? '0', 10);
  const separator = flags.get('t');
  const fieldOf = (line: string): string =>
    key > 0 ? (line.trim().split(separator ?? /\s+/)[key - 1] ?? '') : line;
  const isNumeric = flags.has('n');
  const lines = (await allLines(run, rest)).toSorted((a, b) => {
    const [left, right] = [fieldOf(a), fieldOf(b)];
    const byNumber = isNumeric
      ? (Number.parseFloat(left) || 0) - (Number.parseFloat(right) || 0)
      : 0;
    return byNumber === 0 ? (left < right ? -1 : Number(left > right)) : byNumber;
  });
  if (flags.has('r')) lines.reverse();
  await printLines(run, flags.has('u') ? [...new Set(lines)] : lines);
  return 0;
};

const uniq: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args);
  const groups: { readonly line: string; count: number }[] = [];
  for await (const line of linesOf(run, rest)) {
    const last = groups.at(-1);
    if (last?.line === line) last.count += 1;
    else groups.push({ line, count: 1 });
  }
  const kept = groups.filter(
    ({ count }) => (!flags.has('d') || count > 1) && (!flags.has('u') || count === 1),
  );
  const hasCount = flags.has('c');
  await printLines(
    run,
    kept.map(({ line, count }) => (hasCount ? `${`${count}`.padStart(7)} ${line}` : line)),
  );
  return 0;
};

const cut: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args, 'dfcb');
  const delimiter = flags.get('d') ?? '\t';
  const list = flags.get('f') ?? flags.get('c') ?? flags.get('b') ?? '';
  const wanted = rangesOf(list);
  for await (const line of linesOf(run, rest)) {
    if (!flags.has('f')) {
      await run.stdout.write(
        `${line
          .split('')
          .filter((_, index) => wanted(index + 1))
          .join('')}\n`,
      );
      continue;
    }
    const fields = line.split(delimiter);
    const kept = fields.length === 1 ? fields : fields.filter((_, index) => wanted(index + 1));
    await run.stdout.write(`${kept.join(delimiter)}\n`);
  }
  return 0;
};

/** `1,3-5,7-` */
function rangesOf(list: string): (position: number) => boolean {
  const ranges = list.split(',').map((part) => {
    const [from = '', to = from] = part.split('-');
    return { from: Number(from || 1), to: part.endsWith('-') ? Infinity : Number(to) };
  });
  return (position) => ranges.some(({ from, to }) => position >= from && position <= to);
}

const tr: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args);
  const [from = '', to = ''] = rest.map(characters);
  const matches = (char: string): boolean => from.includes(char) !== flags.has('c');
  const replaced = (char: string): string => {
    if (flags.has('d')) return '';
    if (to === '') return char;
    const at = from.indexOf(char);
    return to[at < 0 ? to.length - 1 : Math.min(at, to.length - 1)] ?? '';
  };
  let result = '';
  for (const char of await run.stdin.text()) {
    const next = matches(char) ? replaced(char) : char;
    const isSqueezed = flags.has('s') && matches(char) && result.endsWith(next);
    if (!isSqueezed) result += next;
  }
  await run.stdout.write(result);
  return 0;
};

/** `a-z` and `[:upper:]` written out. */
function characters(set: string): string {
  return set
    .replaceAll(/\[:(\w+):\]/g, (_, name: string) => CLASSES[name] ?? '')
    .replaceAll(/\\([nrt\\])/g, (_, code: string) => ({ n: '\n', r: '\r', t: '\t' })[code] ?? code)
    .replaceAll(/([^])-([^])/g, (_, first: string, last: string) => {
      const [from = 0, to = 0] = [first.codePointAt(0), last.codePointAt(0)];
      const length = Math.min(Math.max(0, to - from + 1), 256);
      return String.fromCodePoint(...Array.from({ length }, (__, index) => from + index));
    });
}

const CLASSES: Readonly<Record<string, string>> = {
  upper: 'A-Z',
  lower: 'a-z',
  digit: '0-9',
  alpha: 'A-Za-z',
  alnum: 'A-Za-z0-9',
  space: ' \t\n\r',
};

const tee: RunProgram = async ({ args, stdin, stdout, stderr, shell }) => {
  const { flags, rest } = splitFlags(args);
  let exitCode = 0;
  const files: OpenedFile[] = [];
  for (const path of rest) {
    const file = openToWrite(shell, pathIn(shell, path), flags.has('a'));
    if (typeof file !== 'string') files.push(file);
    else exitCode = await fail({ stderr }, `tee: ${path}: ${file}`);
  }
  for (let piece = await stdin.bytes(); piece !== undefined; piece = await stdin.bytes()) {
    for (const file of files) if (!file.append(piece)) exitCode = 1;
    await stdout.write(piece);
  }
  return exitCode;
};

const xargs: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args, 'nIPd');
  const words = rest.length === 0 ? ['echo'] : rest;
  const placeholder = flags.get('I');
  const text = await run.stdin.text();
  const items =
    placeholder === undefined
      ? text.split(/\s+/).filter((word) => word !== '')
      : text.split('\n').filter((line) => line !== '');
  const size = placeholder === undefined ? Number(flags.get('n') ?? (items.length || 1)) : 1;
  let exitCode = 0;
  for (let at = 0; at < items.length; at += Math.max(1, size)) {
    const taken = items.slice(at, at + Math.max(1, size));
    const command =
      placeholder === undefined
        ? [...words, ...taken]
        : words.map((word) => word.replaceAll(placeholder, taken[0] ?? ''));
    if ((await run.shell.run(command, run, run.shell)) !== 0) exitCode = 123;
  }
  return exitCode;
};

const base64: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args, 'w');
  for await (const input of inputsOf(run, rest)) {
    const content = await input.all();
    const isDecoding = flags.has('d') || flags.has('decode') || flags.has('D');
    if (isDecoding) await run.stdout.write(Buffer.from(content.toString(), 'base64'));
    else
      await run.stdout.write(`${content.toString('base64').replaceAll(/.{76}(?=.)/g, '$&\n')}\n`);
  }
  return 0;
};

const basename: RunProgram = async (run) => {
  const [path = '', suffix = ''] = run.args;
  const name = path.replace(/\/+$/, '').replace(/^.*\//, '');
  await run.stdout.write(
    `${suffix !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`,
  );
  return 0;
};

const dirname: RunProgram = async (run) => {
  const [path = ''] = run.args;
  if (path === '') return fail(run, 'dirname: missing operand');
  await run.stdout.write(
    `${/^(.*)\/[^/]+\/*$/.exec(path)?.[1] || (path.startsWith('/') ? '/' : '.')}\n`,
  );
  return 0;
};

const yes: RunProgram = async ({ args, stdout, shell }) => {
  for (let count = 1; !shell.signal.aborted; count += 1) {
    await stdout.write(`${args[0] ?? 'y'}\n`.repeat(512));
    // Whoever takes it all is not to keep everybody else waiting.
    if (count % 256 === 0) await shell.sleep(100);
  }
  return 143;
};

/** Programs for text. */
export const TEXT: Readonly<Record<string, RunProgram>> = {
  base64,
  basename,
  cut,
  dirname,
  head,
  sort,
  tee,
  tr,
  uniq,
  wc,
  xargs,
  yes,
};
