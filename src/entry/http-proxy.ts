import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConnectError, nodeHttp, PodlaneError, splice } from '../net/index.ts';
import {
  parseAuthority,
  proxyUser,
  type Dialled,
  type EntryDial,
  type EntryTarget,
} from './target.ts';

/** Headers of one hop: never passed on. @see RFC 9110 §7.6.1 */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** An HTTP server that proxies: CONNECT as a tunnel, absolute-form requests one by one. It listens nowhere; connections are handed to it. */
export function createHttpProxy(dial: EntryDial): Server {
  const server = nodeHttp().createServer(
    { requireHostHeader: false },
    (request, response) => void forward(request, response, dial),
  );
  server.on(
    'connect',
    (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      void tunnel({ request, socket, head, dial }),
  );
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

interface Tunnel {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly dial: EntryDial;
}

async function tunnel({ request, socket, head, dial }: Tunnel): Promise<void> {
  socket.on('error', () => socket.destroy());
  const authority = parseAuthority(request.url ?? '');
  if (authority === undefined)
    return void socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
  const dialled = await open(targetOf(request, authority), socket, dial);
  if (dialled instanceof PodlaneError) {
    return void socket.end(
      `HTTP/1.1 ${statusOf(dialled)}\r\nx-podlane-reason: ${headerText(dialled.message)}\r\ncontent-length: 0\r\n\r\n`,
    );
  }
  if (dialled === undefined) return undefined;
  const { connection, note } = dialled;
  const told = note === undefined ? '' : `x-podlane-note: ${headerText(note)}\r\n`;
  socket.write(`HTTP/1.1 200 Connection established\r\n${told}\r\n`);
  if (head.length > 0) socket.unshift(head);
  return splice(socket, connection);
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  dial: EntryDial,
): Promise<void> {
  const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
  if (url?.protocol !== 'http:') {
    return void response
      .writeHead(400, { 'content-type': 'text/plain' })
      .end('this is a proxy: send CONNECT, or a request for http://…\n');
  }
  const authority = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port === '' ? 80 : url.port),
  };
  const dialled = await open(targetOf(request, authority), response, dial);
  if (dialled === undefined) return undefined;
  if (dialled instanceof PodlaneError) {
    const [status] = statusOf(dialled).split(' ');
    return void response
      .writeHead(Number(status), {
        'content-type': 'text/plain',
        'x-podlane-reason': headerText(dialled.message),
      })
      .end(`${dialled.message}\n`);
  }
  return exchange({ request, response, url, upstream: dialled.connection });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly upstream: Duplex;
}

async function exchange({ request, response, url, upstream }: Exchange): Promise<void> {
  const outgoing = nodeHttp().request({
    createConnection: () => upstream,
    ...(request.method === undefined ? {} : { method: request.method }),
    path: `${url.pathname}${url.search}`,
    headers: { ...passedOn(request.headers), host: url.host, connection: 'close' },
  });
  outgoing.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedOn(answer.headers));
    pipeline(answer, response).catch(() => response.destroy());
  });
  outgoing.once('error', () => {
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(502, { 'content-type': 'text/plain' })
        .end('the Pod closed the connection without an answer\n');
  });
  response.once('close', () => upstream.destroy());
  await pipeline(request, outgoing).catch(() => undefined); // either side leaving shows as the events above
}

/** Dials while the client waits; undefined when it stays silent (dropped) or the client left. */
async function open(
  target: EntryTarget,
  client: Duplex | ServerResponse,
  dial: EntryDial,
): Promise<Dialled | PodlaneError | undefined> {
  const ended = new AbortController();
  client.once('close', () => ended.abort());
  try {
    return await dial(target, ended.signal);
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'ERR_DROPPED') return undefined;
    return error instanceof PodlaneError
      ? error
      : new PodlaneError('ERR_UNREACHABLE', error instanceof Error ? error.message : String(error));
  }
}

function targetOf(
  request: IncomingMessage,
  authority: { readonly host: string; readonly port: number },
): EntryTarget {
  const user = proxyUser(request.headers['proxy-authorization']);
  return { ...authority, user, client: request.socket.remoteAddress ?? '' };
}

function statusOf({ code }: PodlaneError): string {
  if (code === 'ERR_NO_SUCH_POD') return '407 Proxy Authentication Required';
  return '502 Bad Gateway';
}

function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7E]/g, '?');
}

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name) && !named.includes(name)),
  );
}
