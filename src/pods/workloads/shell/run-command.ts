import type { ContainerContext, ExecResult, WorkloadContext } from '../../workload.ts';
import { SHELL_COMMANDS } from './commands.ts';
import { parseScript } from './parse-script.ts';
import { type Shell, ShellExit, runScript, type Streams } from './run-script.ts';
import { type Branch, type Command, literalOf, type Script, type Word } from './script.ts';

/** A command that is understood to its last word. */
export interface UnderstoodCommand {
  readonly script: Script;
  /** `$0`, `$1` … */
  readonly positional: readonly string[];
}

export interface CommandPlace {
  readonly context: ContainerContext;
  readonly pod: WorkloadContext;
  /** Ends the command. @default never */
  readonly signal?: AbortSignal;
}

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', 'dash']);

/**
 * What a command does, if all of it is known here: a shell's script, or a single program.
 *
 * @returns undefined when any part of it is not.
 */
export function understandCommand(command: readonly string[]): UnderstoodCommand | undefined {
  const [program, ...args] = command;
  if (program === undefined) return undefined;
  const shellScript = SHELLS.has(baseName(program)) ? scriptOf(args) : undefined;
  if (shellScript !== undefined) {
    const script = parseScript(shellScript.text);
    const isKnown = script !== undefined && isUnderstood(script);
    return isKnown ? { script, positional: shellScript.positional } : undefined;
  }
  const words: readonly Word[] = command.map((text) => [{ kind: 'text', text }]);
  const simple: Command = { kind: 'simple', assignments: [], words, redirects: [] };
  const script: Script = [
    { pipelines: [{ join: undefined, isNegated: false, commands: [simple] }], isBackground: false },
  ];
  return isUnderstood(script) ? { script, positional: [] } : undefined;
}

/** Runs an understood command to its end. */
export async function runUnderstood(
  { script, positional }: UnderstoodCommand,
  { context, pod, signal = NEVER }: CommandPlace,
): Promise<ExecResult> {
  const streams: Streams = { stdin: '', stdout: '', stderr: '' };
  const shell: Shell = {
    variables: new Map([...context.env, ['HOSTNAME', pod.hostname]]),
    positional,
    exitCode: 0,
    signal,
    now: () => pod.clock.now(),
    sleep: (ms) => sleepUntil(ms, pod, signal),
    readFile: (path) => {
      const bytes = pod.readFile(path);
      return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
    },
    writeFile: (path, text) => {
      if (text === undefined) pod.files.delete(path);
      else pod.files.set(path, Buffer.from(text));
    },
    run: ([name = '', ...args], own, inner) => {
      const known = SHELL_COMMANDS.get(baseName(name));
      if (known !== undefined) return known.run({ args, streams: own, shell: inner, pod });
      own.stderr += `sh: ${name}: not found\n`;
      return 127;
    },
  };
  try {
    const exitCode = await runScript(script, shell, streams);
    return { exitCode, stdout: streams.stdout, stderr: streams.stderr };
  } catch (error) {
    if (!(error instanceof ShellExit)) throw error;
    return { exitCode: error.exitCode, stdout: streams.stdout, stderr: streams.stderr };
  }
}

/** Runs a command; one that is not understood is not found. */
export async function runCommand(
  command: readonly string[],
  place: CommandPlace,
): Promise<ExecResult> {
  const understood = understandCommand(command);
  if (understood !== undefined) return runUnderstood(understood, place);
  return { exitCode: 127, stdout: '', stderr: `${command.join(' ')}: not found\n` };
}

const NEVER: AbortSignal = new AbortController().signal;

function baseName(path: string): string {
  return path.replace(/^.*\//, '');
}

/** The script of `sh -c SCRIPT NAME ARG…`, among other flags. */
function scriptOf(
  args: readonly string[],
): { readonly text: string; readonly positional: readonly string[] } | undefined {
  const flags = args.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word));
  const isPlain = args.slice(0, flags).every((word) => word.startsWith('-'));
  const text = args[flags + 1];
  if (flags < 0 || !isPlain || text === undefined) return undefined;
  return { text, positional: args.slice(flags + 2) };
}

function isUnderstood(script: Script): boolean {
  return script.every(({ pipelines }) =>
    pipelines.every(({ commands }) => commands.every(isUnderstoodCommand)),
  );
}

function isUnderstoodCommand(command: Command): boolean {
  switch (command.kind) {
    case 'simple':
      return isKnownProgram(command.words);
    case 'loop':
      return isUnderstood(command.condition) && isUnderstood(command.body);
    case 'for':
      return command.words.every(isUnderstoodWord) && isUnderstood(command.body);
    case 'if':
      return isUnderstood(command.otherwise) && command.branches.every(isUnderstoodBranch);
    case 'group':
      return isUnderstood(command.body);
    default:
      return command satisfies never;
  }
}

function isUnderstoodBranch({ condition, body }: Branch): boolean {
  return isUnderstood(condition) && isUnderstood(body);
}

function isKnownProgram([name, ...args]: readonly Word[]): boolean {
  if (name === undefined) return true;
  const known = SHELL_COMMANDS.get(baseName(literalOf(name) ?? ''));
  if (known === undefined || !args.every(isUnderstoodWord)) return false;
  return known.supports?.(args.map(literalOf)) ?? true;
}

function isUnderstoodWord(word: Word): boolean {
  return word.every((part) => part.kind !== 'output' || isUnderstood(part.script));
}

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
