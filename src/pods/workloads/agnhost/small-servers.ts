import { numberFlag, parseFlags } from '../flags.ts';
import { requestUrl } from '../go-http.ts';
import { createHttpService, reply } from '../http-service.ts';
import type { Invocation, Subcommand } from './subcommand.ts';

/** So long `liveness` is well. */
const WELL_MS = 10_000;

/** The servers that need little: liveness, tcp-reset, test-webserver. */
export function createSmallServers(): readonly (readonly [string, Subcommand])[] {
  return [
    ['liveness', createLiveness()],
    ['tcp-reset', tcpReset],
    ['test-webserver', createTestWebserver()],
  ];
}

interface Liveness {
  readonly invocation: Invocation;
  readonly startedAt: number;
}

function createLiveness(): Subcommand {
  const http = createHttpService<Liveness>({
    handle: (request, response, { container: { invocation, startedAt } }) => {
      const { pathname, searchParams } = requestUrl(request);
      const ageMs = invocation.pod.clock.now() - startedAt;
      if (pathname === '/started') return reply(response, `${ageMs / 1000}s`);
      if (pathname === '/healthz')
        return ageMs > WELL_MS
          ? reply(response, `error: ${ageMs / 1000}`, { status: 500 })
          : reply(response, 'ok');
      if (pathname !== '/redirect') return reply(response, '404 page not found\n', { status: 404 });
      response.setHeader('Location', searchParams.get('loc') ?? '');
      reply(response, '', { status: 302 });
    },
  });
  return {
    run: (invocation) => {
      const liveness = { invocation, startedAt: invocation.pod.clock.now() };
      return {
        tcp: [{ port: 8080, accept: (socket, flow) => http.accept(socket, flow, liveness) }],
        udp: [],
      };
    },
  };
}

/** Accepts, reads something, and resets. */
const tcpReset: Subcommand = {
  run: ({ args }) => {
    const port = numberFlag(parseFlags(args), 'port', 8080);
    return {
      tcp: [{ port, accept: (socket) => socket.once('data', () => socket.resetAndDestroy()) }],
      udp: [],
    };
  },
};

/** Serves the files of the container's volumes, and a listing of none at the root. */
function createTestWebserver(): Subcommand {
  const http = createHttpService<Invocation>({
    handle: (request, response, { container }) => {
      const { pathname } = requestUrl(request);
      const file = container.pod.files.read(decodeURIComponent(pathname));
      if (file !== undefined) return reply(response, file);
      if (pathname !== '/') return reply(response, '404 page not found\n', { status: 404 });
      reply(response, '<!doctype html>\n<pre>\n</pre>\n', {
        contentType: 'text/html; charset=utf-8',
      });
    },
  });
  return {
    run: (invocation) => {
      const port = numberFlag(parseFlags(invocation.args), 'port', 80);
      return {
        tcp: [{ port, accept: (socket, flow) => http.accept(socket, flow, invocation) }],
        udp: [],
      };
    },
  };
}
