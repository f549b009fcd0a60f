import { createServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { ClientOrigin } from '../course.ts';
import { ClientStream } from './client-stream.ts';

/** Speaks HTTP/2 on sockets that are handed in. */
export interface Http2Acceptor {
  accept(socket: Socket, origin: ClientOrigin): void;
  /** The requests that are under way. */
  streams(): Iterable<ClientStream>;
  /** Ends what has been silent for too long. Called a few times a second. @param now Milliseconds. */
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
  readonly streams: Set<ClientStream>;
  /** Since when there is no stream; undefined until somebody has looked. */
  idleSince: number | undefined;
}

/** An acceptor with limits on what one client may do. */
export function createHttp2Acceptor(): Http2Acceptor {
  const server = createServer({
    ...LIMITS,
    // Backends answer as they do, and a field that they repeat is no reason to answer nothing.
    strictSingleValueFields: false,
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: 32_768 },
  });
  // A session that breaks takes its streams along, which tell their requests.
  server.on('sessionError', (_error, session) => session.destroy());
  const clients = new Set<Client>();
  return {
    accept: (socket, origin) => {
      server.once('session', (session) => {
        const client: Client = { session, streams: new Set(), idleSince: undefined };
        clients.add(client);
        session.once('close', () => clients.delete(client));
        session.on('stream', (stream, ...[, flags, raw]) => {
          const request = new ClientStream(stream, origin);
          client.streams.add(request);
          stream.once('close', () => {
            client.streams.delete(request);
            client.idleSince = undefined;
          });
          request.begin(raw, flags);
        });
      });
      server.emit('connection', socket);
    },
    *streams() {
      for (const client of clients) yield* client.streams;
    },
    sweep: (now) => {
      for (const client of clients) {
        if (client.streams.size === 0) sweepIdle(client, now);
        else for (const request of client.streams) request.sweep();
      }
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
