import type { DatagramChannel, DuplexEnd, Flow } from '../../../../net/index.ts';
import { type CommandRun, fail } from '../command.ts';
import { ShellExit } from '../shell.ts';
import { PipeClosed } from '../streams.ts';
import type { NcWords } from './nc-words.ts';
import { talkOver } from './talk-over.ts';

/** Who waits to be served; more are turned away. @see listen(2), the backlog */
const MAX_WAITING = 128;

/**
 * `nc -l [-kuv] [-p PORT] [-e PROGRAM] [[ADDRESS] PORT]`: waits on a port of the Pod, and talks with whoever comes.
 *
 * Without `-k` the first is the last; with it they are served one after another. A server that has nothing to say keeps
 * listening to its client.
 */
export async function listenNc(run: CommandRun, words: NcWords): Promise<number> {
  const port = Number(words.flags.get('p') ?? words.rest.at(-1));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return fail(run, 'nc: missing port');
  return words.flags.has('u') ? listenUdp(run, words, port) : listenTcp(run, words, port);
}

interface Visitor {
  readonly socket: DuplexEnd;
  readonly flow: Flow;
}

async function listenTcp(run: CommandRun, words: NcWords, port: number): Promise<number> {
  const { pod, shell } = run;
  const isKept = words.flags.has('k');
  const waiting: Visitor[] = [];
  let wake: () => void = () => undefined;
  const listener = pod.listenTcp({
    port,
    accept: (socket, flow) => {
      socket.on('error', () => undefined);
      if (waiting.length >= MAX_WAITING) socket.destroy();
      else waiting.push({ socket, flow });
      if (!isKept) listener?.[Symbol.dispose]();
      wake();
    },
  });
  if (listener === undefined) return fail(run, 'nc: bind: Address already in use');
  const stop = (): void => wake();
  shell.signal.addEventListener('abort', stop, { once: true });
  try {
    await tell(run, words, `Listening on 0.0.0.0 ${port}`);
    for (;;) {
      while (waiting.length === 0 && !shell.signal.aborted)
        await new Promise<void>((resolve) => (wake = resolve));
      const visitor = waiting.shift();
      if (visitor === undefined || shell.signal.aborted) throw new ShellExit(143);
      const exitCode = await serve(run, words, visitor);
      if (!isKept) return exitCode;
    }
  } finally {
    shell.signal.removeEventListener('abort', stop);
    listener[Symbol.dispose]();
    for (const { socket } of waiting) socket.destroy();
  }
}

async function serve(
  run: CommandRun,
  words: NcWords,
  { socket, flow: { source } }: Visitor,
): Promise<number> {
  const { signal } = run.shell;
  await tell(run, words, `Connection received on ${source.address} ${source.port}`);
  try {
    return await talkOver(socket, run, { ...words, signal, mayBeMute: true });
  } catch (error) {
    if (error instanceof PipeClosed || error instanceof ShellExit) throw error;
    // The client has broken off.
    return 1;
  } finally {
    socket.destroy();
  }
}

/** The first client is the one that is talked with, until the command ends, or nobody reads what it prints. */
async function listenUdp(run: CommandRun, words: NcWords, port: number): Promise<number> {
  const { pod, shell, stdin } = run;
  const met = Promise.withResolvers<DatagramChannel>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  using listener = pod.listenUdp({
    port,
    open: (channel, { source }) => {
      channel.onDatagram((datagram) => void print(run, datagram).catch(broken.reject));
      void tell(run, words, `Connection received on ${source.address} ${source.port}`).catch(
        broken.reject,
      );
      met.resolve(channel);
    },
  });
  if (listener === undefined) return fail(run, 'nc: bind: Address already in use');
  await tell(run, words, `Bound on 0.0.0.0 ${port}`);
  const answer = async (): Promise<void> => {
    const channel = await met.promise;
    for (let bytes = await stdin.bytes(); bytes !== undefined; bytes = await stdin.bytes())
      channel.send(bytes);
  };
  void answer().catch(() => undefined);
  await Promise.race([shell.sleep(Infinity), broken.promise]);
  throw new ShellExit(143);
}

async function print({ stdout }: CommandRun, datagram: Uint8Array): Promise<void> {
  await stdout.write(datagram);
}

async function tell({ stderr }: CommandRun, { flags }: NcWords, text: string): Promise<void> {
  if (flags.has('v')) await stderr.write(`${text}\n`);
}
