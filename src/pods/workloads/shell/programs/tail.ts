import {
  type CommandRun,
  fail,
  type RunProgram,
  splitAllFlags,
  type SplitFlags,
} from '../command.ts';
import { pathIn, ShellExit } from '../shell.ts';

/** Containers of a Pod start one after another in a real cluster, and what the first one writes is there by then. */
const START_MS = 1000;
const DEFAULT_LINES = '10';
const NEWLINE = 0x0a;
const EMPTY: Uint8Array = new Uint8Array();

/** One file that is followed. */
interface Followed {
  /** As it was given. */
  readonly name: string;
  readonly path: string;
  /** How much of it was shown; undefined while it is not there. */
  shown: number | undefined;
}

/** `tail [-fF] [-n LINES | -c BYTES] [FILE…]`: the end of files, and what is written to them from then on. */
const tail: RunProgram = async (run) => {
  const split = splitAllFlags(numbered(run.args), 'ncs');
  const { flags, rest } = split;
  const follows = ['f', 'F', 'follow'].some((flag) => flags.has(flag));
  if (rest.length === 0) await run.stdout.write(lastOf(await run.stdin.all(), flags));
  const titles = new Titles(run, flags, rest.length);
  const followed: Followed[] = [];
  let exitCode = 0;
  for (const name of rest) {
    const file = await open(run, name, split);
    if (file === undefined) exitCode = 1;
    else {
      if (file.shown !== undefined) await titles.show(file);
      await run.stdout.write(lastOf(contentOf(run, file) ?? EMPTY, flags));
      followed.push(file);
    }
  }
  if (!follows) return exitCode;
  if (rest.length > 0 && followed.length === 0) return fail(run, 'tail: no files remaining');
  return follow(run, followed, titles);
};

/** `-5` as `-n 5`, and `-5f` as both. */
function numbered(args: readonly string[]): readonly string[] {
  return args.flatMap((word) => {
    const [, count, more] = /^-(\d+)(f?)$/.exec(word) ?? [];
    return count === undefined ? [word] : ['-n', count, ...(more === '' ? [] : ['-f'])];
  });
}

/** @returns undefined for a file that is not there, unless it is waited for. */
async function open(
  run: CommandRun,
  name: string,
  { flags }: SplitFlags,
): Promise<Followed | undefined> {
  const path = pathIn(run.shell, name);
  if (run.shell.isOwn && contentOf(run, { path }) === undefined) await appearing(run, path);
  const size = contentOf(run, { path })?.length;
  if (size !== undefined) return { name, path, shown: size };
  const why = run.shell.files.isDirectory(path) ? 'Is a directory' : 'No such file or directory';
  // The image may have it, and nobody writes to it then.
  const isOfImage = run.shell.isOfImage(path);
  if (!isOfImage) await run.stderr.write(`tail: can't open '${name}': ${why}\n`);
  return isOfImage || flags.has('F') ? { name, path, shown: undefined } : undefined;
}

/** Waits for a file of the Pod's start. */
async function appearing(run: CommandRun, path: string): Promise<void> {
  const { shell } = run;
  const appeared = Promise.withResolvers<void>();
  using _watch = shell.files.watch(path, () => {
    if (contentOf(run, { path }) !== undefined) appeared.resolve();
  });
  await Promise.race([appeared.promise, shell.sleep(START_MS)]);
}

function contentOf(
  { shell }: CommandRun,
  { path }: Pick<Followed, 'path'>,
): Uint8Array | undefined {
  return path === '/dev/null' ? EMPTY : shell.files.read(path);
}

/** The part that the flags ask for: the last lines or bytes, or all from one on. */
function lastOf(content: Uint8Array, flags: SplitFlags['flags']): Uint8Array {
  const bytes = flags.get('c') ?? flags.get('bytes');
  const count = bytes ?? flags.get('n') ?? flags.get('lines') ?? DEFAULT_LINES;
  const wanted = Math.abs(Number.parseInt(count, 10)) || 0;
  const isFromStart = count.startsWith('+');
  if (bytes !== undefined)
    return content.subarray(
      isFromStart ? Math.max(0, wanted - 1) : Math.max(0, content.length - wanted),
    );
  return isFromStart ? fromLine(content, wanted) : lastLines(content, wanted);
}

function fromLine(content: Uint8Array, first: number): Uint8Array {
  let start = 0;
  for (let line = 1; line < first; line += 1) {
    const end = content.indexOf(NEWLINE, start);
    if (end < 0) return EMPTY;
    start = end + 1;
  }
  return content.subarray(start);
}

function lastLines(content: Uint8Array, count: number): Uint8Array {
  if (count === 0) return EMPTY;
  // The end of the last line begins no other one.
  let start = content.length - 1;
  for (let left = count; left > 0; left -= 1) {
    start = start <= 0 ? -1 : content.lastIndexOf(NEWLINE, start - 1);
    if (start < 0) return content;
  }
  return content.subarray(start + 1);
}

/** Says of which file the next lines are, where there are several. */
class Titles {
  readonly #run: CommandRun;
  readonly #isShown: boolean;
  #last: Followed | undefined;

  constructor(run: CommandRun, flags: SplitFlags['flags'], fileCount: number) {
    this.#run = run;
    this.#isShown = (fileCount > 1 && !flags.has('q')) || flags.has('v');
  }

  async show(file: Followed): Promise<void> {
    if (!this.#isShown || this.#last === file) return;
    const gap = this.#last === undefined ? '' : '\n';
    this.#last = file;
    await this.#run.stdout.write(`${gap}==> ${file.name} <==\n`);
  }
}

/** Shows what is added, until the shell ends. */
async function follow(run: CommandRun, files: readonly Followed[], titles: Titles): Promise<never> {
  const { shell } = run;
  let changed = Promise.withResolvers<void>();
  const wake = (): void => changed.resolve();
  const watches = files.map(({ path }) => shell.files.watch(path, wake));
  shell.signal.addEventListener('abort', wake, { once: true });
  try {
    while (!shell.signal.aborted) {
      for (const file of files) await showAdded(run, file, titles);
      await changed.promise;
      changed = Promise.withResolvers<void>();
    }
  } finally {
    shell.signal.removeEventListener('abort', wake);
    for (const watch of watches) watch[Symbol.dispose]();
  }
  throw new ShellExit(143);
}

async function showAdded(run: CommandRun, file: Followed, titles: Titles): Promise<void> {
  const content = contentOf(run, file);
  if (content === undefined) {
    file.shown = undefined;
    return;
  }
  const before = file.shown ?? 0;
  const isShorter = content.length < before;
  if (isShorter) await run.stderr.write(`tail: ${file.name}: file truncated\n`);
  const added = content.subarray(isShorter ? 0 : before);
  file.shown = content.length;
  if (added.length === 0) return;
  await titles.show(file);
  await run.stdout.write(added);
}

/** The end of files. */
export const TAIL: Readonly<Record<string, RunProgram>> = { tail };
