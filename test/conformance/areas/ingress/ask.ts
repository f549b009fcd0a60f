/** The requests of rows, over real sockets. */
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions as SecureOptions } from 'node:https';
import { connect as connectH2 } from 'node:http2';
import { connect } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { Pair } from './certificates.ts';
import type { RequestRow } from './table.ts';

export interface Asked {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
  readonly certificate?: PeerCertificate;
  readonly isH2?: boolean;
  readonly trailers?: Readonly<Record<string, string>>;
}

export interface AskOptions {
  readonly row: RequestRow;
  readonly port: number;
  readonly clientCertificate?: Pair | undefined;
  readonly cookie?: string | undefined;
  readonly localAddress?: string | undefined;
}

const TIMEOUT_MS = 15_000;

/** Makes one request of a row. */
export function ask(options: AskOptions): Promise<Asked> {
  const { row } = options;
  if (row.httpVersion === '1.0' || row.protocol === 'h2c') return askRaw(options);
  return row.protocol === 'h2' ? askH2(options) : askH1(options);
}

function headersOf({ row, cookie }: AskOptions): Record<string, string> {
  const { headers = {}, basicAuth, headerBytes = 0, grpc = false, chunked = false } = row;
  return {
    'User-Agent': 'Go-http-client/1.1',
    ...headers,
    ...(basicAuth === undefined
      ? {}
      : { Authorization: `Basic ${Buffer.from(basicAuth).toString('base64')}` }),
    ...(headerBytes > 0 ? { 'X-Large': 'x'.repeat(headerBytes) } : {}),
    ...(cookie === undefined ? {} : { Cookie: cookie }),
    ...(grpc ? { 'content-type': 'application/grpc', te: 'trailers' } : {}),
    ...(chunked ? { 'Transfer-Encoding': 'chunked' } : {}),
  };
}

function bodyOf({
  body,
  bodyBytes,
  chunked = false,
  grpc = false,
}: RequestRow): Buffer | undefined {
  if (grpc) return Buffer.of(0, 0, 0, 0, 0);
  if (bodyBytes !== undefined) return Buffer.alloc(bodyBytes, 'x');
  return body === undefined ? (chunked ? Buffer.from('chunked') : undefined) : Buffer.from(body);
}

function askH1(options: AskOptions): Promise<Asked> {
  const { row, port, localAddress } = options;
  const body = bodyOf(row);
  const isSecure = row.scheme === 'https';
  const length =
    body === undefined || row.chunked === true ? {} : { 'Content-Length': String(body.length) };
  const { promise, resolve, reject } = Promise.withResolvers<Asked>();
  const request = (isSecure ? requestHttps : requestHttp)({
    host: '127.0.0.1',
    port,
    method: row.method ?? 'GET',
    path: row.path ?? '/',
    headers: { Host: row.host ?? '', ...headersOf(options), ...length },
    agent: false,
    timeout: TIMEOUT_MS,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(isSecure ? secureOptions(options) : {}),
  });
  request.on('response', (response) => void collect(response).then(resolve, reject));
  request.on('upgrade', (response, socket) => {
    socket.destroy();
    resolve(askedOf(response, ''));
  });
  request.on('timeout', () => request.destroy(new Error('no answer in time')));
  request.on('error', reject);
  request.end(body);
  return promise;
}

/** Nobody signed the certificates of rows; old versions of TLS need old ciphers. */
function secureOptions({ row, clientCertificate: pair }: AskOptions): SecureOptions {
  const { sni = row.host, tlsVersion } = row;
  return {
    rejectUnauthorized: false,
    servername: sni?.replace(/:\d+$/, '') ?? '',
    ...(tlsVersion === '1.1'
      ? { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
      : {}),
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
  };
}

async function collect(response: IncomingMessage): Promise<Asked> {
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return askedOf(response, body);
}

function askedOf(response: IncomingMessage, body: string): Asked {
  const headers: Record<string, string> = {};
  for (let index = 0; index < response.rawHeaders.length; index += 2)
    headers[(response.rawHeaders[index] ?? '').toLowerCase()] =
      response.rawHeaders[index + 1] ?? '';
  const socket = response.socket as Partial<TLSSocket>; // where the scheme is https
  const certificate = socket.getPeerCertificate?.();
  return {
    status: response.statusCode ?? 0,
    headers,
    cookies: response.headers['set-cookie'] ?? [],
    body,
    ...(certificate === undefined ? {} : { certificate }),
  };
}

/** HTTP/1.0, and what an HTTP/2 client says first: by hand. */
async function askRaw({ row, port }: AskOptions): Promise<Asked> {
  const socket = connect({ port, host: '127.0.0.1' });
  const host = row.host === null || row.host === undefined ? '' : `Host: ${row.host}\r\n`;
  socket.end(
    row.protocol === 'h2c'
      ? 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
      : `${row.method ?? 'GET'} ${row.path ?? '/'} HTTP/1.0\r\n${host}\r\n`,
  );
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1] ?? 0);
  return { status, headers: {}, cookies: [], body: text };
}

async function askH2(options: AskOptions): Promise<Asked> {
  const { row, port } = options;
  const session = connectH2(`https://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    servername: row.host ?? '',
  });
  try {
    return await exchangeH2(session, options);
  } finally {
    session.destroy();
  }
}

function exchangeH2(session: ReturnType<typeof connectH2>, options: AskOptions): Promise<Asked> {
  const { row } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Asked>();
  session.on('error', reject);
  const body = bodyOf(row);
  const stream = session.request({
    ':method': row.grpc === true ? 'POST' : (row.method ?? 'GET'),
    ':path': row.path ?? '/',
    ':authority': row.host ?? '',
    ...headersOf(options),
  });
  stream.setTimeout(TIMEOUT_MS, () => reject(new Error('no answer in time')));
  let headers: Record<string, string> = {};
  let trailers: Record<string, string> = {};
  let text = '';
  stream.on('response', (given) => (headers = textsOf(given)));
  stream.on('trailers', (given) => (trailers = textsOf(given)));
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  stream.on('error', reject);
  stream.on('end', () =>
    resolve({
      status: Number(headers[':status']),
      headers,
      cookies: [],
      body: text,
      isH2: true,
      trailers,
    }),
  );
  stream.end(body);
  return promise;
}

function textsOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
}
