/** Programs of this host that stand behind the Services of a row, and remember what they were asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import {
  createSecureServer as createTls2Server,
  createServer as createH2cServer,
} from 'node:http2';

import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { openBlackHole, type BlackHole } from './black-hole.ts';
import type { Pair } from './certificates.ts';
import type { ServiceRow } from './table.ts';

/** A request that reached a backend. */
export interface Seen {
  /** `service`, or `namespace/service` outside of `default`. */
  readonly service: string;
  readonly pod: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly proto: string;
  readonly isTls: boolean;
  readonly sni: string | undefined;
  body: string;
}

/** What a backend does with a request. */
export interface Behaviour extends Pick<
  ServiceRow,
  'delayMs' | 'chunks' | 'status' | 'responseHeaders'
> {
  /** Speaks TLS with this certificate. */
  readonly tls?: Pair;
  /** Speaks HTTP/2 without ALPN. */
  readonly isH2c?: boolean;
}

/** The backends of one row. */
export class Backends implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly #servers: NetServer[] = [];
  readonly #sockets = new Set<Socket>();
  #hole: BlackHole | undefined;

  /** Opens one; its port. */
  async open(service: string, pod: number, behaviour: Behaviour): Promise<number> {
    const server = createFor(behaviour, (request, response) => {
      const seen = seenOf(request, service, pod);
      this.seen.push(seen);
      request.on(
        'data',
        (chunk: Buffer) => (seen.body += chunk.length > 4096 ? '' : chunk.toString()),
      );
      request.on('end', () => void answer(behaviour, seen, response));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
      this.seen.push(seenOf(request, service, pod));
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      );
    });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    return (server.address() as AddressInfo).port; // it listens on a port
  }

  /** A port that never answers. */
  async openBlackHole(): Promise<number> {
    this.#hole ??= await openBlackHole();
    return this.#hole.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hole?.[Symbol.asyncDispose]();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map(async (server) => {
        server.close();
        await once(server, 'close');
      }),
    );
  }
}

function createFor({ tls, isH2c }: Behaviour, listener: RequestListener): NetServer {
  // The compatibility layer of HTTP/2 takes listeners of HTTP/1.1.
  const compatible = listener as never;
  if (tls !== undefined)
    return createTls2Server({ cert: tls.certificate, key: tls.key, allowHTTP1: true }, compatible);
  return isH2c === true ? createH2cServer(compatible) : createServer(listener);
}

function seenOf(request: IncomingMessage, service: string, pod: number): Seen {
  const headers: Record<string, string> = {};
  for (let index = 0; index < request.rawHeaders.length; index += 2)
    headers[(request.rawHeaders[index] ?? '').toLowerCase()] = request.rawHeaders[index + 1] ?? '';
  const { encrypted = false, servername } = request.socket as Socket & {
    readonly encrypted?: boolean;
    readonly servername?: string | false;
  }; // of TLS
  const authority = headers[':authority'];
  if (authority !== undefined) headers['host'] ??= authority;
  return {
    service,
    pod,
    method: request.method ?? '',
    path: request.url ?? '',
    headers,
    proto: `HTTP/${request.httpVersion}`,
    isTls: encrypted,
    sni: typeof servername === 'string' ? servername : undefined,
    body: '',
  };
}

async function answer(
  { delayMs = 0, chunks, status = 200, responseHeaders = {} }: Behaviour,
  seen: Seen,
  response: Parameters<RequestListener>[1],
): Promise<void> {
  const isSlow = seen.path.startsWith('/sleep/');
  await sleep(delayMs + (isSlow ? 300 : 0));
  for (const [name, value] of Object.entries(responseHeaders)) response.setHeader(name, value);
  const isGrpc = seen.headers['content-type']?.startsWith('application/grpc') === true;
  if (isGrpc) {
    response.setHeader('content-type', 'application/grpc');
    response.setHeader('trailer', 'grpc-status');
    response.writeHead(200);
    response.write(Buffer.of(0, 0, 0, 0, 0));
    response.addTrailers({ 'grpc-status': '0' });
    response.end();
    return;
  }
  response.setHeader('Content-Type', 'application/json');
  if (seen.proto === 'HTTP/1.1') response.setHeader('Server', 'backend');
  const body = JSON.stringify({ service: seen.service, pod: seen.pod });
  if (chunks === undefined) {
    if (seen.proto === 'HTTP/1.1') response.setHeader('Content-Length', String(body.length));
    response.writeHead(status);
    response.end(body);
    return;
  }
  response.writeHead(status);
  for (let index = 0; index < 3; index += 1) {
    response.write('.');
    await sleep(1000);
  }
  response.end(body);
}

/** Waits as the row says its backend does: what is measured is the ingress' patience. */
function sleep(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
