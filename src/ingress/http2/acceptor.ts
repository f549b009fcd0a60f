import { createServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ClientStream } from './client-stream.ts';

/** Speaks HTTP/2 on sockets that are handed in. */
export interface Http2Acceptor {
  /** @param onRequest Called with each request as an HTTP/1.1 connection that carries nothing else. */
  accept(socket: Socket, onRequest: (connection: Duplex) => void): void;
  /** Ends connections that have asked nothing for too long. Called a few times a second. @param now Milliseconds. */
  sweep(now: number): void;
  /** Tells every client that this is the end. @returns whether there was any. */
  goAway(): boolean;
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
/** As nginx: keep-alive. */
const IDLE_MS = 75_000;

/** A connection and what it does. */
interface Client {
  readonly session: ServerHttp2Session;
  streams: number;
  /** Since when there is no stream; undefined until somebody has looked. */
  idleSince: number | undefined;
}

/** An acceptor with limits on what one client may do. */
export function createHttp2Acceptor(): Http2Acceptor {
  const server = createServer({
    ...LIMITS,
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: 32_768 },
  });
  // A session that breaks takes its streams along, which tell their requests.
  server.on('sessionError', (_error, session) => session.destroy());
  const clients = new Set<Client>();
  return {
    accept: (socket, onRequest) => {
      server.once('session', (session) => {
        const client: Client = { session, streams: 0, idleSince: undefined };
        clients.add(client);
        session.once('close', () => clients.delete(client));
        session.on('stream', (stream, ...[, flags, raw]) => {
          client.streams += 1;
          stream.once('close', () => {
            client.streams -= 1;
            client.idleSince = undefined;
          });
          onRequest(new ClientStream(stream, raw, flags));
        });
      });
      server.emit('connection', socket);
    },
    sweep: (now) => {
      for (const client of clients) if (client.streams === 0) sweepIdle(client, now);
    },
    goAway: () => {
      for (const { session } of clients) if (!session.destroyed) session.goaway();
      return clients.size > 0;
    },
  };
}

function sweepIdle(client: Client, now: number): void {
  client.idleSince ??= now;
  if (now - client.idleSince >= IDLE_MS && !client.session.destroyed) client.session.close();
}
