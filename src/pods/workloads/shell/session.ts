import { isShell } from './command.ts';
import { parseWhole } from './parse-script.ts';
import { UnsupportedScript } from './parse-word.ts';
import {
  type CommandPlace,
  createShell,
  exitCodeOf,
  readCommand,
  runStreaming,
} from './run-command.ts';
import { runScript } from './run-script.ts';
import type { Script } from './script.ts';
import { type Shell, ShellExit } from './shell.ts';
import { Input, type Output, type Streams } from './streams.ts';
import { createTerminal } from './terminal.ts';

/** Where a command that somebody started from outside reads and writes. */
export interface CommandIo {
  /** The next bytes; undefined at the end. */
  readonly read: () => Promise<Uint8Array | undefined>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly isTty: boolean;
  /** Whoever started it has gone. */
  readonly signal: AbortSignal;
}

/** @see bash(1), EXIT STATUS: found, but cannot be run */
const CANNOT_RUN = 126;

/** What is told of a program that nobody here knows. */
function refusalOf(program: string): string {
  return `podlane does not run ${program}: Pods have no images here, only what answers for them. It knows shells, the usual small programs (cat, ls, env, curl, wget, nslookup, dig, nc, …) and the programs of its workloads; hand the Pod's traffic to a process of yours with --pod to run anything else.\n`;
}

/** Runs a command that came from outside, to its end. @returns its exit code. */
export async function runSession(
  command: readonly string[],
  io: CommandIo,
  given: CommandPlace,
): Promise<number> {
  const ended = AbortSignal.any([io.signal, ...(given.signal === undefined ? [] : [given.signal])]);
  const interrupts = new Interrupts(ended);
  const place: CommandPlace = {
    refuse: async (name, { stderr }) => {
      await stderr.write(refusalOf(name));
      return CANNOT_RUN;
    },
    ...given,
    signal: ended,
  };
  const streams = streamsOf(io, interrupts);
  const [program = '', ...args] = command;
  if (isShell(program) && !args.some((word) => /^-[a-z]*c|^[^-]/.test(word)))
    return converse(place, streams, { isTty: io.isTty, interrupts });
  try {
    const read = readCommand(command);
    if (read !== undefined) {
      const run = interrupts.begin((signal) => runStreaming(read, { ...place, signal }, streams));
      return await run;
    }
    parseWhole(args.at(-1) ?? '');
  } catch (error) {
    if (!(error instanceof UnsupportedScript)) throw error;
    await streams.stderr.write(
      `${program}: podlane's shell does not understand: ${error.message}\n`,
    );
  }
  return 2;
}

/** Ctrl-C ends what runs, and not the shell. */
class Interrupts {
  readonly #ended: AbortSignal;
  #current: AbortController | undefined;

  constructor(ended: AbortSignal) {
    this.#ended = ended;
  }

  /** @returns whether there was something to end. */
  press(): boolean {
    const isRunning = this.#current !== undefined && !this.#current.signal.aborted;
    this.#current?.abort();
    return isRunning;
  }

  /** @returns the exit code, 130 when it was interrupted. */
  async begin(run: (signal: AbortSignal) => Promise<number>): Promise<number> {
    const current = new AbortController();
    this.#current = current;
    try {
      const code = await run(AbortSignal.any([this.#ended, current.signal]));
      return current.signal.aborted ? 130 : code;
    } finally {
      this.#current = undefined;
    }
  }
}

function streamsOf(io: CommandIo, interrupts: Interrupts): Streams {
  const { stdout, stderr, isTty, read } = io;
  if (!isTty) return { stdin: new Input(read), stdout, stderr };
  // The keys are read ahead, or nobody would see Ctrl-C while a command runs.
  const terminal = createTerminal({
    keys: readAhead(read, () => {
      const isRunning = interrupts.press();
      if (isRunning) void Promise.resolve(stdout.write('^C\r\n')).catch(() => undefined);
      return isRunning;
    }),
    screen: stdout,
  });
  return { stdin: terminal.input, stdout: terminal.output, stderr: terminal.output };
}

const MAX_AHEAD = 65_536;
/** Ctrl-C. */
const INTERRUPT = 0x03;

/** Reads while nobody asks, so that an interrupt is seen at once. */
function readAhead(
  read: () => Promise<Uint8Array | undefined>,
  onInterrupt: () => boolean,
): () => Promise<Uint8Array | undefined> {
  const pieces: (Uint8Array | undefined)[] = [];
  let length = 0;
  let wake: () => void = () => undefined;
  let drain: () => void = () => undefined;
  const pump = async (): Promise<void> => {
    for (;;) {
      let piece = await read();
      const pressedAt = piece?.indexOf(INTERRUPT) ?? -1;
      // It ends what runs, and what was typed meanwhile is gone with it.
      if (pressedAt >= 0 && onInterrupt()) piece = piece?.subarray(pressedAt + 1);
      pieces.push(piece);
      length += piece?.length ?? 0;
      wake();
      if (piece === undefined) return;
      if (length > MAX_AHEAD) await new Promise<void>((resolve) => (drain = resolve));
    }
  };
  void pump().catch(() => {
    pieces.push(undefined);
    wake();
  });
  return async () => {
    while (pieces.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const piece = pieces[0];
    if (piece === undefined) return undefined;
    pieces.shift();
    length -= piece.length;
    drain();
    return piece;
  };
}

interface Conversation {
  readonly isTty: boolean;
  readonly interrupts: Interrupts;
}

/** A shell that is told line by line what to do. @returns the exit code that it ends with. */
async function converse(
  place: CommandPlace,
  streams: Streams,
  { isTty, interrupts }: Conversation,
): Promise<number> {
  const shell = createShell(place);
  const prompt = async (): Promise<void> => {
    if (isTty) await streams.stdout.write(`${shell.directory} # `);
  };
  let text = '';
  await prompt();
  for (;;) {
    const line = await streams.stdin.line();
    if (line === undefined || shell.signal.aborted) return shell.exitCode;
    text += line;
    const script = await readScript(text, streams);
    if (script === 'unfinished') {
      if (isTty) await streams.stdout.write('> ');
      continue;
    }
    text = '';
    if (script === undefined) shell.exitCode = 2;
    else {
      const over = await runLine(script, shell, { streams, interrupts });
      if (over !== undefined) return over;
    }
    await prompt();
  }
}

async function readScript(
  text: string,
  { stderr }: Streams,
): Promise<Script | 'unfinished' | undefined> {
  try {
    return parseWhole(text);
  } catch (error) {
    if (!(error instanceof UnsupportedScript)) throw error;
    if (error.isUnfinished) return 'unfinished';
    await stderr.write(`sh: syntax error: ${error.message}\n`);
    return undefined;
  }
}

interface LineRun {
  readonly streams: Streams;
  readonly interrupts: Interrupts;
}

/** @returns the shell's exit code when it is over. */
async function runLine(
  script: Script,
  shell: Shell,
  { streams, interrupts }: LineRun,
): Promise<number | undefined> {
  let isInterrupted = false;
  try {
    await interrupts.begin(async (signal) => {
      signal.addEventListener('abort', () => (isInterrupted = !shell.signal.aborted));
      const inner: Shell = {
        ...shell,
        signal,
        sleep: (ms) => interruptible(shell.sleep(ms), signal),
      };
      try {
        return await runScript(script, inner, streams);
      } finally {
        shell.directory = inner.directory;
        shell.exitCode = inner.exitCode;
        shell.endsOnError = inner.endsOnError;
        shell.positional = inner.positional;
      }
    });
    return undefined;
  } catch (error) {
    if (isInterrupted && error instanceof ShellExit) {
      shell.exitCode = 130;
      return undefined;
    }
    return exitCodeOf(error);
  }
}

function interruptible(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return Promise.race([waiting, promise]);
}
