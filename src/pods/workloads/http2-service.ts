import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Flow } from '../../net/index.ts';
import { onLeave } from '../leaving.ts';
import type { Visit } from './http-service.ts';

/** One HTTP/2 request, in HTTP/1's words. */
export interface Http2Request {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Http2ServiceOptions<T> {
  /** The JSON body that answers any request that is not gRPC. */
  readonly describe: (request: Http2Request, visit: Visit<T>) => string;
  /** The status of a gRPC health check. @default always 'SERVING' */
  readonly health?: (service: string, visit: Visit<T>) => GrpcHealth | undefined;
}

export type GrpcHealth = 'SERVING' | 'NOT_SERVING';

/** HTTP/2 with prior knowledge (h2c) for any number of containers. */
export interface Http2Service<T> {
  accept(socket: Duplex, flow: Flow, container: T): void;
}

/** @see grpc.health.v1 HealthCheckResponse.ServingStatus */
const SERVING_STATUS = { SERVING: 1, NOT_SERVING: 2 } as const;
/** @see grpc/status codes */
const GRPC_STATUS = { OK: 0, NOT_FOUND: 5, UNIMPLEMENTED: 12 } as const;

/**
 * Serves HTTP/2 on connections that are handed to it: gRPC's health service, and `describe` for the rest.
 *
 * `node:http2` takes a while to load, so it is loaded by the first connection.
 */
export function createHttp2Service<T>(options: Http2ServiceOptions<T>): Http2Service<T> {
  const serve = async (socket: Duplex, visit: Visit<T>): Promise<void> => {
    const { performServerHandshake } = await import('node:http2');
    if (socket.destroyed) return;
    const session: ServerHttp2Session = performServerHandshake(socket);
    session.on('error', () => socket.destroy());
    // GOAWAY; what is under way is answered.
    onLeave(socket, () => session.close());
    session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      if (headers['content-type']?.startsWith('application/grpc') === true)
        answerGrpc(stream, headers, (service) =>
          options.health === undefined ? 'SERVING' : options.health(service, visit),
        );
      else answerPlain(stream, options.describe(requestOf(headers), visit));
    });
  };
  return {
    accept: (socket, flow, container) => {
      serve(socket, { container, flow }).catch(() => socket.destroy());
    },
  };
}

function requestOf(headers: IncomingHttpHeaders): Http2Request {
  const {
    ':method': method = '',
    ':path': path = '',
    ':authority': authority = '',
    ...rest
  } = headers;
  const named = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith(':')));
  return { method, path, host: authority, headers: named };
}

function answerPlain(stream: ServerHttp2Stream, body: string): void {
  stream.resume();
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(body);
}

function answerGrpc(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  health: (service: string) => GrpcHealth | undefined,
): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
  stream.on('end', () => {
    if (headers[':path'] !== '/grpc.health.v1.Health/Check')
      return endGrpc(stream, GRPC_STATUS.UNIMPLEMENTED, `unknown method ${headers[':path'] ?? ''}`);
    const status = health(serviceName(Buffer.concat(chunks)));
    if (status === undefined) return endGrpc(stream, GRPC_STATUS.NOT_FOUND, 'unknown service');
    stream.respond(GRPC_HEADERS, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': `${GRPC_STATUS.OK}` }));
    // A message: not compressed, 2 bytes long, field 1 as a varint.
    stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, SERVING_STATUS[status]]));
  });
}

const GRPC_HEADERS = { ':status': 200, 'content-type': 'application/grpc' } as const;

function endGrpc(stream: ServerHttp2Stream, status: number, message: string): void {
  stream.respond(
    { ...GRPC_HEADERS, 'grpc-status': `${status}`, 'grpc-message': encodeURIComponent(message) },
    { endStream: true },
  );
}

/** `service` of a HealthCheckRequest: field 1, a string shorter than 128 bytes. */
function serviceName(body: Buffer): string {
  const message = body.subarray(5);
  const length = message[1];
  if (message[0] !== 0x0a || length === undefined) return '';
  return message.subarray(2, 2 + length).toString('utf8');
}
