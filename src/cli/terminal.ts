import { writeFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { nodeUtil } from './node-util.ts';
import { createLogger, type Logger, type LogLevel } from '../observe/index.ts';

export type Style = 'red' | 'green' | 'yellow' | 'bold' | 'dim';

/** What a command may say and see. */
export interface Terminal {
  /** Data. */
  out(text: string): void;
  /** Data as it comes, no line end added. */
  write(chunk: string | Uint8Array): void;
  /** Adds to a file that a person named; the first call of a process empties it. */
  append(file: string, chunk: Uint8Array): Promise<void>;
  /** Messages. */
  err(text: string): void;
  /** `text` in colour, where the error stream shows any (`NO_COLOR`, `FORCE_COLOR`, `TERM=dumb`, a missing TTY). */
  style(style: Style, text: string): string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires at SIGINT, SIGTERM or SIGHUP, once. */
  readonly interrupted: AbortSignal;
  /** Messages of parts, one a line. */
  logger(level: LogLevel): Logger;
  /** What this process is. */
  readonly process: { readonly pid: number; readonly startedMs: number };
  /** All of standard input. @throws AbortError when `interrupted` fires. */
  readInput(): Promise<string>;
}

/** The terminal of this process. A reader that closes its pipe (`| head`) ends the process without a message. */
export function createTerminal(): Terminal {
  const interrupt = listenForSignals();
  process.stdout.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  // Messages that nobody reads are no reason to end an instance.
  process.stderr.on('error', (error: Error & { code?: string }) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const written = new Set<string>();
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    write: (chunk) => void process.stdout.write(chunk),
    append: async (file, chunk) => {
      await writeFile(file, chunk, { flag: written.has(file) ? 'a' : 'w' });
      written.add(file);
    },
    err: (text) => void process.stderr.write(`${text}\n`),
    style: (style, text) => (isColourful() ? nodeUtil().styleText(style, text) : text),
    env: process.env,
    interrupted: interrupt.signal,
    logger: (level) => createLogger(level, (line) => void process.stderr.write(`${line}\n`)),
    process: { pid: process.pid, startedMs: 0 },
    readInput: async () => {
      let text = '';
      const input = addAbortSignal(interrupt.signal, process.stdin.setEncoding('utf8'));
      for await (const chunk of input) text += String(chunk);
      return text;
    },
  };
}

/** Signals so close to each other are one: a program in between that passes on what the terminal told both. */
const SAME_SIGNAL_MS = 500;

/** The first signal asks for the end; another one, later, is the end. */
function listenForSignals(): AbortController {
  const interrupt = new AbortController();
  let firstMs = Infinity;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (nowMs - firstMs > SAME_SIGNAL_MS) process.exit(130);
      firstMs = Math.min(firstMs, nowMs);
      interrupt.abort(signal);
    });
  }
  return interrupt;
}

function isColourful(): boolean {
  const { env, stdout, stderr } = process;
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0') return true;
  return stdout.isTTY && stderr.isTTY && env['TERM'] !== 'dumb' && env['CI'] === undefined;
}
