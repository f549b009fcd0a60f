import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '../../api/index.ts';
import { nodeHttp } from '../../net/index.ts';
import type { ApiContext, ResourceHandler, Target } from '../context.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { podsOf } from './pods.ts';
import { rewriteHtml, rewriteLocation, type ProxyPlace } from './proxy-rewrite.ts';
import { proxyTargetOf, type ProxyTarget } from './proxy-target.ts';

/** Headers that are between two neighbours, and those that say who asks: the other side is not to learn a token. */
const KEPT_BACK: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** A page that is longer is passed on as it is. */
const MAX_PAGE = 4 * 1024 * 1024;

/** `pods/…/proxy` and `services/…/proxy`: the request, as the Node would send it, and its answer. */
export const serveProxy: ResourceHandler = async (request, target, context) => {
  const { method, path } = request;
  // A page's relative links need the slash.
  if (target.rest === '' && !path.endsWith('/') && (method === 'GET' || method === 'HEAD'))
    return redirectTo(`${path}/${queryText(request)}`);
  const proxied = proxyTargetOf(target, context);
  const socket = await open(proxied, context, request.signal);
  const host = hostOf(request.headers);
  const place = { prefix: prefixOf(path, target), host, upstream: authorityOf(proxied) };
  const response = await forward(request, socket, { place, rest: target.rest });
  return answerOf(response, socket, place);
};

function redirectTo(location: string): ApiResponse {
  return {
    status: 301,
    headers: { Location: location },
    kind: 'bytes',
    contentType: '',
    bytes: '',
  };
}

function prefixOf(path: string, { rest }: Target): string {
  return rest === '' ? path.replace(/\/$/, '') : path.slice(0, path.length - rest.length);
}

function queryText({ query }: ApiRequest): string {
  return query.size === 0 ? '' : `?${query.toString()}`;
}

function hostOf(headers: IncomingHttpHeaders): string {
  const authority = headers[':authority'];
  return headers.host ?? (typeof authority === 'string' ? authority : '');
}

function authorityOf({ address, port }: ProxyTarget): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A connection to what is proxied. @throws ApiError ServiceUnavailable. */
export async function open(
  target: ProxyTarget,
  context: ApiContext,
  signal: AbortSignal,
): Promise<Duplex> {
  const { scheme, address, port } = target;
  try {
    const plain = await podsOf(context).dial({ address, port }, signal);
    // Whoever waits for an answer learns of it; after that nobody minds.
    plain.on('error', () => undefined);
    if (scheme === 'http') return plain;
    const { connect } = await import('node:tls');
    // As upstream: Pods' certificates are nobody's here.
    return connect({ socket: plain, rejectUnauthorized: false }).on('error', () => undefined);
  } catch (error) {
    throw unreachable(target, error);
  }
}

function unreachable(target: ProxyTarget, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new ApiError(
    'ServiceUnavailable',
    `error trying to reach service: dial tcp ${authorityOf(target)}: ${why}`,
  );
}

interface Forwarding {
  readonly place: ProxyPlace;
  readonly rest: string;
}

async function forward(
  request: ApiRequest,
  socket: Duplex,
  { place, rest }: Forwarding,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { body, method } = request;
  const outgoing = nodeHttp().request({
    createConnection: () => socket,
    method,
    path: `${rest === '' ? '/' : rest}${queryText(request)}`,
    headers: {
      ...passedOn(request.headers),
      ...(body.length > 0 && { 'content-length': body.length }),
      ...forwardedHeaders(request, place),
      host: place.upstream,
      connection: 'close',
    },
    setHost: false,
    signal: request.signal,
  });
  outgoing.once('response', resolve).on('error', reject).end(body);
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    const why = error instanceof Error ? error.message : String(error);
    throw new ApiError('ServiceUnavailable', `error trying to reach service: ${why}`);
  }
}

/** @see apimachinery util/proxy Transport: what tells the other side where it is seen. */
function forwardedHeaders(
  { path }: Pick<ApiRequest, 'path'>,
  { host }: ProxyPlace,
): OutgoingHttpHeaders {
  return {
    'x-forwarded-uri': path,
    'x-forwarded-host': host,
    'x-forwarded-proto': 'https',
  };
}

/** Headers for the other side; over HTTP/2 a request's line is among them. */
export function passedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = (headers.connection ?? '').toLowerCase().split(/,\s*/);
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !name.startsWith(':') && !KEPT_BACK.has(name) && !named.includes(name),
    ),
  );
}

async function answerOf(
  response: IncomingMessage,
  socket: Duplex,
  place: ProxyPlace,
): Promise<ApiResponse> {
  const status = response.statusCode ?? 502;
  const contentType = response.headers['content-type'] ?? '';
  const headers = headersOf(response, place);
  const encoding = response.headers['content-encoding'] ?? '';
  const length = Number(response.headers['content-length'] ?? Infinity);
  if (contentType.startsWith('text/html') && encoding === '' && length <= MAX_PAGE) {
    const page = await pageOf(response);
    socket.destroy();
    return { status, headers, kind: 'bytes', contentType, bytes: rewriteHtml(page, place) };
  }
  return {
    status,
    headers,
    kind: 'stream',
    contentType,
    run: async (sink) => {
      const leave = (): void => void socket.destroy();
      sink.signal.addEventListener('abort', leave, { once: true });
      try {
        for await (const chunk of response as AsyncIterable<Buffer>) await sink.write(chunk);
      } finally {
        socket.destroy();
      }
    },
  };
}

function headersOf(
  response: IncomingMessage,
  place: ProxyPlace,
): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(passedOn(response.headers))) {
    if (name === 'content-type' || name === 'content-length' || value === undefined) continue;
    if (typeof value === 'number') headers[name] = `${value}`;
    else if (typeof value === 'string' && name === 'location')
      headers[name] = rewriteLocation(value, place);
    else headers[name] = value;
  }
  return headers;
}

async function pageOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
