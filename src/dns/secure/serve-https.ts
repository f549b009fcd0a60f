import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { listenTcp } from '../../net/index.ts';
import type { AnswerBytes } from '../answer-bytes.ts';
import { Connections } from '../connections.ts';
import type { Client } from '../query.ts';
import { decodeMessage } from '../wire/index.ts';
import { isMessage } from './is-message.ts';
import { readBody } from './read-body.ts';
import { credentialsOf, type SecureListener, type SecureOptions } from './serve-tls.ts';

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

const PATH = '/dns-query';
const MEDIA_TYPE = 'application/dns-message';
/** A DNS message has no more octets. */
const MAX_BODY = 65_536;
/** Seconds, where no record says how long. */
const DEFAULT_AGE = 5;
const MAX_AGE = 3600;

/**
 * DNS over HTTPS: GET and POST over h2 and HTTP/1.1. Without a certificate HTTP/1.1 in clear text, as CoreDNS does.
 *
 * @see RFC 8484
 */
export async function serveDnsOverHttps(options: SecureOptions): Promise<SecureListener> {
  const { address, port, tls, log, idleMs = 120_000 } = options;
  const handle = (request: Request, response: Response): void => {
    void respond(request, response, options.answerBytes);
  };
  const server =
    tls === undefined
      ? createServer(handle)
      : createSecureServer({ ...credentialsOf(tls), allowHTTP1: true }, handle);
  server.setTimeout(idleMs);
  const connections = new Connections();
  const listener = await listenTcp({
    address,
    port,
    onConnection: (socket) => {
      connections.add(socket);
      // A reset ends the connection; `close` follows.
      socket.on('error', () => undefined);
      server.emit('connection', socket);
    },
    onError: (error) => log.warn('connection not accepted', { part: 'dns', error }),
  });
  server.on('sessionError', (error: unknown) => {
    log.debug('session failed', { part: 'dns', error });
  });
  return {
    port: listener.port,
    [Symbol.asyncDispose]: async () => {
      await listener.close();
      connections.destroyAll();
    },
  };
}

async function respond(
  request: Request,
  response: Response,
  answerBytes: AnswerBytes,
): Promise<void> {
  try {
    const { status, body, headers = {} } = await answer(request, answerBytes);
    // What both kinds of response do alike; their methods have no signature in common.
    const either = response as ServerResponse;
    either.writeHead(status, { ...headers, 'content-length': body.length });
    either.end(body);
  } catch {
    // The client went away.
    request.destroy();
  }
}

interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

async function answer(request: Request, answerBytes: AnswerBytes): Promise<HttpAnswer> {
  const [path, search = ''] = (request.url ?? '').split('?', 2);
  if (path !== PATH) return text(404, 'not found');
  const message = await messageOf(request, search);
  if (message === undefined || !isMessage(message)) return text(400, 'no DNS message');
  const { remoteAddress = '', remotePort = 0 } = request.socket;
  const client: Client = { address: remoteAddress, port: remotePort, transport: 'tcp' };
  const body = await answerBytes(message, client);
  if (body === undefined) return text(500, 'no answer');
  const headers = { 'content-type': MEDIA_TYPE, 'cache-control': `max-age=${ageOf(body)}` };
  return { status: 200, body, headers };
}

async function messageOf(request: Request, search: string): Promise<Buffer | undefined> {
  if (request.method === 'GET') {
    const encoded = new URLSearchParams(search).getAll('dns');
    const [only = ''] = encoded;
    return encoded.length === 1 ? Buffer.from(only, 'base64url') : undefined;
  }
  return request.method === 'POST' ? readBody(request, MAX_BODY) : undefined;
}

/** The least TTL of the records. @see RFC 8484 §5.1 */
function ageOf(reply: Buffer): number {
  const { answers, authority, additional } = decodeMessage(reply);
  const ttls = [...answers, ...authority, ...additional].map(({ ttl }) => ttl);
  return ttls.length === 0 ? DEFAULT_AGE : Math.min(MAX_AGE, ...ttls);
}

function text(status: number, what: string): HttpAnswer {
  return { status, body: Buffer.from(`${what}\n`), headers: { 'content-type': 'text/plain' } };
}
