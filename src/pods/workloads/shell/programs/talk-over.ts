import type { Duplex } from 'node:stream';
import type { CommandRun } from '../command.ts';
import { Input, type Output, PipeClosed } from '../streams.ts';

export interface TalkOptions {
  /** Ends it at once. */
  readonly signal: AbortSignal;
  /** Talks instead of stdin and stdout; empty for none. */
  readonly program: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
  /** Where nothing at all is read, the connection stays open to both sides. @default false */
  readonly mayBeMute?: boolean;
}

/** What was read already still goes out for so long when the other side has ended. */
const LAST_WORDS_MS = 100;

/** Copies what is read to a connection and what comes from it out, until the other side ends. @returns the exit code */
export async function talkOver(
  socket: Duplex,
  run: CommandRun,
  options: TalkOptions,
): Promise<number> {
  const { signal, program } = options;
  let isOver = false;
  const leave = (): void => {
    isOver = true;
    socket.destroy();
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    if (program.length > 0) return await runOver(socket, run, program);
    const sent = send(socket, run, { ...options, leave });
    const received = receive(socket, run.stdout);
    // What breaks in either direction ends both; the end of what is read ends only its own.
    await Promise.race([received, Promise.all([sent, received])]);
    await Promise.race([sent, run.shell.sleep(LAST_WORDS_MS)]);
    return 0;
  } catch (error) {
    // Whoever leaves does not mind how the connection ends.
    if (!isOver) throw error;
    return 0;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

async function runOver(
  socket: Duplex,
  { shell, stderr }: CommandRun,
  program: readonly string[],
): Promise<number> {
  const pieces = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const stdin = new Input(async () => {
    const next = await pieces.next();
    return next.done === true ? undefined : next.value;
  });
  const stdout: Output = {
    write: async (bytes) => {
      if (!(await write(socket, bytes))) throw new PipeClosed('broken pipe');
    },
  };
  const exitCode = await shell.run(program, { stdin, stdout, stderr }, shell);
  socket.end();
  return exitCode;
}

async function receive(socket: Duplex, stdout: Output): Promise<void> {
  const pieces = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const piece of pieces) await stdout.write(piece);
}

/** The end of what is read ends this direction, and with `-q` the whole connection after so many seconds. */
async function send(
  socket: Duplex,
  { stdin, shell }: CommandRun,
  { flags, leave, mayBeMute = false }: TalkOptions & { readonly leave: () => void },
): Promise<void> {
  let isMute = true;
  for (let bytes = await stdin.bytes(); bytes !== undefined; bytes = await stdin.bytes()) {
    isMute = false;
    if (!(await write(socket, bytes))) return;
  }
  const seconds = Number(flags.get('q') ?? -1);
  if (seconds >= 0) {
    await shell.sleep(seconds * 1000);
    leave();
  } else if (!isMute || !mayBeMute) socket.end();
}

/** @returns false when nobody reads any more. */
function write(socket: Duplex, bytes: string | Uint8Array): Promise<boolean> {
  if (socket.destroyed) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const close = (): void => resolve(false);
  socket.once('close', close);
  socket.write(bytes, (error) => {
    socket.off('close', close);
    resolve(error === null || error === undefined);
  });
  return promise;
}
