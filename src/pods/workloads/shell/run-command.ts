import { mayBeOfImage } from '../../container-files.ts';
import type { ContainerContext, ExecResult, WorkloadContext } from '../../workload.ts';
import { baseName, isShell, scriptOf } from './command.ts';
import { SHELL_COMMANDS } from './commands.ts';
import { parseScript } from './parse-script.ts';
import { runScript } from './run-script.ts';
import { type Script, type Word } from './script.ts';
import { MAX_DEPTH, pathIn, type Shell, ShellExit } from './shell.ts';
import { Capture, NO_INPUT, PipeClosed, type Streams } from './streams.ts';
import { firstUnknown, isUnderstood } from './understood.ts';

/** A command that is understood to its last word. */
export interface UnderstoodCommand {
  readonly script: Script;
  /** `$0`, `$1` … */
  readonly positional: readonly string[];
  /** `sh -e` */
  readonly endsOnError: boolean;
}

export interface CommandPlace {
  readonly context: ContainerContext;
  readonly pod: WorkloadContext;
  /** Whether it is the container's own command, and not one of `exec`. @default false */
  readonly isOwn?: boolean;
  /** Ends the command. @default never */
  readonly signal?: AbortSignal;
  /** Runs what no shell knows. @returns undefined for what is not known there either. */
  readonly program?: (command: readonly string[], streams: Streams) => Promise<number> | undefined;
  /** Answers for a program that nobody knows; its exit code. @default what a shell says */
  readonly refuse?: (name: string, streams: Streams) => Promise<number>;
}

/**
 * What a command does, if all of it is known here: a shell's script, or a single program.
 *
 * @returns undefined when any part of it is not.
 */
export function understandCommand(command: readonly string[]): UnderstoodCommand | undefined {
  const read = readCommand(command);
  return read !== undefined && isUnderstood(read.script) ? read : undefined;
}

/** What of a command is not understood, to be told to people; undefined where all of it is. */
export function unknownPartOf(command: readonly string[]): string | undefined {
  const [program = '', ...args] = command;
  const read = readCommand(command);
  if (read !== undefined) return firstUnknown(read.script);
  return [program, ...args].join(' ');
}

/** As `understandCommand`, whatever the programs are that it runs; undefined for a script that cannot be read. */
export function readCommand(command: readonly string[]): UnderstoodCommand | undefined {
  const [program, ...args] = command;
  if (program === undefined) return undefined;
  const shellScript = isShell(program) ? scriptOf(args) : undefined;
  if (shellScript !== undefined) {
    const script = parseScript(shellScript.text);
    return script === undefined ? undefined : { ...shellScript, script };
  }
  const words: readonly Word[] = command.map((text) => [{ kind: 'text', text, isQuoted: true }]);
  const simple = { kind: 'simple', assignments: [], words, redirects: [] } as const;
  const pipeline = { join: undefined, isNegated: false, commands: [simple] } as const;
  const script: Script = [{ pipelines: [pipeline], isBackground: false }];
  return { script, positional: [], endsOnError: false };
}

/** Runs an understood command to its end, and keeps the last of what it prints. */
export async function runUnderstood(
  command: UnderstoodCommand,
  place: CommandPlace,
): Promise<ExecResult> {
  const [stdout, stderr] = [new Capture(), new Capture()];
  const exitCode = await runStreaming(command, place, { stdin: NO_INPUT, stdout, stderr });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

/** Runs a command to its end; what it prints goes out as it comes. @returns its exit code. */
export async function runStreaming(
  { script, positional, endsOnError }: UnderstoodCommand,
  place: CommandPlace,
  streams: Streams,
): Promise<number> {
  const shell: Shell = { ...createShell(place), positional, endsOnError };
  try {
    return await runScript(script, shell, streams);
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** How a shell ends that something was thrown in. @throws what is no end of a shell */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ShellExit) return error.exitCode;
  if (error instanceof PipeClosed) return 141;
  if (error instanceof Error && 'exitCode' in error) return Number(error.exitCode);
  if (error instanceof Error && 'isBreak' in error) return 0;
  throw error;
}

/** A shell of the container, with its environment. */
export function createShell(place: CommandPlace): Shell {
  const { context, pod, isOwn = false, signal = NEVER } = place;
  return {
    variables: new Map([...DEFAULT_VARIABLES, ...context.env, ['HOSTNAME', pod.hostname]]),
    functions: new Map(),
    positional: [],
    exitCode: 0,
    endsOnError: false,
    jobs: [],
    depth: 0,
    directory: context.container.workingDir ?? '/',
    signal,
    files: pod.files,
    isOwn,
    isOfImage: (path) => isOwn && mayBeOfImage(path, context.container),
    now: () => pod.clock.now(),
    sleep: (ms) => sleepUntil(ms, pod, signal),
    run: (words, streams, shell) => runProgram(words, streams, { shell, place }),
  };
}

const DEFAULT_VARIABLES: readonly (readonly [string, string])[] = [
  ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  ['HOME', '/root'],
];

interface ProgramPlace {
  readonly shell: Shell;
  readonly place: CommandPlace;
}

async function runProgram(
  words: readonly string[],
  streams: Streams,
  { shell, place }: ProgramPlace,
): Promise<number> {
  const [name = '', ...args] = words;
  const program = place.program?.(words, streams);
  if (program !== undefined) return program;
  const known = SHELL_COMMANDS.get(baseName(name));
  if (known !== undefined) return known.run({ ...streams, args, shell, pod: place.pod });
  if (name === 'eval') return runText(args.join(' '), shell, streams);
  if (name === '.' || name === 'source' || isShell(name))
    return runInner(words, streams, { shell, place });
  if (place.refuse !== undefined) return place.refuse(name, streams);
  await streams.stderr.write(`sh: ${name}: not found\n`);
  return 127;
}

/** A file of commands in this shell, or a shell within the shell. */
async function runInner(
  words: readonly string[],
  streams: Streams,
  { shell, place }: ProgramPlace,
): Promise<number> {
  const [name = '', ...args] = words;
  const isSourced = !isShell(name);
  const read = shell.depth < MAX_DEPTH ? await readInner(args, streams, shell) : undefined;
  if (read === undefined) {
    await streams.stderr.write(`${name}: can't run ${args.join(' ')}\n`);
    return 2;
  }
  if (isSourced) return runScript(read.script, shell, streams);
  const inner: Shell = {
    ...createShell({ ...place, signal: shell.signal }),
    variables: new Map(shell.variables),
    positional: read.positional,
    endsOnError: read.endsOnError,
    directory: shell.directory,
    depth: shell.depth + 1,
  };
  try {
    return await runScript(read.script, inner, streams);
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** What `sh -c SCRIPT`, `sh FILE` or `sh` alone is told to run. */
async function readInner(
  args: readonly string[],
  { stdin }: Streams,
  shell: Shell,
): Promise<UnderstoodCommand | undefined> {
  const given = scriptOf(args);
  const file = args.find((word) => !word.startsWith('-'));
  const content = file === undefined ? await stdin.all() : shell.files.read(pathIn(shell, file));
  const text = given?.text ?? (content === undefined ? undefined : Buffer.from(content).toString());
  const script = text === undefined ? undefined : parseScript(text);
  if (script === undefined) return undefined;
  const positional = file === undefined ? [] : args.slice(args.indexOf(file));
  return { endsOnError: false, positional, ...given, script };
}

async function runText(text: string, shell: Shell, streams: Streams): Promise<number> {
  const script = parseScript(text);
  if (script !== undefined) return runScript(script, shell, streams);
  await streams.stderr.write('sh: syntax error\n');
  return 2;
}

/** Runs a command; one that is not understood is not found. */
export async function runCommand(
  command: readonly string[],
  place: CommandPlace,
): Promise<ExecResult> {
  const read = readCommand(command);
  if (read !== undefined) return runUnderstood(read, place);
  return { exitCode: 2, stdout: '', stderr: 'sh: syntax error\n' };
}

const NEVER: AbortSignal = new AbortController().signal;

/** @param ms Infinity waits for the end. */
function sleepUntil(ms: number, { clock }: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  const timer = ms === Infinity ? undefined : clock.setTimer(ms, () => resolve());
  const wake = (): void => {
    timer?.[Symbol.dispose]();
    resolve();
  };
  signal.addEventListener('abort', wake, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', wake));
}
