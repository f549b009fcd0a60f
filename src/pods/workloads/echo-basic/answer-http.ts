import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WorkloadContext } from '../../workload.ts';
import { type GoHeaders, goDurationMs, goHeaders, requestUrl } from '../go-http.ts';
import type { Visit } from '../http-service.ts';
import type { EchoIdentity } from './index.ts';

/** An echo-basic that runs. */
export interface EchoBasic {
  readonly identity: EchoIdentity;
  readonly pod: WorkloadContext;
  /** As the answer tells it. */
  readonly httpPort: string;
  /** How often each `/retry` was asked, by its uuid. */
  readonly attempts: Map<string, number>;
}

/** Tells the request, after what its path, query and headers ask for. */
export async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  { container, flow }: Visit<EchoBasic>,
): Promise<void> {
  const url = requestUrl({ url: collapse(request.url ?? '/') });
  const delayMs = goDurationMs(url.searchParams.get('delay') ?? '0') ?? 0;
  if (delayMs > 0) await wait(container, delayMs);
  if (url.pathname === '/health') return send(response, 200, 'OK');
  if (url.pathname.startsWith('/status/')) return answerStatus(url.pathname, response);
  if (
    url.pathname.startsWith('/retry') &&
    !(await mayAnswer(url, request, { response, container }))
  )
    return;
  container.pod.log.debug('echoing back request', {
    uri: request.url,
    client: flow.source.address,
  });
  setAskedHeaders(request, response);
  const body = describeRequest(container, {
    method: request.method ?? '',
    uri: request.url ?? '',
    host: request.headers.host ?? '',
    proto: `HTTP/${request.httpVersion}`,
    headers: goHeaders(request),
  });
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Type', 'application/json');
  send(response, 200, body);
}

export interface EchoedRequest {
  readonly method: string;
  /** With its query. */
  readonly uri: string;
  readonly host: string;
  readonly proto: string;
  readonly headers: GoHeaders;
}

/** The JSON body. */
export function describeRequest({ identity, httpPort }: EchoBasic, asked: EchoedRequest): string {
  const { uri, headers, ...rest } = asked;
  const told = { path: uri, ...rest, headers: Object.fromEntries(headers), httpPort, ...identity };
  return `${JSON.stringify(told, undefined, 1)}\n`;
}

function answerStatus(path: string, response: ServerResponse): void {
  const code = path.slice('/status/'.length);
  const status = /^\d{3}$/.test(code) && Number(code) >= 200 ? Number(code) : undefined;
  if (status === undefined) send(response, 400, `invalid status code "${code}"`);
  else send(response, status, '');
}

/** `/retry?uuid=U&succeedAfter=N`: the first N requests fail, with `responseCode` or else a reset. */
async function mayAnswer(
  { searchParams }: URL,
  request: IncomingMessage,
  { response, container }: { readonly response: ServerResponse; readonly container: EchoBasic },
): Promise<boolean> {
  const uuid = searchParams.get('uuid') ?? '';
  const succeedAfter = Number(searchParams.get('succeedAfter') ?? 0);
  const attempt = (container.attempts.get(uuid) ?? 0) + 1;
  container.attempts.set(uuid, attempt);
  if (attempt > succeedAfter) return true;
  const delayMs = goDurationMs(searchParams.get('delayRetry') ?? '0') ?? 0;
  if (delayMs > 0) await wait(container, delayMs);
  const code = Number(searchParams.get('responseCode') ?? 0);
  const { socket } = request;
  if (code >= 200 && code <= 599) send(response, code, '');
  else if ('resetAndDestroy' in socket) socket.resetAndDestroy();
  else response.destroy();
  return false;
}

/** `X-Echo-Set-Header: name:value,…` */
function setAskedHeaders({ headers }: IncomingMessage, response: ServerResponse): void {
  const asked = headers['x-echo-set-header'];
  const text = typeof asked === 'string' ? asked : (asked ?? []).join(',');
  const wanted = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const pair of text.split(',')) {
    const colon = pair.indexOf(':');
    const name = pair.slice(0, Math.max(0, colon)).trim();
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) continue;
    const entry = wanted.get(name.toLowerCase()) ?? { name, values: [] };
    entry.values.push(pair.slice(colon + 1).trim());
    wanted.set(name.toLowerCase(), entry);
  }
  for (const { name, values } of wanted.values()) response.setHeader(name, values.join(', '));
}

function send(response: ServerResponse, status: number, body: string): void {
  if (!response.hasHeader('Content-Type'))
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function wait({ pod }: EchoBasic, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  pod.clock.setTimer(ms, resolve);
  return promise;
}

/** As Go's mux cleans a path. */
function collapse(uri: string): string {
  const [path = '', ...query] = uri.split('?');
  return [path.replaceAll(/\/{2,}/g, '/'), ...query].join('?');
}
