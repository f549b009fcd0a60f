import { pipeline } from 'node:stream/promises';
import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { ApiError, type Pod } from '../../api/index.ts';
import type { UpgradeRequest } from '../server.ts';
import type { PodAccess } from './pod-access.ts';
import { acceptSpdy } from './spdy/accept.ts';
import { SpdySession, type SpdyStream } from './spdy/session.ts';
import { bytesOf } from './web-socket-command.ts';
import { acceptWebSocket } from './web-socket.ts';

/** Whose ports are forwarded, and how they are reached. */
export interface PortForward {
  readonly pod: Pod;
  readonly pods: PodAccess;
}

const SPDY_PROTOCOL = 'portforward.k8s.io';
const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';
/** A channel's number is one byte, or one digit, and each port has two. */
const MAX_PORTS = 100;
const CHANNEL_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'portforward.k8s.io',
  '',
];

/**
 * Forwards connections to a Pod's ports until the client leaves, in any of the three ways that clients know.
 *
 * @throws ApiError for protocols that are not spoken.
 */
export async function servePortForward(
  upgrade: UpgradeRequest,
  forward: PortForward,
): Promise<void> {
  if (!isWebSocket(upgrade)) return serveSpdy(upgrade, forward);
  const { searchParams } = new URL(upgrade.message.url ?? '', 'http://localhost');
  const ports = searchParams.getAll('ports').flatMap((list) => list.split(',').map(portOf));
  if (ports.length > MAX_PORTS) throw new ApiError('BadRequest', `at most ${MAX_PORTS} ports`);
  const { socket, protocol } = await acceptWebSocket(upgrade, [
    TUNNEL_PROTOCOL,
    ...CHANNEL_PROTOCOLS,
  ]);
  if (protocol === TUNNEL_PROTOCOL) return serveSession(tunnelOf(socket), forward);
  const { serveChannels } = await import('./port-forward-channels.ts');
  return serveChannels(socket, {
    ...forward,
    isText: protocol.includes('base64'),
    ports,
  });
}

/** Whether the client wants a WebSocket and not SPDY. */
export function isWebSocket({ message }: Pick<UpgradeRequest, 'message'>): boolean {
  return message.headers.upgrade?.toLowerCase() === 'websocket';
}

function serveSpdy(upgrade: UpgradeRequest, forward: PortForward): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const pairs = new StreamPairs(forward);
  acceptSpdy(upgrade, [SPDY_PROTOCOL], {
    onStream: (stream) => pairs.add(stream),
    onClose: resolve,
  });
  return promise;
}

/** SPDY within the messages of a WebSocket, whose borders mean nothing. */
function serveSession(connection: Duplex, forward: PortForward): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const pairs = new StreamPairs(forward);
  // The session lives as long as its connection.
  void new SpdySession(connection, { onStream: (stream) => pairs.add(stream), onClose: resolve });
  return promise;
}

function tunnelOf(socket: WebSocket): Duplex {
  const tunnel = new Duplex({
    read: () => socket.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      if (socket.readyState === socket.OPEN) socket.send(chunk, () => done());
      else done();
    },
    final: (done) => {
      socket.close();
      done();
    },
    destroy: (error, done) => {
      socket.close();
      done(error);
    },
  });
  socket.on('message', (data: RawData) => {
    if (!tunnel.push(bytesOf(data))) socket.pause();
  });
  socket.once('close', () => tunnel.push(null));
  return tunnel;
}

/** Each connection is two streams with the same request id: one for bytes, one for what goes wrong. */
class StreamPairs {
  readonly #forward: PortForward;
  readonly #waiting = new Map<string, SpdyStream>();

  constructor(forward: PortForward) {
    this.#forward = forward;
  }

  add(stream: SpdyStream): void {
    const { headers } = stream;
    const id = headers.get('requestid') ?? String(stream.id);
    const type = headers.get('streamtype');
    const other = this.#waiting.get(id);
    if (other === undefined) {
      stream.once('close', () => this.#waiting.get(id) === stream && this.#waiting.delete(id));
      this.#waiting.set(id, stream);
      return;
    }
    this.#waiting.delete(id);
    const [data, errors] = type === 'data' ? [stream, other] : [other, stream];
    // Nobody reads what a client writes there.
    errors.resume();
    void this.#connect(data, errors);
  }

  async #connect(data: SpdyStream, errors: SpdyStream): Promise<void> {
    const text = data.headers.get('port') ?? '';
    const { pod, pods } = this.#forward;
    try {
      const connection = await pods.connect(pod, portOf(text));
      await Promise.allSettled([pipeline(data, connection), pipeline(connection, data)]);
      errors.end();
    } catch (error) {
      errors.end(failureText({ pod, port: text }, error));
      data.destroy();
    }
  }
}

/** @throws ApiError BadRequest for a text that is none. */
function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new ApiError('BadRequest', `unable to parse ${JSON.stringify(text)} as a port`);
}

/** What the client prints of a connection that could not be made. */
export function failureText(
  { pod, port }: { readonly pod: Pod; readonly port: number | string },
  error: unknown,
): string {
  const why = error instanceof Error ? error.message : String(error);
  return `error forwarding port ${port} to pod ${pod.metadata.name}, uid ${pod.metadata.uid ?? ''}: ${why}`;
}
