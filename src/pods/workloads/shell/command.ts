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
  /** Whether it knows what to do with these words, so far as they can be told beforehand. @default always */
  readonly supports?: (args: readonly (string | undefined)[]) => boolean;
}

/** Flags among `args`, up to `--` or the first word that is none; a flag in `valued` takes the next word. */
export function splitFlags(args: readonly string[], valued = ''): SplitFlags {
  const flags = new Map<string, string>();
  let at = 0;
  for (; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '--') {
      at += 1;
      break;
    }
    if (!/^-./.test(word) || /^-\d/.test(word)) break;
    if (word.startsWith('--')) {
      const [name = '', ...value] = word.slice(2).split('=');
      flags.set(name, value.join('='));
      continue;
    }
    for (let index = 1; index < word.length; index += 1) {
      const flag = word[index] ?? '';
      if (!valued.includes(flag)) flags.set(flag, '');
      else {
        const inline = word.slice(index + 1);
        if (inline === '') at += 1;
        flags.set(flag, inline === '' ? (args[at] ?? '') : inline);
        break;
      }
    }
  }
  return { flags, rest: args.slice(at) };
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
