import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import type { Listening } from '../control/index.ts';
import { nodeHttp, parseIp, PodlaneError } from '../net/index.ts';
import type { CurlRequest } from './curl-arguments.ts';

/** The answer to a request; its body streams. */
export interface CurlAnswer {
  /** What the entry says of the way there. */
  readonly note: string | undefined;
  /** Names and values as they were sent. */
  readonly sent: readonly (readonly [string, string])[];
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: AsyncIterable<Uint8Array>;
  /** Milliseconds until the connection stood. */
  readonly connectMs: number;
  /** Milliseconds from the beginning until now. */
  readonly elapsedMs: () => number;
}

/**
 * Sends `request` through the entry: a CONNECT that carries who asks, then HTTP, over TLS for https.
 *
 * @throws PodlaneError `ERR_UNREACHABLE` when the cluster refuses, drops or cannot resolve; `ERR_NO_SUCH_POD` for who asks.
 */
export async function sendRequest(
  request: CurlRequest,
  entry: Listening,
  signal: AbortSignal,
): Promise<CurlAnswer> {
  const begunAt = performance.now();
  const elapsedMs = (): number => performance.now() - begunAt;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs)]);
  const { tunnel, note } = await openTunnel(request, entry, limit);
  const socket = request.url.protocol === 'https:' ? await secure(request, tunnel, limit) : tunnel;
  const connectMs = elapsedMs();
  const sent = headersOf(request.url, request.headers);
  const response = await exchange(request, { socket, headers: sent, signal: limit });
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) {
    headers.push([response.rawHeaders[index] ?? '', response.rawHeaders[index + 1] ?? '']);
  }
  return {
    note,
    sent: Object.entries(sent).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value] as const),
    ),
    status: response.statusCode ?? 0,
    reason: response.statusMessage ?? '',
    headers,
    body: bodyOf(response, limit, request.url.host),
    connectMs,
    elapsedMs,
  };
}

async function* bodyOf(
  response: IncomingMessage,
  signal: AbortSignal,
  authority: string,
): AsyncIterable<Uint8Array> {
  try {
    yield* response as AsyncIterable<Uint8Array>; // no encoding is set
  } catch (cause) {
    throw explainFailure(cause, signal, authority);
  }
}

/** Of the entry's answers: it asks for another user. */
const NO_SUCH_POD = 407;

interface Tunnel {
  readonly tunnel: Socket;
  readonly note: string | undefined;
}

function openTunnel(
  { url, as }: CurlRequest,
  entry: Listening,
  signal: AbortSignal,
): Promise<Tunnel> {
  const port = url.port === '' ? { 'http:': 80, 'https:': 443 }[url.protocol] : url.port;
  const authority = `${url.hostname}:${port}`;
  return new Promise((resolve, reject) => {
    const proxied = nodeHttp().request({
      host: entry.address,
      port: entry.port,
      method: 'CONNECT',
      path: authority,
      signal,
      agent: false,
      headers: {
        host: authority,
        ...(as === undefined
          ? {}
          : { 'proxy-authorization': `Basic ${Buffer.from(`${as}:`).toString('base64')}` }),
      },
    });
    proxied.once('connect', (response: IncomingMessage, socket: Socket) => {
      const { 'x-podlane-note': note } = response.headers;
      if (response.statusCode === 200) return resolve({ tunnel: socket, note: note?.toString() });
      socket.destroy();
      const why = String(response.headers['x-podlane-reason'] ?? response.statusMessage);
      return reject(
        response.statusCode === NO_SUCH_POD
          ? new PodlaneError('ERR_NO_SUCH_POD', why, {
              hint: 'Name a Pod: namespace/pod, deploy/web or namespace/deploy/web.',
            })
          : unreachable(`${authority}: ${why}`),
      );
    });
    proxied.once('error', (cause) => reject(explainFailure(cause, signal, authority)));
    proxied.end();
  });
}

async function secure(
  { url, isInsecure }: CurlRequest,
  socket: Socket,
  signal: AbortSignal,
): Promise<Socket> {
  const { connect: connectTls } = await import('node:tls');
  return new Promise((resolve, reject) => {
    const tls = connectTls({
      socket,
      // SNI carries names only (RFC 6066 §3).
      ...(isAddress(url.hostname) ? {} : { servername: url.hostname }),
      rejectUnauthorized: !isInsecure,
      ALPNProtocols: ['http/1.1'],
    });
    addAbortSignal(signal, tls);
    tls.once('secureConnect', () => resolve(tls));
    tls.on('error', (cause) => reject(explainFailure(cause, signal, `${url.host}: TLS`)));
  });
}

interface Exchange {
  readonly socket: Socket;
  readonly headers: Record<string, string[] | string>;
  readonly signal: AbortSignal;
}

function exchange(
  { url, method, body }: CurlRequest,
  { socket, headers, signal }: Exchange,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = nodeHttp().request({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers,
      signal,
    });
    outgoing.once('response', resolve);
    outgoing.once('error', (cause) => reject(explainFailure(cause, signal, url.host)));
    outgoing.end(body);
  });
}

/** One entry a name, as node:http takes repeated headers. */
function headersOf(url: URL, headers: CurlRequest['headers']): Record<string, string[] | string> {
  const all: Record<string, string[] | string> = {
    accept: '*/*',
    'user-agent': 'podlane',
    connection: 'close',
  };
  if (!headers.some(([name]) => name.toLowerCase() === 'host')) all['host'] = url.host;
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const known = headers.filter(([other]) => other.toLowerCase() === key).map(([, text]) => text);
    all[key] = known.length > 1 ? known : value;
  }
  return all;
}

function isAddress(hostname: string): boolean {
  return parseIp(hostname.replaceAll(/[[\]]/g, '')) !== undefined;
}

function explainFailure(cause: unknown, signal: AbortSignal, authority: string): Error {
  if (signal.aborted && signal.reason instanceof DOMException)
    return unreachable(`${authority}: timed out`, cause);
  return unreachable(
    `${authority}: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  );
}

function unreachable(message: string, cause?: unknown): PodlaneError {
  return new PodlaneError('ERR_UNREACHABLE', message, cause === undefined ? {} : { cause });
}
