import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ConnectError, nodeHttp } from '../../../../net/index.ts';
import { within } from '../../http-client.ts';
import type { CommandRun } from '../command.ts';
import { pathIn } from '../shell.ts';
import type { HttpWish } from './http-words.ts';

/** What came back. */
export interface HttpReply {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Lines of the request's head and of the answer's. */
  readonly sent: readonly string[];
  readonly received: readonly string[];
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly connectMs: number;
  readonly totalMs: number;
}

/** Why there is no answer. */
export class HttpFailure extends Error {
  /** `silent` where the kernel has given up, `timeout` where the program has. */
  readonly kind: 'dns' | 'refused' | 'silent' | 'timeout' | 'tls';
  /** In a few words, without the address. */
  readonly reason: string;

  constructor(kind: HttpFailure['kind'], message: string, reason: string = message) {
    super(message);
    this.kind = kind;
    this.reason = reason;
  }
}

/** Where nothing says how long; the kernel mostly gives up before. @see curl(1), --connect-timeout */
const CONNECT_TIMEOUT_MS = 300_000;
/** What is kept of a body. */
const MAX_BODY = 16 * 1024 * 1024;

/** One request on a connection of its own, as the Pod. @throws HttpFailure */
export async function exchangeHttp(
  run: CommandRun,
  wish: HttpWish,
  text: string,
): Promise<HttpReply> {
  const { pod, shell } = run;
  const url = new URL(text);
  const host = url.hostname.replaceAll(/[[\]]/g, '');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const begunAt = pod.clock.now();
  using limits = new Limits(run, wish, { host, port });
  const { signal } = limits;
  try {
    const address = await addressOf(run, wish, { host, port, signal });
    const plain = await within(pod.connect({ address, port }, { signal }), signal);
    plain.on('error', () => undefined);
    const socket =
      url.protocol === 'https:' ? await secure(run, plain, { host, wish, signal }) : plain;
    const connectMs = pod.clock.now() - begunAt;
    limits.connected();
    const answered = await request(socket, { url, wish, signal, shell });
    const totalMs = pod.clock.now() - begunAt;
    plain.destroy();
    return {
      ...answered,
      url: url.href,
      remoteAddress: address,
      remotePort: port,
      connectMs,
      totalMs,
    };
  } catch (error) {
    if (error instanceof HttpFailure) throw error;
    if (signal.aborted) throw signal.reason;
    const why = error instanceof Error ? error.message : String(error);
    const afterMs = pod.clock.now() - begunAt;
    if (error instanceof ConnectError && error.code === 'ERR_DROPPED')
      throw new HttpFailure(
        'silent',
        `Failed to connect to ${host} port ${port} after ${afterMs} ms: ${why}`,
        why,
      );
    throw new HttpFailure('refused', `Failed to connect to ${host} port ${port}: ${why}`, why);
  }
}

/** The time that it may take, in all and until it is connected. */
class Limits implements Disposable {
  readonly #controller = new AbortController();
  readonly #timers: (Disposable | undefined)[];
  readonly signal: AbortSignal;

  constructor(
    { pod, shell }: CommandRun,
    { timeoutMs, connectTimeoutMs }: HttpWish,
    { host, port }: { readonly host: string; readonly port: number },
  ) {
    const expire = (ms: number, message: string): Disposable | undefined =>
      ms === Infinity
        ? undefined
        : pod.clock.setTimer(ms, () => this.#controller.abort(new HttpFailure('timeout', message)));
    this.#timers = [
      expire(
        timeoutMs,
        `Operation timed out after ${timeoutMs} milliseconds with 0 bytes received`,
      ),
      expire(
        Math.min(connectTimeoutMs, CONNECT_TIMEOUT_MS),
        `Failed to connect to ${host} port ${port} after ${Math.min(connectTimeoutMs, CONNECT_TIMEOUT_MS)} ms: Timeout was reached`,
      ),
    ];
    this.signal = AbortSignal.any([this.#controller.signal, shell.signal]);
  }

  connected(): void {
    this.#timers[1]?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) timer?.[Symbol.dispose]();
  }
}

interface Finding {
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

async function addressOf(
  { pod }: CommandRun,
  { resolves }: HttpWish,
  { host, port, signal }: Finding,
): Promise<string> {
  const fixed = resolves.find((text) => text.startsWith(`${host}:${port}:`));
  if (fixed !== undefined) return fixed.slice(`${host}:${port}:`.length).replaceAll(/[[\]]/g, '');
  const [address] = await within(pod.resolve(host), signal);
  if (address === undefined) throw new HttpFailure('dns', `Could not resolve host: ${host}`);
  return address;
}

interface Securing {
  readonly host: string;
  readonly wish: HttpWish;
  readonly signal: AbortSignal;
}

async function secure(
  { shell }: CommandRun,
  socket: Duplex,
  { host, wish, signal }: Securing,
): Promise<Duplex> {
  const { connect } = await import('node:tls');
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const ca = wish.caFile === undefined ? undefined : shell.files.read(pathIn(shell, wish.caFile));
  const tls = connect({
    socket,
    rejectUnauthorized: !wish.isInsecure,
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
  });
  tls.once('secureConnect', () => resolve(tls));
  tls.once('error', (error) =>
    reject(new HttpFailure('tls', `SSL certificate problem: ${error.message}`)),
  );
  tls.on('error', () => undefined);
  return within(promise, signal);
}

interface Asking {
  readonly url: URL;
  readonly wish: HttpWish;
  readonly signal: AbortSignal;
  readonly shell: CommandRun['shell'];
}

async function request(
  socket: Duplex,
  { url, wish, signal, shell }: Asking,
): Promise<Pick<HttpReply, 'body' | 'headers' | 'received' | 'sent' | 'status'>> {
  const body = bodyOf(wish, shell);
  const headers = headersOf(url, wish, body);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const path = `${url.pathname}${url.search}`;
  const outgoing = nodeHttp().request({
    createConnection: () => socket,
    method: wish.method,
    path,
    headers,
    setHost: false,
    signal,
  });
  outgoing.once('response', resolve).on('error', reject).end(body);
  const response = await promise;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY) chunks.push(chunk);
  }
  const received = [
    `HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`,
  ];
  for (let at = 0; at < response.rawHeaders.length; at += 2)
    received.push(`${response.rawHeaders[at]}: ${response.rawHeaders[at + 1]}`);
  const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks),
    sent: [`${wish.method} ${path} HTTP/1.1`, ...sent, ''],
    received: [...received, ''],
  };
}

function bodyOf({ body }: HttpWish, shell: CommandRun['shell']): Buffer | undefined {
  if (body === undefined) return undefined;
  if (!body.startsWith('@')) return Buffer.from(body);
  return Buffer.from(shell.files.read(pathIn(shell, body.slice(1))) ?? '');
}

function headersOf(
  url: URL,
  { headers, user, isSpider }: HttpWish,
  body: Buffer | undefined,
): Record<string, string> {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const usual: readonly (readonly [string, string])[] = [
    ['Host', url.host],
    ['User-Agent', isSpider ? 'Wget' : 'curl/8.11.1'],
    ['Accept', '*/*'],
    ...(user === undefined
      ? []
      : [['Authorization', `Basic ${Buffer.from(user).toString('base64')}`] as const]),
    ...(body === undefined
      ? []
      : [
          ['Content-Type', 'application/x-www-form-urlencoded'] as const,
          ['Content-Length', `${body.length}`] as const,
        ]),
  ];
  return Object.fromEntries([
    ...usual.filter(([name]) => !given.has(name.toLowerCase())),
    ...headers,
    ['Connection', 'close'],
  ]);
}
