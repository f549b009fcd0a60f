import type {
  Command,
  JoinedPipeline,
  Redirect,
  Script,
  SimpleCommand,
  Word,
  WordPart,
} from './script.ts';

/** What one command reads and writes. */
export interface Streams {
  readonly stdin: string;
  stdout: string;
  stderr: string;
}

/** The shell that a command runs in. */
export interface Shell {
  readonly variables: Map<string, string>;
  readonly positional: readonly string[];
  /** `$?` */
  exitCode: number;
  /** Has ended; nothing goes on. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Resolves early when the shell ends. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly readFile: (path: string) => string | undefined;
  readonly writeFile: (path: string, text: string | undefined) => void;
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

/** `break` and `continue`. */
export class LoopJump extends Error {
  readonly isBreak: boolean;
  constructor(isBreak: boolean) {
    super('loop');
    this.isBreak = isBreak;
  }
}

/** Rounds of a loop that take no time, before it is slowed down. */
const FREE_ROUNDS = 20;
const ROUND_MS = 100;
/** What a stream keeps; containers that run for long say a lot. */
const MAX_OUTPUT = 65_536;

/** Runs the statements one after the other. @returns the last one's exit code. */
export async function runScript(script: Script, shell: Shell, streams: Streams): Promise<number> {
  for (const { pipelines, isBackground } of script) {
    if (shell.signal.aborted) throw new ShellExit(143);
    const run = runPipelines(pipelines, shell, streams);
    if (isBackground) run.catch(() => undefined);
    else shell.exitCode = await run;
  }
  return shell.exitCode;
}

async function runPipelines(
  pipelines: readonly JoinedPipeline[],
  shell: Shell,
  streams: Streams,
): Promise<number> {
  let exitCode = 0;
  for (const { join, isNegated, commands } of pipelines) {
    if ((join === '&&' && exitCode !== 0) || (join === '||' && exitCode === 0)) continue;
    const code = await runPipeline(commands, shell, streams);
    exitCode = isNegated ? Number(code === 0) : code;
    shell.exitCode = exitCode;
  }
  return exitCode;
}

async function runPipeline(
  commands: readonly Command[],
  shell: Shell,
  streams: Streams,
): Promise<number> {
  let { stdin } = streams;
  let exitCode = 0;
  for (const [index, command] of commands.entries()) {
    const isLast = index === commands.length - 1;
    const own: Streams = { stdin, stdout: '', stderr: '' };
    exitCode = await runCommand(command, shell, own);
    append(streams, 'stderr', own.stderr);
    if (isLast) append(streams, 'stdout', own.stdout);
    else stdin = own.stdout;
  }
  return exitCode;
}

async function runCommand(command: Command, shell: Shell, streams: Streams): Promise<number> {
  switch (command.kind) {
    case 'simple':
      return runSimple(command, shell, streams);
    case 'group':
      return runScript(command.body, shell, streams);
    case 'loop':
      return runLoop(command, shell, streams);
    case 'for': {
      const values = await expandAll(command.words, shell);
      for (const value of values) {
        shell.variables.set(command.name, value);
        if (await runRound(command.body, shell, streams)) break;
      }
      return shell.exitCode;
    }
    case 'if':
      for (const { condition, body } of command.branches)
        if ((await runScript(condition, shell, streams)) === 0)
          return runScript(body, shell, streams);
      shell.exitCode = 0;
      return runScript(command.otherwise, shell, streams);
    default:
      return command satisfies never;
  }
}

async function runLoop(
  { isUntil, condition, body }: Extract<Command, { kind: 'loop' }>,
  shell: Shell,
  streams: Streams,
): Promise<number> {
  let exitCode = 0;
  for (let rounds = 0; ; rounds += 1) {
    const begunAt = shell.now();
    if (((await runScript(condition, shell, streams)) === 0) === isUntil) break;
    if (await runRound(body, shell, streams)) break;
    ({ exitCode } = shell);
    // A real one would keep a processor busy; here it shares it with the whole cluster.
    if (rounds >= FREE_ROUNDS && shell.now() === begunAt) await shell.sleep(ROUND_MS);
  }
  return exitCode;
}

/** @returns whether the loop is to be left. */
async function runRound(body: Script, shell: Shell, streams: Streams): Promise<boolean> {
  try {
    await runScript(body, shell, streams);
    return false;
  } catch (error) {
    if (error instanceof LoopJump) return error.isBreak;
    throw error;
  }
}

async function runSimple(
  { assignments, words, redirects }: SimpleCommand,
  shell: Shell,
  streams: Streams,
): Promise<number> {
  const input = redirects.find(({ kind }) => kind === 'read');
  const path = input === undefined ? undefined : (await expandAll([input.target], shell)).join(' ');
  const stdin = path === undefined ? streams.stdin : shell.readFile(path);
  if (stdin === undefined) {
    append(streams, 'stderr', `sh: can't open ${path}: no such file\n`);
    return 1;
  }
  for (const { name, value } of assignments)
    shell.variables.set(name, (await expandAll([value], shell)).join(' '));
  const own: Streams = { stdin, stdout: '', stderr: '' };
  const [name, ...args] = await expandAll(words, shell);
  const exitCode = name === undefined ? 0 : await shell.run([name, ...args], own, shell);
  for (const redirect of redirects) await redirectOutput(redirect, own, shell);
  append(streams, 'stdout', own.stdout);
  append(streams, 'stderr', own.stderr);
  return exitCode;
}

async function redirectOutput(
  { kind, stream, target }: Redirect,
  own: Streams,
  shell: Shell,
): Promise<void> {
  if (kind === 'read') return;
  const path = (await expandAll([target], shell)).join(' ');
  if (kind === 'merge') {
    if (stream === 2) [own.stdout, own.stderr] = [`${own.stdout}${own.stderr}`, ''];
    else [own.stdout, own.stderr] = ['', `${own.stderr}${own.stdout}`];
    return;
  }
  const text = `${stream === 2 ? '' : own.stdout}${stream === 1 ? '' : own.stderr}`;
  const before = kind === 'append' ? (shell.readFile(path) ?? '') : '';
  if (!path.startsWith('/dev/')) shell.writeFile(path, `${before}${text}`.slice(-MAX_OUTPUT));
  else if (path === '/dev/stderr') own.stderr += own.stdout;
  if (stream !== 2) own.stdout = '';
  if (stream !== 1) own.stderr = '';
}

async function expandAll(words: readonly Word[], shell: Shell): Promise<readonly string[]> {
  const expanded: string[] = [];
  for (const word of words) expanded.push(...(await expandWord(word, shell)));
  return expanded;
}

/** Unquoted expansions are split at blanks, and vanish when they are empty. */
async function expandWord(word: Word, shell: Shell): Promise<readonly string[]> {
  const done: string[] = [];
  let open: string | undefined;
  for (const part of word) {
    const value = await valueOf(part, shell);
    if (part.kind === 'text' || part.isQuoted) {
      open = `${open ?? ''}${value}`;
      continue;
    }
    const [first, ...rest] = value.split(/\s+/).filter((piece) => piece !== '');
    if (first !== undefined) open = `${open ?? ''}${first}`;
    for (const piece of rest) {
      if (open !== undefined) done.push(open);
      open = piece;
    }
  }
  return open === undefined ? done : [...done, open];
}

async function valueOf(part: WordPart, shell: Shell): Promise<string> {
  if (part.kind === 'text') return part.text;
  return part.kind === 'variable'
    ? variable(part.name, part.fallback, shell)
    : output(part.script, shell);
}

function variable(name: string, fallback: string, shell: Shell): string {
  if (name === '?') return `${shell.exitCode}`;
  if (name === '@' || name === '*') return shell.positional.slice(1).join(' ');
  if (name === '#') return `${Math.max(0, shell.positional.length - 1)}`;
  if (/^\d+$/.test(name)) return shell.positional[Number(name)] ?? '';
  if (name === '$' || name === '!') return '1';
  return shell.variables.get(name) || fallback;
}

async function output(script: Script, shell: Shell): Promise<string> {
  const streams: Streams = { stdin: '', stdout: '', stderr: '' };
  await runScript(script, shell, streams);
  return streams.stdout.replace(/\n+$/, '');
}

function append(streams: Streams, name: 'stderr' | 'stdout', text: string): void {
  streams[name] = `${streams[name]}${text}`.slice(-MAX_OUTPUT);
}
