import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { ApiError, toApiStatus } from '../api/index.ts';
import { listenTcp } from '../net/index.ts';
import type { Logger } from '../observe/index.ts';
import { authenticate, type TokenReviewer } from './authentication.ts';
import { Ending } from './ending.ts';
import {
  splitTarget,
  type ApiRequest,
  type ApiResponse,
  type StreamSink,
  type User,
} from './request.ts';
import { requestTurn } from './request-turns.ts';
import { encodeResponse } from './respond.ts';

/** Answers a request; what it throws becomes a Status. */
export type AnswerRequest = (request: ApiRequest) => Promise<ApiResponse>;

/** A request to go on with another protocol, and the connection to do it on. */
export interface UpgradeRequest {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the request's head already. */
  readonly head: Buffer;
  readonly user: User;
}

/** Takes an upgrade over, or throws what the client is told. */
export type TakeUpgrade = (upgrade: UpgradeRequest) => Promise<void>;

export interface ApiServerOptions {
  readonly address: string;
  /** 0 is any free port. */
  readonly port: number;
  readonly tls: { readonly certificate: string; readonly key: string; readonly clientCA: string };
  readonly answer: AnswerRequest;
  readonly upgrade: TakeUpgrade;
  readonly review: TokenReviewer;
  readonly log: Logger;
}

/** An API server that listens. */
export interface ApiServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

/** The largest body that is read; @see apiserver `MaxRequestBodyBytes` */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Most messages close after they were read whole, when nobody listens any more: no stack is taken for each. */
const GONE = new Error('the client went away');

type Incoming = IncomingMessage | Http2ServerRequest;
type Outgoing = ServerResponse | Http2ServerResponse;

/**
 * Serves the API over TLS: HTTP/2 and HTTP/1.1 on one port, upgrades on the latter.
 *
 * TLS and HTTP/2 take long to load, and much memory, so the first connection loads them: most instances have none.
 *
 * @throws PodlaneError `ERR_ADDRESS_IN_USE` and the like.
 */
export async function serveApi(options: ApiServerOptions): Promise<ApiServer> {
  const { address, port, log } = options;
  const connections = new Set<Duplex>();
  let server: Promise<Http2SecureServer> | undefined;
  const accept = async (socket: Socket): Promise<void> => {
    // Its other end may go before there is a server.
    socket.on('error', (error) => log.debug('a connection broke', { error }));
    server ??= createServer(options, connections);
    const accepting = await server;
    if (!socket.destroyed) accepting.emit('connection', socket);
  };
  const listener = await listenTcp({
    address,
    port,
    hint: 'Choose another with --api ADDRESS:PORT, or none with --api off.',
    allowHalfOpen: false,
    pauseOnConnect: true,
    onConnection: (socket) => {
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
      accept(socket).catch((error: unknown) => {
        log.error('the API cannot be served', { error });
        socket.destroy();
      });
    },
  });
  return {
    address,
    port: listener.port,
    async [Symbol.asyncDispose]() {
      const closed = [...connections].map(closingOf);
      await listener.close();
      for (const connection of connections) connection.destroy();
      await Promise.all(closed);
    },
  };
}

function closingOf(connection: Duplex): Promise<void> {
  return new Promise((resolve) => void connection.once('close', resolve));
}

/** A server that listens nowhere by itself. */
async function createServer(
  options: ApiServerOptions,
  connections: Set<Duplex>,
): Promise<Http2SecureServer> {
  const { tls, log } = options;
  const { createSecureServer } = await import('node:http2');
  const server = createSecureServer({
    allowHTTP1: true,
    cert: tls.certificate,
    key: tls.key,
    ca: tls.clientCA,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    settings: { maxConcurrentStreams: 2000 },
    // A watch may be silent for long, and a client may hold thousands of them.
    unknownProtocolTimeout: 10_000,
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    socket.setNoDelay(true);
  });
  // A client that breaks off during its handshake is no error of ours.
  server.on('tlsClientError', (error) => log.debug('a TLS handshake failed', { error }));
  server.on('sessionError', (error) => log.debug('an HTTP/2 session broke', { error }));
  server.on('request', (message, response) => void handle(options, message, response));
  server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    void handleUpgrade(options, { message, socket, head });
  });
  return server;
}

async function handle(
  options: ApiServerOptions,
  message: Incoming,
  response: Outgoing,
): Promise<void> {
  const ending = new Ending();
  const end = (): void => ending.end();
  response.once('close', end);
  // A connection that breaks while its answer is written ends the answer: `close` follows.
  response.on('error', end);
  message.on('error', end);
  try {
    const answer = await answerOf(options, { message, ending });
    await send(response, answer, { message, ending });
  } catch (error) {
    if (!ending.isOver) options.log.error('an answer could not be sent', { error });
    response.destroy();
  }
}

interface Exchange {
  readonly message: Incoming;
  readonly ending: Ending;
}

/** The answer, or the Status of what went wrong. */
async function answerOf(
  options: ApiServerOptions,
  { message, ending }: Exchange,
): Promise<ApiResponse> {
  try {
    const user = userOf(message, options.review);
    const [path, query] = splitTarget(message.url ?? '');
    const body = await readBody(message);
    const turn = requestTurn();
    if (turn !== undefined) await turn;
    return await options.answer({
      method: message.method ?? 'GET',
      path,
      query: new URLSearchParams(query),
      headers: message.headers,
      body,
      user,
      get signal() {
        return ending.signal;
      },
    });
  } catch (error) {
    if (isTooDeep(error)) return statusResponse(new ApiError('BadRequest', 'exceeded max depth'));
    if (!(error instanceof ApiError) && !ending.isOver)
      options.log.error('a request failed', { error });
    return statusResponse(error);
  }
}

/** What nests deeper than the stack is the client's fault. */
function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith('Maximum call stack');
}

/** The last one that HTTP/2 lets through. */
const MAX_HTTP_STATUS = 599;

/** A failure as an answer. */
function statusResponse(error: unknown): ApiResponse {
  const status = toApiStatus(error);
  const seconds = status.details?.retryAfterSeconds;
  return {
    // A webhook may say a code that HTTP does not have: it stays in the body.
    status: status.code <= MAX_HTTP_STATUS ? status.code : 500,
    kind: 'object',
    object: status,
    ...(error instanceof ApiError && error.warnings.length > 0 && { warnings: error.warnings }),
    ...(seconds !== undefined && { headers: { 'Retry-After': String(seconds) } }),
  };
}

/** @throws ApiError Unauthorized. */
function userOf(message: Incoming, review: TokenReviewer): User {
  const { socket, headers } = message;
  // Over HTTP/2 the socket is a proxy of the TLS connection's.
  const tls = ('stream' in message ? message.stream.session?.socket : socket) as
    | TLSSocket
    | undefined;
  const subject = tls?.authorized === true ? tls.getPeerCertificate().subject : undefined;
  const groups = headers['impersonate-group'];
  return authenticate(
    {
      ...(subject !== undefined && {
        certificate: { commonName: textOf(subject.CN), organizations: textsOf(subject.O) },
      }),
      authorization: headers.authorization,
      impersonation: {
        user: textOf(headers['impersonate-user']) || undefined,
        groups: textsOf(groups),
      },
    },
    review,
  );
}

/** A certificate's field or a header; several values where it was repeated. */
function textsOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

const textOf = (value: string | readonly string[] | undefined): string => textsOf(value)[0] ?? '';

/** @throws ApiError RequestEntityTooLarge. */
function readBody(message: Incoming): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  message.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
    else reject(tooLarge());
  });
  message.once('end', () => resolve(Buffer.concat(chunks, length)));
  message.once('error', reject);
  message.once('close', () => reject(GONE));
  return promise;
}

function tooLarge(): ApiError {
  return new ApiError(
    'RequestEntityTooLarge',
    `Request entity too large: limit is ${MAX_BODY_BYTES}`,
  );
}

async function send(response: Outgoing, answer: ApiResponse, exchange: Exchange): Promise<void> {
  const encoded = await encodeResponse(answer, exchange.message.headers);
  response.statusCode = answer.status;
  for (const [name, value] of encoded.headers) response.setHeader(name, value);
  if (encoded.run === undefined) {
    (response as ServerResponse).end(
      exchange.message.method === 'HEAD' ? undefined : encoded.bytes,
    );
    return;
  }
  flushHead(response);
  await encoded.run(sinkOf(response, exchange.ending.signal));
  (response as ServerResponse).end();
}

/** Watchers wait for the head before anything happens. */
function flushHead(response: Outgoing): void {
  if ('stream' in response)
    response.stream.respond({
      ...response.getHeaders(),
      ':status': response.statusCode,
    });
  else response.flushHeaders();
}

function sinkOf(response: Outgoing, signal: AbortSignal): StreamSink {
  return {
    signal,
    write(chunk) {
      if (signal.aborted || (response as ServerResponse).write(chunk)) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      response.once('drain', resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      return promise;
    },
  };
}

async function handleUpgrade(
  { upgrade, review, log }: ApiServerOptions,
  { message, socket, head }: Omit<UpgradeRequest, 'user'>,
): Promise<void> {
  socket.on('error', (error) => log.debug('an upgraded connection broke', { error }));
  try {
    await upgrade({ message, socket, head, user: userOf(message, review) });
  } catch (error) {
    const status = toApiStatus(error);
    const body = `${JSON.stringify(status)}\n`;
    socket.end(
      `HTTP/1.1 ${status.code} ${status.reason ?? 'Error'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
}
