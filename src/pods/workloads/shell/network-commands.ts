import { fetchAs, within } from '../http-client.ts';
import type { CommandRun, ShellCommand } from './commands.ts';

const DEFAULT_TIMEOUT_SECONDS = 30;

/** @see curl(1), EXIT CODES */
const CURL_EXIT = { dns: 6, refused: 7, httpError: 22, timeout: 28 } as const;

interface HttpCall {
  readonly url: URL;
  readonly timeoutMs: number;
}

/** The URL and the time limit among the words of `curl` or `wget`. */
function readCall(args: readonly string[]): HttpCall | undefined {
  const { target, seconds } = readWords(args);
  if (target === undefined) return undefined;
  const text = /^\w+:\/\//.test(target) ? target : `http://${target}`;
  if (!URL.canParse(text)) return undefined;
  return { url: new URL(text), timeoutMs: seconds * 1000 };
}

function readWords(args: readonly string[]): {
  readonly target: string | undefined;
  readonly seconds: number;
} {
  let seconds = 0;
  let target: string | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    const inline = /^(?:--(?:connect-|max-)?time(?:out)?=|-T)(\d+)$/.exec(word)?.[1];
    const hasValue = TIMEOUT_FLAGS.has(word) || VALUE_FLAGS.has(word);
    if (inline !== undefined) seconds = Number(inline);
    else if (TIMEOUT_FLAGS.has(word)) seconds = Number(args[index + 1]);
    else if (!word.startsWith('-')) target ??= word;
    if (hasValue) index += 1;
  }
  return { target, seconds: seconds > 0 ? seconds : DEFAULT_TIMEOUT_SECONDS };
}

const TIMEOUT_FLAGS: ReadonlySet<string> = new Set([
  '-m',
  '--max-time',
  '--connect-timeout',
  '-T',
  '--timeout',
]);
const VALUE_FLAGS: ReadonlySet<string> = new Set([
  '-o',
  '-O',
  '--output',
  '-H',
  '--header',
  '-X',
  '--request',
  '-d',
  '-A',
  '-u',
  '-w',
  '--retry',
  '--tries',
  '-t',
]);

async function callHttp({ args, streams, pod }: CommandRun, isFailing: boolean): Promise<number> {
  const call = readCall(args);
  if (call === undefined) return 2;
  const { url, timeoutMs } = call;
  const host = url.hostname.replaceAll(/[[\]]/g, '');
  const port = Number(url.port || 80);
  try {
    const path = `${url.pathname}${url.search}`;
    const { status, body } = await fetchAs(pod, { host, port, path, timeoutMs });
    if (isFailing && status >= 400) {
      streams.stderr += `The requested URL returned error: ${status}\n`;
      return CURL_EXIT.httpError;
    }
    if (!args.includes('/dev/null') && !args.includes('--spider')) streams.stdout += body;
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    streams.stderr += `${message}\n`;
    if (/no such host/.test(message)) return CURL_EXIT.dns;
    return /deadline/.test(message) ? CURL_EXIT.timeout : CURL_EXIT.refused;
  }
}

const isPlain = (args: readonly (string | undefined)[]): boolean =>
  !args.some((word) => word?.startsWith('https:') === true);

const curl: ShellCommand = {
  supports: isPlain,
  run: (run) =>
    callHttp(
      run,
      run.args.some((word) => /^-\w*f|^--fail/.test(word)),
    ),
};

const wget: ShellCommand = {
  supports: isPlain,
  run: async (run) => Number((await callHttp(run, true)) !== 0),
};

/** `nc [-z] [-w SECONDS] HOST PORT` as a client. */
const nc: ShellCommand = {
  supports: (args) => !args.some((word) => /^-\w*l/.test(word ?? '')),
  run: async ({ args, streams, pod }) => {
    const wait = args.findIndex((word) => /^-\w*w$/.test(word));
    const rest = args.filter(
      (word, index) => !word.startsWith('-') && (wait < 0 || index !== wait + 1),
    );
    const [host = '', port = ''] = rest;
    const seconds = Number((wait < 0 ? undefined : args[wait + 1]) ?? DEFAULT_TIMEOUT_SECONDS);
    const controller = new AbortController();
    const timer = pod.clock.setTimer(seconds * 1000, () =>
      controller.abort(new Error('timed out')),
    );
    const { signal } = controller;
    try {
      const [address] = await within(pod.resolve(host), signal);
      if (address === undefined || !/^\d+$/.test(port)) return 1;
      const socket = await within(pod.connect({ address, port: Number(port) }, { signal }), signal);
      socket.on('error', () => undefined);
      if (args.some((word) => /^-\w*z/.test(word))) {
        socket.destroy();
        return 0;
      }
      const ended = Promise.withResolvers<void>();
      socket.on('data', (chunk: Buffer) => (streams.stdout += chunk.toString('utf8')));
      socket.once('end', ended.resolve).once('close', ended.resolve).end(streams.stdin);
      await within(ended.promise, signal).catch(() => undefined);
      socket.destroy();
      return 0;
    } catch {
      // Refused, unreachable or too late: all the same to nc.
      return 1;
    } finally {
      timer[Symbol.dispose]();
    }
  },
};

/** `nslookup`, `host` and `getent hosts`: whether a name has addresses, and which. */
const lookUp: ShellCommand = {
  run: async ({ args, streams, pod }) => {
    const [name = ''] = args.filter(
      (word) => !word.startsWith('-') && !/^a?hosts(v[46])?$/.test(word),
    );
    const addresses = await pod.resolve(name).catch(() => []);
    if (addresses.length === 0) {
      streams.stderr += `** server can't find ${name}: NXDOMAIN\n`;
      return 1;
    }
    streams.stdout += `Name:\t${name}\n${addresses.map((ip) => `Address: ${ip}\n`).join('')}`;
    return 0;
  },
};

/** Clients of the Pod's network. */
export const NETWORK_COMMANDS: readonly (readonly [string, ShellCommand])[] = [
  ['curl', curl],
  ['wget', wget],
  ['nc', nc],
  ['nslookup', lookUp],
  ['host', lookUp],
  ['getent', lookUp],
];
