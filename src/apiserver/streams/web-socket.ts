import { WebSocketServer, type WebSocket } from 'ws';
import type { IncomingMessage } from 'node:http';
import { ApiError } from '../../api/index.ts';
import type { UpgradeRequest } from '../server.ts';

/** A WebSocket that was accepted, and the subprotocol that both sides speak; '' for none. */
export interface AcceptedSocket {
  readonly socket: WebSocket;
  readonly protocol: string;
}

/** Subprotocols that are no tokens of RFC 7230, which the library therefore refuses to read. */
const chosen = new WeakMap<IncomingMessage, string>();

let server: WebSocketServer | undefined;

/**
 * Answers the handshake with the first of the client's subprotocols that is among `protocols`.
 *
 * @throws ApiError BadRequest when there is none. @see RFC 6455 §4.2.2
 */
export function acceptWebSocket(
  { message, socket, head }: UpgradeRequest,
  protocols: readonly string[],
): Promise<AcceptedSocket> {
  const offered = offeredProtocols(message);
  const protocol = offered.length === 0 ? '' : offered.find((name) => protocols.includes(name));
  if (protocol === undefined || (protocol === '' && !protocols.includes('')))
    throw new ApiError(
      'BadRequest',
      `unable to upgrade: unsupported WebSocket subprotocols ${JSON.stringify(offered)}, this path speaks ${protocols.filter((name) => name !== '').join(', ')}`,
    );
  delete message.headers['sec-websocket-protocol'];
  if (protocol !== '') chosen.set(message, protocol);
  server ??= createServer();
  const { promise, resolve } = Promise.withResolvers<AcceptedSocket>();
  server.handleUpgrade(message, socket, head, (accepted) => {
    // A connection that breaks off ends with `close`, which is listened to.
    accepted.on('error', () => {});
    resolve({ socket: accepted, protocol });
  });
  return promise;
}

function createServer(): WebSocketServer {
  const created = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 8 * 1024 * 1024,
  });
  created.on('headers', (headers, message) => {
    const protocol = chosen.get(message);
    if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  return created;
}

function offeredProtocols({ headers }: IncomingMessage): readonly string[] {
  return (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
