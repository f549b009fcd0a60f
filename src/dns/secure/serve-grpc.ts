import {
  performServerHandshake,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AnswerBytes } from '../answer-bytes.ts';
import type { Client } from '../query.ts';
import { MAX_MESSAGE } from '../wire/index.ts';
import { isMessage } from './is-message.ts';
import { readBody } from './read-body.ts';
import { listenSecurely, type SecureListener, type SecureOptions } from './serve-tls.ts';

const METHOD = '/coredns.dns.DnsService/Query';
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' } as const;
/** @see https://grpc.io/docs/guides/status-codes/ */
const STATUS = { ok: 0, unknown: 2, resourceExhausted: 8, unimplemented: 12 } as const;
/** One octet says whether the message is compressed, four how long it is. */
const PREFIX = 5;
/** Field 1 of `DnsPacket`, octets. */
const MESSAGE_TAG = 0x0a;
/** A message, its prefix, tag and length. */
const MAX_BODY = MAX_MESSAGE + 32;
/** Calls at once on a connection, as of CoreDNS. */
const MAX_STREAMS = 256;

/** DNS over gRPC: the service of CoreDNS, a message in each call. Without a certificate in clear text, as CoreDNS does. */
export function serveDnsOverGrpc(options: SecureOptions): Promise<SecureListener> {
  const { log, answerBytes, idleMs = 120_000 } = options;
  return listenSecurely(options, {
    protocols: ['h2'],
    onConnection: (socket, onQuery) => {
      const session = performServerHandshake(socket, {
        settings: { maxConcurrentStreams: MAX_STREAMS },
      });
      session.setTimeout(idleMs, () => session.destroy());
      session.on('error', (error) => log.debug('session failed', { part: 'dns', error }));
      session.on('stream', (stream, headers) => {
        // A reset ends the call, and nobody waits for its answer.
        stream.on('error', () => undefined);
        void respond(stream, headers, (...asked) => {
          onQuery();
          return answerBytes(...asked);
        });
      });
    },
  });
}

async function respond(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  answerBytes: AnswerBytes,
): Promise<void> {
  try {
    const { code, message, reply } = await answer(stream, headers, answerBytes);
    if (stream.destroyed) return;
    if (reply === undefined) {
      const grpc = { 'grpc-status': `${code}`, 'grpc-message': encodeURIComponent(message) };
      return stream.respond({ ...HEADERS, ...grpc }, { endStream: true });
    }
    stream.respond(HEADERS, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': `${code}` }));
    stream.end(writePacket(reply));
  } catch {
    // The client went away.
    stream.destroy();
  }
}

interface Outcome {
  readonly code: number;
  readonly message: string;
  readonly reply?: Buffer;
}

async function answer(
  stream: ServerHttp2Stream,
  { ':path': path = '' }: IncomingHttpHeaders,
  answerBytes: AnswerBytes,
): Promise<Outcome> {
  if (path !== METHOD) return { code: STATUS.unimplemented, message: `unknown method ${path}` };
  const body = await readBody(stream, MAX_BODY);
  if (body === undefined) return { code: STATUS.resourceExhausted, message: 'message too large' };
  const query = readPacket(body);
  if (query === undefined || !isMessage(query))
    return { code: STATUS.unknown, message: 'no DNS message' };
  const { remoteAddress = '', remotePort = 0 } = stream.session?.socket ?? {};
  const client: Client = { address: remoteAddress, port: remotePort, transport: 'tcp' };
  const reply = await answerBytes(query, client);
  if (reply === undefined) return { code: STATUS.unknown, message: 'no answer' };
  return { code: STATUS.ok, message: '', reply };
}

/** The octets of a `DnsPacket`; undefined for a body that is no message, or one that is compressed. */
function readPacket(body: Buffer): Buffer | undefined {
  if (body.length < PREFIX || body[0] !== 0) return undefined;
  const packet = body.subarray(PREFIX);
  if (body.readUInt32BE(1) !== packet.length || packet[0] !== MESSAGE_TAG) return undefined;
  let length = 0;
  for (let at = 1; at <= 4; at += 1) {
    const octet = packet[at] ?? 0;
    length |= (octet & 0x7f) << (7 * (at - 1));
    if (octet >= 0x80) continue;
    const message = packet.subarray(at + 1);
    return message.length === length ? message : undefined;
  }
  return undefined;
}

function writePacket(message: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = message.length; rest > 0; rest >>>= 7)
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  const head = Buffer.from([0, 0, 0, 0, 0, MESSAGE_TAG, ...length]);
  head.writeUInt32BE(head.length - PREFIX + message.length, 1);
  return Buffer.concat([head, message]);
}
