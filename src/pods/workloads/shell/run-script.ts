import { expandAll, expandPattern, expandText } from './expand.ts';
import { matchesPattern } from './pattern.ts';
import { openRedirects } from './redirects.ts';
import type { Command, Compound, JoinedPipeline, Script, SimpleCommand } from './script.ts';
import {
  ArithmeticError,
  FunctionReturn,
  LoopJump,
  MAX_DEPTH,
  type Shell,
  ShellExit,
  subshellOf,
} from './shell.ts';
import {
  Capture,
  createPipe,
  DiskFull,
  NO_INPUT,
  type Pipe,
  PipeClosed,
  type Streams,
} from './streams.ts';

/** Rounds of a loop that take no time, before it is slowed down. */
const FREE_ROUNDS = 1000;
const ROUND_MS = 100;
/** What `$(…)` keeps. */
const MAX_SUBSTITUTE = 1024 * 1024;
/** @see signal(7): 128 + SIGPIPE, SIGTERM */
const EXIT = { pipe: 141, terminated: 143 } as const;

/** Runs the statements one after the other. @returns the last one's exit code. @throws ShellExit */
export async function runScript(script: Script, shell: Shell, streams: Streams): Promise<number> {
  for (const { pipelines, isBackground } of script) {
    if (shell.signal.aborted) throw new ShellExit(EXIT.terminated);
    if (isBackground) {
      const background = subshellOf(shell);
      shell.jobs.push(runPipelines(pipelines, background, streams).catch(() => undefined));
      shell.exitCode = 0;
      continue;
    }
    const { exitCode, isChecked } = await runPipelines(pipelines, shell, streams);
    shell.exitCode = exitCode;
    if (exitCode !== 0 && !isChecked && shell.endsOnError) throw new ShellExit(exitCode);
  }
  return shell.exitCode;
}

/** Runs a script as a condition: what fails in it ends nothing. */
async function holds(script: Script, shell: Shell, streams: Streams): Promise<boolean> {
  const before = shell.endsOnError;
  shell.endsOnError = false;
  try {
    return (await runScript(script, shell, streams)) === 0;
  } finally {
    shell.endsOnError = before;
  }
}

interface Ran {
  readonly exitCode: number;
  /** What failed was followed by `||` or `&&`, or negated: `set -e` lets it be. */
  readonly isChecked: boolean;
}

async function runPipelines(
  pipelines: readonly JoinedPipeline[],
  shell: Shell,
  streams: Streams,
): Promise<Ran> {
  let exitCode = 0;
  let isChecked = false;
  for (const [index, { join, isNegated, commands }] of pipelines.entries()) {
    if ((join === '&&' && exitCode !== 0) || (join === '||' && exitCode === 0)) continue;
    isChecked = isNegated || index < pipelines.length - 1;
    const before = shell.endsOnError;
    if (isChecked) shell.endsOnError = false;
    try {
      const code = await runPipeline(commands, shell, streams);
      exitCode = isNegated ? Number(code === 0) : code;
    } finally {
      if (isChecked) shell.endsOnError = before;
    }
    shell.exitCode = exitCode;
  }
  return { exitCode, isChecked };
}

/** All commands run at the same time, each in a shell of its own, joined by pipes. */
async function runPipeline(
  commands: readonly Command[],
  shell: Shell,
  streams: Streams,
): Promise<number> {
  const [only, ...more] = commands;
  if (only !== undefined && more.length === 0) return runOne(only, shell, streams);
  let { stdin } = streams;
  const pipes: Pipe[] = [];
  const runs = commands.map((command, index) => {
    const isLast = index === commands.length - 1;
    const from = { stdin, close: index === 0 ? undefined : pipes[index - 1]?.close };
    const pipe = isLast ? undefined : createPipe();
    if (pipe !== undefined) {
      pipes.push(pipe);
      stdin = pipe.input;
    }
    const own = { ...streams, stdin: from.stdin, stdout: pipe?.output ?? streams.stdout };
    return runApart((inner) => runOne(command, inner, own), shell).finally(() => {
      pipe?.end();
      from.close?.();
    });
  });
  const codes = await Promise.all(runs);
  return codes.at(-1) ?? 0;
}

async function runOne(command: Command, shell: Shell, streams: Streams): Promise<number> {
  try {
    return await runCommand(command, shell, streams);
  } catch (error) {
    if (error instanceof PipeClosed) return EXIT.pipe;
    const isOwn = error instanceof ArithmeticError || error instanceof DiskFull;
    if (!isOwn) throw isUnwinding(error, shell) ? error : new ShellExit(EXIT.terminated);
    await streams.stderr.write(`sh: ${error.message}\n`);
    return error instanceof DiskFull ? error.exitCode : 2;
  }
}

/** What breaks because the shell has ended is its end. */
function isUnwinding(error: unknown, { signal }: Shell): boolean {
  const isJump = [ShellExit, LoopJump, FunctionReturn].some((kind) => error instanceof kind);
  return isJump || !signal.aborted;
}

/** Runs something in a shell inside of this one: `exit` and `break` leave that one alone. */
async function runApart(run: (inner: Shell) => Promise<number>, shell: Shell): Promise<number> {
  try {
    return await run(subshellOf(shell));
  } catch (error) {
    if (error instanceof ShellExit || error instanceof FunctionReturn) {
      if (shell.signal.aborted) throw new ShellExit(EXIT.terminated);
      return error.exitCode;
    }
    if (error instanceof LoopJump) return 0;
    if (error instanceof PipeClosed) return EXIT.pipe;
    throw error;
  }
}

async function runCommand(command: Command, shell: Shell, streams: Streams): Promise<number> {
  switch (command.kind) {
    case 'simple':
      return runSimple(command, shell, streams);
    case 'function':
      shell.functions.set(command.name, command.body);
      return 0;
    case 'compound': {
      if (command.redirects.length === 0) return runCompound(command.command, shell, streams);
      const opened = await openRedirects(command.redirects, streams, contextOf(shell));
      return opened === undefined ? 1 : runCompound(command.command, shell, opened);
    }
    default:
      return command satisfies never;
  }
}

async function runCompound(command: Compound, shell: Shell, streams: Streams): Promise<number> {
  switch (command.kind) {
    case 'group':
      return runScript(command.body, shell, streams);
    case 'subshell':
      return runApart((inner) => runScript(command.body, inner, streams), shell);
    case 'loop':
      return runLoop(command, shell, streams);
    case 'for':
      return runFor(command, shell, streams);
    case 'case':
      return runCase(command, shell, streams);
    case 'if': {
      for (const { condition, body } of command.branches)
        if (await holds(condition, shell, streams)) return runScript(body, shell, streams);
      shell.exitCode = 0;
      return runScript(command.otherwise, shell, streams);
    }
    default:
      return command satisfies never;
  }
}

async function runLoop(
  { isUntil, condition, body }: Extract<Compound, { kind: 'loop' }>,
  shell: Shell,
  streams: Streams,
): Promise<number> {
  let exitCode = 0;
  let freeRounds = FREE_ROUNDS;
  for (;;) {
    const begunAt = shell.now();
    if ((await holds(condition, shell, streams)) === isUntil) break;
    if (await runRound(body, shell, streams)) break;
    ({ exitCode } = shell);
    // A real one would keep a processor busy; here it shares it with the whole cluster.
    if (shell.now() !== begunAt) freeRounds = FREE_ROUNDS;
    else if ((freeRounds -= 1) <= 0) {
      freeRounds = FREE_ROUNDS;
      await shell.sleep(ROUND_MS);
    }
  }
  return exitCode;
}

async function runFor(
  { name, words, body }: Extract<Compound, { kind: 'for' }>,
  shell: Shell,
  streams: Streams,
): Promise<number> {
  const values =
    words === undefined ? shell.positional.slice(1) : await expandAll(words, ...contextOf(shell));
  shell.exitCode = 0;
  for (const value of values) {
    shell.variables.set(name, value);
    if (await runRound(body, shell, streams)) break;
  }
  return shell.exitCode;
}

async function runCase(
  { subject, choices }: Extract<Compound, { kind: 'case' }>,
  shell: Shell,
  streams: Streams,
): Promise<number> {
  const text = await expandText(subject, ...contextOf(shell));
  for (const { patterns, body } of choices)
    for (const pattern of patterns)
      if (matchesPattern(text, await expandPattern(pattern, ...contextOf(shell)))) {
        shell.exitCode = 0;
        return runScript(body, shell, streams);
      }
  return 0;
}

/** @returns whether the loop is to be left. */
async function runRound(body: Script, shell: Shell, streams: Streams): Promise<boolean> {
  try {
    await runScript(body, shell, streams);
    return false;
  } catch (error) {
    if (!(error instanceof LoopJump)) throw error;
    if (error.levels > 1) throw new LoopJump(error.isBreak, error.levels - 1);
    return error.isBreak;
  }
}

async function runSimple(
  { assignments, words, redirects }: SimpleCommand,
  shell: Shell,
  streams: Streams,
): Promise<number> {
  const [name, ...args] = await expandAll(words, ...contextOf(shell));
  const values: (readonly [string, string])[] = [];
  for (const { name: variable, value } of assignments)
    values.push([variable, await expandText(value, ...contextOf(shell))]);
  const opened = await openRedirects(redirects, streams, contextOf(shell));
  if (opened === undefined) return 1;
  if (name !== undefined)
    return withVariables(values, shell, () => call([name, ...args], shell, opened));
  for (const [variable, value] of values) shell.variables.set(variable, value);
  // `x=$(false)` fails as its command did.
  const hasOutput = assignments.some(({ value }) => value.some(({ kind }) => kind === 'output'));
  return hasOutput ? shell.exitCode : 0;
}

/** What is assigned before a command holds for it alone. */
async function withVariables(
  values: readonly (readonly [string, string])[],
  { variables }: Shell,
  run: () => Promise<number>,
): Promise<number> {
  const before = values.map(([name]) => [name, variables.get(name)] as const);
  for (const [name, value] of values) variables.set(name, value);
  try {
    return await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) variables.delete(name);
      else variables.set(name, value);
    }
  }
}

async function call(words: readonly string[], shell: Shell, streams: Streams): Promise<number> {
  const [name = ''] = words;
  const body = shell.functions.get(name);
  if (body === undefined) return shell.run(words, streams, shell);
  const { positional } = shell;
  if (shell.depth >= MAX_DEPTH) throw new ShellExit(2);
  const inner: Shell = {
    ...shell,
    depth: shell.depth + 1,
    positional: [positional[0] ?? '', ...words.slice(1)],
  };
  try {
    return await runOne(body, inner, streams);
  } catch (error) {
    if (error instanceof FunctionReturn) return error.exitCode;
    throw error;
  } finally {
    shell.directory = inner.directory;
    shell.endsOnError = inner.endsOnError;
  }
}

/** What expansions need. */
function contextOf(shell: Shell): readonly [Shell, (script: Script) => Promise<string>] {
  return [shell, (script) => substitute(script, shell)];
}

async function substitute(script: Script, shell: Shell): Promise<string> {
  const stdout = new Capture(MAX_SUBSTITUTE);
  const stderr = new Capture();
  const streams = { stdin: NO_INPUT, stdout, stderr };
  shell.exitCode = await runApart((inner) => runScript(script, inner, streams), shell);
  return stdout.text().replace(/\n+$/, '');
}
