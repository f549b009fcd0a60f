import { splitAllFlags, type SplitFlags } from '../command.ts';

/** What `nc` is told to do. */
export interface NcWords extends SplitFlags {
  /** The program of `-e` or `-c` and its arguments; empty for none. */
  readonly program: readonly string[];
}

const VALUED = 'wqipsGOIT';

/**
 * The words of `nc`; flags may stand after the host as well.
 *
 * After `-e` come a program and all of its arguments, as busybox has it; where nothing has been said yet of where to
 * connect or listen, it is one word alone, as in netcat and ncat. `-c` takes a line for a shell.
 */
export function readNc(args: readonly string[]): NcWords {
  const at = args.findIndex((word) => /^-[a-z]*[ec]$/i.test(word));
  if (at < 0) return { ...splitAllFlags(args, VALUED), program: [] };
  const last = args[at] ?? '';
  const own = last.length > 2 ? [last.slice(0, -1)] : [];
  const before = splitAllFlags([...args.slice(0, at), ...own], VALUED);
  const isSaid = before.flags.has('l') || before.rest.length > 0;
  const [word = '', ...more] = args.slice(at + 1);
  const isLine = last.endsWith('c') || (/\s/.test(word) && more.length === 0);
  const takesAll = isSaid && !isLine;
  const { flags, rest } = splitAllFlags(
    [...args.slice(0, at), ...own, ...(takesAll ? [] : more)],
    VALUED,
  );
  if (isLine) return { flags, rest, program: ['sh', '-c', word] };
  return { flags, rest, program: [word, ...(takesAll ? more : [])] };
}
