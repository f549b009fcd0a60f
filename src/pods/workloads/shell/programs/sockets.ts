import type { Duplex } from 'node:stream';
import { within } from '../../http-client.ts';
import { type CommandRun, fail, type RunProgram, splitFlags } from '../command.ts';

/** `nc [-zvun] [-w SECONDS] HOST PORT` as a client. */
const nc: RunProgram = async (run) => {
  const { flags, rest } = ncWords(run.args);
  if (flags.has('l') || flags.has('e'))
    return fail(
      run,
      'nc: podlane opens no ports for commands: hand the Pod to a process of yours with --pod',
      126,
    );
  const [host = '', ports = ''] = rest;
  const range = portsOf(ports);
  if (host === '' || range.length === 0) return fail(run, 'nc: bad address');
  let exitCode = 1;
  for (const port of range) if ((await tryPort(run, { host, port, flags })) === 0) exitCode = 0;
  return exitCode;
};

/** `80`, `80-90`; at most a thousand, and none for a text that is neither. */
function portsOf(text: string): readonly number[] {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const count = first === '' ? 0 : Math.min(Number(last) - Number(first) + 1, 1000);
  return Array.from({ length: Math.max(0, count) }, (_, index) => Number(first) + index);
}

/** Flags may stand after the host as well. */
function ncWords(args: readonly string[]): ReturnType<typeof splitFlags> {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let left = args; left.length > 0;) {
    const split = splitFlags(left, 'wqipsG');
    for (const [name, value] of split.flags) flags.set(name, value);
    rest.push(...split.rest.slice(0, 1));
    left = split.rest.slice(1);
  }
  return { flags, rest };
}

interface Attempt {
  readonly host: string;
  readonly port: number;
  readonly flags: ReadonlyMap<string, string>;
}

async function tryPort(run: CommandRun, attempt: Attempt): Promise<number> {
  const { host, port, flags } = attempt;
  const { pod, shell } = run;
  const isProbe = flags.has('z');
  const seconds = Number(flags.get('w') ?? flags.get('G')) || (isProbe ? 30 : Infinity);
  const controller = new AbortController();
  const expire = (): void => controller.abort(new Error('timed out'));
  const timer = seconds === Infinity ? undefined : pod.clock.setTimer(seconds * 1000, expire);
  const signal = AbortSignal.any([controller.signal, shell.signal]);
  try {
    const [address] = await within(pod.resolve(host), signal);
    if (address === undefined) return await fail(run, `nc: bad address '${host}'`);
    const speak = flags.has('u') ? speakUdp : speakTcp;
    const exitCode = await speak(run, { address, port, isProbe }, signal);
    if (exitCode === undefined) await tell(run, attempt, `${host} (${address}:${port}) open`);
    return exitCode ?? 0;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await tell(run, attempt, `nc: ${host} (${port}): ${why}`);
    return 1;
  } finally {
    timer?.[Symbol.dispose]();
  }
}

/** A probe is silent unless it is to tell. */
async function tell({ stderr }: CommandRun, { flags }: Attempt, text: string): Promise<void> {
  if (flags.has('v') || !flags.has('z')) await stderr.write(`${text}\n`);
}

interface Destination {
  readonly address: string;
  readonly port: number;
  /** Connects, and says nothing. */
  readonly isProbe: boolean;
}

async function speakTcp(
  { pod, stdin, stdout }: CommandRun,
  { isProbe, ...destination }: Destination,
  signal: AbortSignal,
): Promise<number | undefined> {
  const socket = await within(pod.connect(destination, { signal }), signal);
  socket.on('error', () => undefined);
  const leave = (): void => void socket.destroy();
  signal.addEventListener('abort', leave, { once: true });
  try {
    if (isProbe) return undefined;
    void send(socket, stdin);
    for await (const chunk of socket as AsyncIterable<Buffer>) await stdout.write(chunk);
  } catch (error) {
    // Whoever has got its answer does not mind how the connection ends.
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', leave);
    socket.destroy();
  }
  return 0;
}

async function send(socket: Duplex, stdin: CommandRun['stdin']): Promise<void> {
  for (let bytes = await stdin.bytes(); bytes !== undefined; bytes = await stdin.bytes()) {
    if (socket.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.write(bytes, () => resolve());
    await promise;
  }
  socket.end();
}

/** What is read goes out as a datagram each; the first answer ends it, or the time. */
async function speakUdp(
  { pod, stdin, stdout }: CommandRun,
  { isProbe, ...destination }: Destination,
  signal: AbortSignal,
): Promise<number | undefined> {
  const channel = pod.associate(destination);
  const answered = Promise.withResolvers<Uint8Array>();
  const leave = (): void => answered.reject(new Error('no answer'));
  signal.addEventListener('abort', leave, { once: true });
  answered.promise.catch(() => undefined);
  try {
    channel.onDatagram((datagram) => answered.resolve(datagram));
    if (isProbe) return undefined;
    for (let bytes = await stdin.bytes(); bytes !== undefined; bytes = await stdin.bytes())
      channel.send(bytes);
    await stdout.write(await answered.promise);
    return 0;
  } finally {
    signal.removeEventListener('abort', leave);
    channel.close();
  }
}

const telnet: RunProgram = async (run) => {
  const [host = '', port = '23'] = splitFlags(run.args).rest;
  const exitCode = await tryPort(run, { host, port: Number(port), flags: new Map([['v', '']]) });
  return exitCode;
};

/** Programs for plain connections. */
export const SOCKETS: Readonly<Record<string, RunProgram>> = { nc, ncat: nc, netcat: nc, telnet };
