import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';

/**
 * Completes a WebSocket handshake and hands the connection to `onOpen`; any other upgrade is refused with 400.
 *
 * The library is loaded by the first handshake.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  head: Buffer,
  onOpen: (socket: WebSocket) => void,
): void {
  const { socket } = request;
  const accept = async (): Promise<void> => {
    const { WebSocketServer } = await import('ws');
    const server = new WebSocketServer({ noServer: true, clientTracking: false });
    server.handleUpgrade(request, socket, head, (client) => {
      // A broken frame ends the connection, which is all there is to do about it.
      client.on('error', () => undefined);
      onOpen(client);
    });
  };
  accept().catch(() => socket.destroy());
}
