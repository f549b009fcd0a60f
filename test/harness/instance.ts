/** The whole program for tests: as a process of its own with its command line, or in this process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  startInstance,
  type ClusterStatus,
  type Instance,
  type InstanceOptions,
} from '../../src/index.ts';
import type { Ranges } from './ranges.ts';

export const ROOT: string = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/cli/main.ts');
const FREE = '127.0.0.1:0';
const FREE_DOORS = ['--dns', FREE, '--http', FREE, '--https', FREE, '--entry', FREE];

/** What a command did. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Added to the environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Standard input; none by default, and one that says nothing and stays open for `kept open`. */
  readonly input?: string;
  /** The program, instead of the sources. */
  readonly main?: string;
  /** `ulimit -n` of the process. */
  readonly openFiles?: number;
}

/** A process of the program. */
export interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything on stdout so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the text so far once `pattern` is on that stream; rejects when the process ends without. */
  until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string>;
  /** What it did, once it has ended. */
  readonly ended: Promise<Outcome>;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Outcome>;
}

/** A folder that goes when the test ends. */
export interface Folder extends Disposable {
  readonly path: string;
  /** Writes a file below it. */
  write(name: string, text: string): string;
  remove(name: string): void;
}

export function createFolder(files: Readonly<Record<string, string>> = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), 'podlane-test-'));
  const write = (name: string, text: string): string => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    path,
    write,
    remove: (name) => rmSync(join(path, name), { recursive: true }),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Starts `podlane ARGS…`; `XDG_RUNTIME_DIR` must be in `options.env`, so that tests leave the user's own instances alone. */
export function start(
  args: readonly string[],
  { env = {}, cwd = ROOT, input, main, openFiles }: RunOptions = {},
): Running {
  const [program = '', ...words] = commandOf(args, { main, openFiles });
  const child = spawn(program, words, {
    cwd,
    env: environment(env),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  endWithTests(child);
  // A program that ends before it has read everything is no failure of the test.
  child.stdin?.on('error', () => undefined);
  if (input !== 'kept open') child.stdin?.end(input);
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
      texts[stream] += chunk;
    });
  }
  const ended = once(child, 'close').then(([code, signal]: unknown[]): Outcome => ({
    code: code as number | null, // what `close` is emitted with
    signal: signal as NodeJS.Signals | null,
    ...texts,
  }));
  return {
    child,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    ended,
    until: (stream, pattern) => untilMatch(child, { stream, pattern, texts }),
    end: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

function commandOf(
  args: readonly string[],
  {
    main = MAIN,
    openFiles,
  }: { readonly main: string | undefined; readonly openFiles: number | undefined },
): readonly string[] {
  const command = [process.execPath, main, ...args];
  if (openFiles === undefined) return command;
  return ['sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, ...command];
}

const children = new Set<ChildProcess>();

/** A test that is ended from outside (a runner's time limit) takes its programs along. */
function endWithTests(child: ChildProcess): void {
  if (children.size === 0 && process.listenerCount('exit', killChildren) === 0) {
    process.on('exit', killChildren);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => process.exit(1));
    // The runner's time limit: the runner tells what hung, and ends the process itself.
    process.once('SIGALRM', killChildren);
  }
  children.add(child);
  child.once('exit', () => children.delete(child));
}

function killChildren(): void {
  for (const child of children) child.kill('SIGKILL');
}

/** Runs `podlane ARGS…` to its end. */
export function run(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return start(args, options).ended;
}

interface Match {
  readonly stream: 'stdout' | 'stderr';
  readonly pattern: RegExp;
  readonly texts: Readonly<Record<'stdout' | 'stderr', string>>;
}

function untilMatch(child: ChildProcess, { stream, pattern, texts }: Match): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!pattern.test(texts[stream])) return;
      settle();
      resolve(texts[stream]);
    };
    const fail = (): void => {
      settle();
      reject(
        new Error(`it ended without ${pattern} on ${stream}:\n${texts.stdout}\n${texts.stderr}`),
      );
    };
    const settle = (): void => {
      child[stream]?.off('data', look);
      child.off('close', fail);
    };
    child[stream]?.on('data', look);
    child.on('close', fail);
    look();
  });
}

/** Settings of whoever runs the tests have no say. */
const FOREIGN = ['NO_COLOR', 'FORCE_COLOR', 'CI', 'PODLANE_NAME', 'NODE_OPTIONS'];

function environment(own: NonNullable<RunOptions['env']>): NodeJS.ProcessEnv {
  const without = Object.fromEntries(FOREIGN.map((name) => [name, undefined]));
  // The user's own kubeconfig is left alone, and keys are made once for all tests.
  const kubeconfig = join(own['XDG_RUNTIME_DIR'] ?? tmpdir(), 'kubeconfig');
  const state = join(tmpdir(), 'podlane-test-state');
  return {
    ...process.env,
    ...without,
    TERM: 'xterm',
    KUBECONFIG: kubeconfig,
    XDG_STATE_HOME: state,
    ...own,
  };
}

export interface UpOptions {
  /** The ranges to listen in; without, nothing listens but the doors (`--no-aliases`). */
  readonly ranges?: Ranges;
  /** Files and folders of manifests, and more options. */
  readonly args?: readonly string[];
  /** @default one that no other test has */
  readonly name?: string;
  readonly input?: string;
  /** Shared with another instance; by default a new one. */
  readonly runtime?: Folder;
  readonly env?: RunOptions['env'];
  readonly main?: string;
  readonly cwd?: string;
  readonly openFiles?: number;
}

/** `podlane up -o json`, ready. */
export interface Program extends Running {
  readonly name: string;
  readonly status: ClusterStatus;
  /** What `up -o json` printed. */
  readonly line: string;
  readonly env: NonNullable<RunOptions['env']>;
  /** Another verb, on this instance. */
  run(...args: string[]): Promise<Outcome>;
  /** A verb that goes on (`get -w`). */
  start(...args: string[]): Running;
  /** `podlane status -o json`, now. */
  statusNow(): Promise<ClusterStatus>;
}

let count = 0;

/** A name for an instance that no other test uses. */
export function uniqueName(): string {
  count += 1;
  return `t${process.pid}-${count}`;
}

/** The arguments of `podlane up` for ranges and free doors. */
export function upArguments(name: string, ranges?: Ranges): readonly string[] {
  const own = ranges?.args ?? ['--no-aliases'];
  return ['up', '-o', 'json', '--name', name, ...FREE_DOORS, ...own];
}

/**
 * Starts the real program and waits for its line of JSON.
 *
 * @throws Error with what it printed, when it ends before.
 */
export async function startProgram(options: UpOptions = {}): Promise<Program> {
  const { ranges, args = [], name = uniqueName(), input, main, cwd, openFiles } = options;
  const runtime = options.runtime ?? createFolder();
  const env = { XDG_RUNTIME_DIR: runtime.path, ...options.env };
  const common = {
    env,
    ...(main === undefined ? {} : { main }),
    ...(cwd === undefined ? {} : { cwd }),
  };
  const running = start([...upArguments(name, ranges), ...args], {
    ...common,
    ...(input === undefined ? {} : { input }),
    ...(openFiles === undefined ? {} : { openFiles }),
  });
  const close = async (): Promise<void> => {
    await running[Symbol.asyncDispose]();
    if (options.runtime === undefined) runtime[Symbol.dispose]();
  };
  try {
    const [line = ''] = (await running.until('stdout', /\n/)).split('\n');
    // curl and dig take the option too; so every verb has it behind its own name.
    const named = ([verb = '', ...rest]: string[]): string[] => [verb, '--name', name, ...rest];
    const statusNow = async (): Promise<ClusterStatus> => {
      const { stdout } = await run(named(['status', '-o', 'json']), common);
      return JSON.parse(stdout) as ClusterStatus; // printed by the program under test
    };
    return {
      ...running,
      name,
      line,
      env,
      status: JSON.parse(line) as ClusterStatus, // printed by the program under test
      run: (...more) => run(named(more), common),
      start: (...more) => start(named(more), common),
      statusNow,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An instance in this process. */
export interface InProcess extends Instance {
  readonly name: string;
}

/** Starts an instance in this process, with free doors, in `ranges`. */
export async function startInProcess(
  options: Partial<InstanceOptions> & { readonly ranges?: Ranges } = {},
): Promise<InProcess> {
  const { ranges, name = uniqueName(), ...given } = options;
  const runtime = createFolder();
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = runtime.path;
  const free = { address: '127.0.0.1', port: 0 };
  try {
    const instance = await startInstance({
      paths: [],
      dns: free,
      http: free,
      https: free,
      entry: free,
      dnsUpstream: 'off',
      isFollowing: false,
      version: '0.0.0',
      pid: process.pid,
      ...(ranges === undefined ? { hasAliases: false } : ranges.options),
      ...given,
      name,
    });
    return {
      ...instance,
      name,
      [Symbol.asyncDispose]: async () => {
        await instance[Symbol.asyncDispose]();
        runtime[Symbol.dispose]();
      },
    };
  } catch (error) {
    runtime[Symbol.dispose]();
    throw error;
  } finally {
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = before;
  }
}
