import type { ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { ProbeOutcome } from './container-probes.ts';

export interface GrpcHealthOptions {
  /** '' asks about the server as a whole. */
  readonly service: string;
  readonly signal: AbortSignal;
}

/** The wire values of grpc.health.v1 HealthCheckResponse.ServingStatus. */
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/**
 * Asks gRPC's health service, as a gRPC probe does: plain text, and `SERVING` passes.
 *
 * @see grpc.health.v1.Health/Check; kubernetes pkg/probe/grpc
 */
export async function checkGrpcHealth(
  connect: () => Promise<Duplex>,
  options: GrpcHealthOptions,
): Promise<ProbeOutcome> {
  try {
    const socket = await connect();
    const { connect: connectHttp2 } = await import('node:http2');
    const session = connectHttp2('http://pod', { createConnection: () => socket });
    try {
      return await ask(session, options);
    } finally {
      session.destroy();
      socket.destroy();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { isPassing: false, message: `failed to connect grpc service: ${reason}` };
  }
}

function ask(
  session: ClientHttp2Session,
  { service, signal }: GrpcHealthOptions,
): Promise<ProbeOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeOutcome>();
  session.on('error', reject);
  const stream = session.request(
    {
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    },
    { signal },
  );
  let grpcStatus: string | undefined;
  const chunks: Buffer[] = [];
  const note = (headers: Readonly<Record<string, unknown>>): void => {
    const status = headers['grpc-status'];
    if (typeof status === 'string') grpcStatus = status;
  };
  stream.on('response', note).on('trailers', note).on('error', reject);
  stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
  stream.on('end', () => resolve(judge(grpcStatus, Buffer.concat(chunks))));
  stream.end(encodeRequest(service));
  return promise;
}

function judge(grpcStatus: string | undefined, body: Buffer): ProbeOutcome {
  if (grpcStatus !== undefined && grpcStatus !== '0')
    return { isPassing: false, message: `service unhealthy (grpc status ${grpcStatus})` };
  const message = body.subarray(5);
  const status = message[0] === 0x08 ? SERVING_STATUS[message[1] ?? 0] : SERVING_STATUS[0];
  if (status === 'SERVING') return { isPassing: true, message: '' };
  return {
    isPassing: false,
    message: `service unhealthy (responded with "${status ?? 'UNKNOWN'}")`,
  };
}

/** One uncompressed message with field 1 = service. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
