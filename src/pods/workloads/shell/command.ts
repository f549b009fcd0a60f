import type { WorkloadContext } from '../../workload.ts';
import type { Shell } from './shell.ts';
import type { Streams } from './streams.ts';

/** One run of a command. */
export interface CommandRun extends Streams {
  readonly args: readonly string[];
  readonly shell: Shell;
  readonly pod: WorkloadContext;
}

/** What a program does. @returns its exit code. */
export type RunProgram = (run: CommandRun) => Promise<number> | number;

/** A program of the container. */
export interface ShellCommand {
  readonly run: RunProgram;
  /** What it does not know of these words, so far as they can be told beforehand. @default nothing */
  readonly unknownOf?: (args: readonly (string | undefined)[]) => string | undefined;
}

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', 'dash']);

/** Whether a command is a shell, by its name. */
export function isShell(program: string): boolean {
  return SHELLS.has(baseName(program));
}

/** A program's name without the way to it. */
export function baseName(path: string): string {
  return path.replace(/^.*\//, '');
}

/** What a shell is told to run by its own words. */
export interface GivenScript {
  readonly text: string;
  /** `$0`, `$1` … */
  readonly positional: readonly string[];
  /** `sh -e` */
  readonly endsOnError: boolean;
}

/** The script of `sh -c SCRIPT NAME ARG…`, among other flags; undefined where there is none. */
export function scriptOf(args: readonly string[]): GivenScript | undefined {
  const flags = args.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word));
  const before = args.slice(0, flags);
  const text = args[flags + 1];
  if (flags < 0 || !before.every((word) => word.startsWith('-')) || text === undefined)
    return undefined;
  const endsOnError = args.slice(0, flags + 1).some((word) => /^-[a-z]*e/.test(word));
  return { text, positional: args.slice(flags + 2), endsOnError };
}

/** Flags among `args`, up to `--` or the first word that is none; a flag in `valued` takes the next word. */
export function splitFlags(args: readonly string[], valued = ''): SplitFlags {
  const flags = new Map<string, string>();
  let at = 0;
  for (; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (!/^-\D/.test(word)) break;
    if (word === '--') return { flags, rest: args.slice(at + 1) };
    if (word.startsWith('--')) {
      const [name = '', ...value] = word.slice(2).split('=');
      flags.set(name, value.join('='));
    } else at += readLetters(word, { flags, valued, next: args[at + 1] ?? '' });
  }
  return { flags, rest: args.slice(at) };
}

/** As `splitFlags`, where flags may stand after other words as well. */
export function splitAllFlags(args: readonly string[], valued = ''): SplitFlags {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let left = args; left.length > 0;) {
    const split = splitFlags(left, valued);
    for (const [name, value] of split.flags) flags.set(name, value);
    const taken = left.length - split.rest.length;
    if (left[taken - 1] === '--') return { flags, rest: [...rest, ...split.rest] };
    rest.push(...split.rest.slice(0, 1));
    left = split.rest.slice(1);
  }
  return { flags, rest };
}

interface Letters {
  readonly flags: Map<string, string>;
  readonly valued: string;
  /** The word after this one. */
  readonly next: string;
}

/** `-xvf FILE`. @returns how many further words were taken. */
function readLetters(word: string, { flags, valued, next }: Letters): number {
  for (let index = 1; index < word.length; index += 1) {
    const flag = word[index] ?? '';
    if (valued.includes(flag)) {
      const inline = word.slice(index + 1);
      flags.set(flag, inline === '' ? next : inline);
      return inline === '' ? 1 : 0;
    }
    flags.set(flag, '');
  }
  return 0;
}

export interface SplitFlags {
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/** Says what is wrong on stderr. @returns the exit code. */
export async function fail(
  { stderr }: Pick<Streams, 'stderr'>,
  message: string,
  exitCode = 1,
): Promise<number> {
  await stderr.write(`${message}\n`);
  return exitCode;
}
