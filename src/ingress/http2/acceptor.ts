import { createServer } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ClientStream } from './client-stream.ts';

/** Speaks HTTP/2 on sockets that are handed in. */
export interface Http2Acceptor {
  /** @param onRequest Called with each request as an HTTP/1.1 connection that carries nothing else. */
  accept(socket: Socket, onRequest: (connection: Duplex) => void): void;
}

/** @see nginx, http2_max_concurrent_streams; ingress-nginx says 128 */
const MAX_STREAMS = 128;
/** What a client may have open or broken before it is cut off: floods of SETTINGS, PING, RST_STREAM and the like. */
const LIMITS = {
  maxOutstandingPings: 10,
  maxSettings: 32,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxHeaderListPairs: 200,
  // CVE-2023-44487: so many resets at once, and so many a second after that.
  streamResetBurst: 1000,
  streamResetRate: 33,
} as const;

/** An acceptor with limits on what one client may do. */
export function createHttp2Acceptor(): Http2Acceptor {
  const server = createServer({
    ...LIMITS,
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: 32_768 },
  });
  // A session that breaks takes its streams along, which tell their requests.
  server.on('sessionError', (_error, session) => session.destroy());
  return {
    accept: (socket, onRequest) => {
      server.once('session', (session) => {
        session.on('stream', (stream, ...[, flags, raw]) => {
          onRequest(new ClientStream(stream, raw, flags));
        });
      });
      server.emit('connection', socket);
    },
  };
}
