import type { Workload } from '../../workload.ts';
import { numberFlag, numberOf, parseFlags, programArgs } from '../flags.ts';
import type { WorkloadContext } from '../../workload.ts';
import { remoteAddress } from '../go-http.ts';
import { createHttpService, reply } from '../http-service.ts';
import { goLine } from '../log-lines.ts';

interface HttpEchoContainer {
  readonly text: string;
  readonly status: number;
  readonly pod: WorkloadContext;
}

/** @see hashicorp/http-echo */
export function createHttpEchoWorkload(): Workload {
  const http = createHttpService<HttpEchoContainer>({
    handle: (request, response, { container, flow }) => {
      const { pod, status, text } = container;
      response.setHeader('X-App-Name', 'http-echo');
      response.setHeader('X-App-Version', '1.0.0');
      if (request.url === '/health')
        reply(response, '{"status":"ok"}', { contentType: 'application/json' });
      else reply(response, `${text}\n`, { status });
      const agent = request.headers['user-agent'] ?? '';
      const what = `"${request.method} ${request.url} HTTP/${request.httpVersion}" ${status} ${text.length + 1} "${agent}"`;
      pod.print(
        goLine(`${request.headers.host ?? ''} ${remoteAddress(flow)} ${what}`, pod.clock.now()),
      );
    },
  });
  return {
    name: 'http-echo',
    images: ['hashicorp/http-echo', 'http-echo'],
    serve: (context, pod) => {
      const flags = parseFlags(programArgs(context, 'http-echo'));
      const text = flags.values.get('text') ?? context.env.get('ECHO_TEXT');
      if (text === undefined || text === '') {
        pod.exit(127, 'Missing -text option!');
        return { tcp: [], udp: [] };
      }
      const listen = flags.values.get('listen') ?? ':5678';
      const port = numberOf(listen.replace(/^.*:/, ''), 5678);
      const status = numberFlag(flags, 'status-code', 200);
      const container = { text: unquote(text), status, pod };
      pod.print(goLine(`[INFO] server is listening on ${listen}`, pod.clock.now()));
      return {
        tcp: [{ port, accept: (socket, flow) => http.accept(socket, flow, container) }],
        udp: [],
      };
    },
  };
}

/** Manifests often keep the quotes that a shell would have taken away. */
function unquote(text: string): string {
  return /^"(.*)"$/s.exec(text)?.[1] ?? text;
}
