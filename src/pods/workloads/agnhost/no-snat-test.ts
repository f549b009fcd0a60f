import { numberFlag, parseFlags } from '../flags.ts';
import { remoteAddress, requestUrl, splitHostPort } from '../go-http.ts';
import { fetchAs } from '../http-client.ts';
import { createHttpService, reply } from '../http-service.ts';
import type { Invocation, Subcommand } from './subcommand.ts';

const CHECK_TIMEOUT_MS = 5000;

/** `agnhost no-snat-test [--port 8080]`: whether other Pods see this Pod's own address. */
export function createNoSnatTest(): Subcommand {
  const http = createHttpService<Invocation>({
    handle: async (request, response, { container, flow }) => {
      const { pathname, searchParams } = requestUrl(request);
      if (pathname === '/whoami') return reply(response, remoteAddress(flow));
      if (pathname !== '/checknosnat')
        return reply(response, '404 page not found\n', { status: 404 });
      const peers = (searchParams.get('ips') ?? '').split(',').filter((peer) => peer !== '');
      const complaints = await Promise.all(peers.map((peer) => check(container, peer)));
      const errors = complaints.filter((complaint) => complaint !== undefined);
      reply(response, errors.join('\n'), { status: errors.length === 0 ? 200 : 500 });
    },
  });
  return {
    run: (invocation) => {
      const port = numberFlag(parseFlags(invocation.args), 'port', 8080);
      return {
        tcp: [{ port, accept: (socket, flow) => http.accept(socket, flow, invocation) }],
        udp: [],
      };
    },
  };
}

/** @param peer `ip:port` of another no-snat-test. @returns what is wrong. */
async function check({ context, pod }: Invocation, peer: string): Promise<string | undefined> {
  const { host, port } = splitHostPort(peer) ?? { host: peer, port: 8080 };
  const own = context.env.get('POD_IP') ?? pod.podIPs[0];
  try {
    const { body } = await fetchAs(pod, {
      host,
      port,
      path: '/whoami',
      timeoutMs: CHECK_TIMEOUT_MS,
    });
    const seen = splitHostPort(body)?.host;
    return seen === own ? undefined : `Returned ip "${seen}" != my Pod ip "${own}" == SNAT`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
