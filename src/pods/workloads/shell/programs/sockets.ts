import { within } from '../../http-client.ts';
import { type CommandRun, fail, type RunProgram, splitFlags } from '../command.ts';
import { listenNc } from './nc-listen.ts';
import { readNc } from './nc-words.ts';
import { talkOver } from './talk-over.ts';

/** `nc [-zvun] [-w SECONDS] [-q SECONDS] [-e PROGRAM] HOST PORT`, and `nc -l` as a server. */
const nc: RunProgram = async (run) => {
  const words = readNc(run.args);
  if (words.flags.has('l')) return listenNc(run, words);
  const { flags, rest, program } = words;
  const [host = '', ports = ''] = rest;
  const range = portsOf(ports);
  if (host === '' || range.length === 0) return fail(run, 'nc: bad address');
  let exitCode = 1;
  for (const port of range)
    if ((await tryPort(run, { host, port, flags, program })) === 0) exitCode = 0;
  return exitCode;
};

/** `80`, `80-90`; at most a thousand, and none for a text that is neither. */
function portsOf(text: string): readonly number[] {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const count = first === '' ? 0 : Math.min(Number(last) - Number(first) + 1, 1000);
  return Array.from({ length: Math.max(0, count) }, (_, index) => Number(first) + index);
}

interface Attempt {
  readonly host: string;
  readonly port: number;
  readonly flags: ReadonlyMap<string, string>;
  /** Talks with the other side instead of stdin and stdout; empty for none. */
  readonly program: readonly string[];
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
    const exitCode = await speak(run, { ...attempt, address, isProbe }, signal);
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

interface Destination extends Attempt {
  readonly address: string;
  /** Connects, and says nothing. */
  readonly isProbe: boolean;
}

async function speakTcp(
  run: CommandRun,
  { isProbe, address, port, flags, program }: Destination,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { pod } = run;
  const socket = await within(pod.connect({ address, port }, { signal }), signal);
  socket.on('error', () => undefined);
  try {
    return isProbe ? undefined : await talkOver(socket, run, { signal, program, flags });
  } finally {
    socket.destroy();
  }
}

/** What is read goes out as a datagram each; the first answer ends it, or the time. */
async function speakUdp(
  { pod, stdin, stdout }: CommandRun,
  { isProbe, address, port }: Destination,
  signal: AbortSignal,
): Promise<number | undefined> {
  const channel = pod.associate({ address, port });
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
  const flags = new Map([['v', '']]);
  return tryPort(run, { host, port: Number(port), flags, program: [] });
};

/** Programs for plain connections. */
export const SOCKETS: Readonly<Record<string, RunProgram>> = { nc, ncat: nc, netcat: nc, telnet };
