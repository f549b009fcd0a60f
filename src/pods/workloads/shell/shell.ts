import type { ContainerFiles } from '../../container-files.ts';
import type { Command } from './script.ts';
import type { Streams } from './streams.ts';

/** The shell that a command runs in. */
export interface Shell {
  readonly variables: Map<string, string>;
  readonly functions: Map<string, Command>;
  /** `$0`, `$1` … */
  positional: readonly string[];
  /** `$?` */
  exitCode: number;
  /** `set -e`: ends at the first command that fails. */
  endsOnError: boolean;
  /** What was begun with `&`. */
  readonly jobs: Promise<unknown>[];
  /** How deep functions and scripts are nested. */
  readonly depth: number;
  directory: string;
  /** Has ended; nothing goes on. */
  readonly signal: AbortSignal;
  readonly files: ContainerFiles;
  /** Whether it runs what the container was started with. */
  readonly isOwn: boolean;
  /** Whether a path that is not there would come with the image, which the container's own command was written for. */
  readonly isOfImage: (path: string) => boolean;
  readonly now: () => number;
  /** Resolves early when the shell ends. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Runs a program of the container. @returns its exit code. */
  readonly run: (
    words: readonly string[],
    streams: Streams,
    shell: Shell,
  ) => Promise<number> | number;
}

/** `exit`: unwinds to whoever runs the script. */
export class ShellExit extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** An expression that is none; the message is the shell's. */
export class ArithmeticError extends Error {}

/** `break` and `continue`. */
export class LoopJump extends Error {
  readonly isBreak: boolean;
  /** How many loops it leaves. */
  readonly levels: number;
  constructor(isBreak: boolean, levels = 1) {
    super('loop');
    this.isBreak = isBreak;
    this.levels = levels;
  }
}

/** `return` from a function. */
export class FunctionReturn extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`return ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Deeper recursion of functions and shells is an accident. */
export const MAX_DEPTH = 200;

/** A shell inside of this one: it sees all that this one has, and changes nothing of it. */
export function subshellOf(shell: Shell): Shell {
  if (shell.depth >= MAX_DEPTH) throw new ShellExit(2);
  return {
    ...shell,
    variables: new Map(shell.variables),
    functions: new Map(shell.functions),
    jobs: [],
    depth: shell.depth + 1,
  };
}

/** An absolute path as the shell means it. */
export function pathIn({ directory }: Pick<Shell, 'directory'>, path: string): string {
  const parts: string[] = [];
  const whole = path.startsWith('/') ? path : `${directory}/${path}`;
  for (const part of whole.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
