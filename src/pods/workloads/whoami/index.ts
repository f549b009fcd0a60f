import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ContainerContext, Workload, WorkloadContext } from '../../workload.ts';
import { isOn, numberFlag, numberOf, parseFlags, programArgs } from '../flags.ts';
import { type GoHeaders, goHeaders, remoteAddress, requestUrl } from '../go-http.ts';
import { createHttpService, reply, type Visit } from '../http-service.ts';
import { goLine } from '../log-lines.ts';
import { acceptWebSocket } from '../web-socket.ts';

interface WhoamiContainer {
  readonly name: string;
  readonly context: ContainerContext;
  readonly pod: WorkloadContext;
  /** What `GET /health` answers, as `POST /health` has set it. */
  health: number;
  /** Requests are printed. */
  readonly isVerbose: boolean;
}

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit<WhoamiContainer>,
) => void | Promise<void>;

/** @see traefik/whoami */
export function createWhoamiWorkload(): Workload {
  const http = createHttpService<WhoamiContainer>({
    readsBody: true,
    handle: (request, response, visit) => {
      noteRequest(request, visit);
      return (PATHS.get(requestUrl(request).pathname) ?? dump)(request, response, visit);
    },
    upgrade: (request, head) =>
      acceptWebSocket(request, head, (socket) => {
        socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
      }),
  });
  return {
    name: 'whoami',
    images: ['traefik/whoami', 'containous/whoami', 'traefik/whoamiv6'],
    serve: (context, pod) => {
      const flags = parseFlags(programArgs(context, 'whoami'), ['verbose']);
      const port = numberFlag(flags, 'port', numberOf(context.env.get('WHOAMI_PORT_NUMBER'), 80));
      const name = flags.values.get('name') ?? context.env.get('WHOAMI_NAME') ?? '';
      const container: WhoamiContainer = {
        name,
        context,
        pod,
        health: 200,
        isVerbose: isOn(flags, 'verbose'),
      };
      pod.print(goLine(`Starting up on port ${port}`, pod.clock.now()));
      return {
        tcp: [{ port, accept: (socket, flow) => http.accept(socket, flow, container) }],
        udp: [],
      };
    },
  };
}

function noteRequest(request: IncomingMessage, { container, flow }: Visit<WhoamiContainer>): void {
  if (!container.isVerbose) return;
  const { pod } = container;
  const agent = request.headers['user-agent'] ?? '';
  const what = `"${request.method} ${request.url} HTTP/${request.httpVersion}"`;
  pod.print(goLine(`${remoteAddress(flow)} - - ${what} - "${agent}"`, pod.clock.now()));
}

/** Everything about the request, as text. */
const dump: Handler = async (request, response, { container, flow }) => {
  const body = await bodyOf(request);
  const url = requestUrl(request);
  const waitMs = Number(/^(\d+)ms$/.exec(url.searchParams.get('wait') ?? '')?.[1] ?? 0);
  if (waitMs > 0)
    await new Promise<void>((resolve) => void container.pod.clock.setTimer(waitMs, resolve));
  if (url.searchParams.get('env') === 'true')
    for (const [key, value] of container.context.env) response.appendHeader(key, value);
  const lines = [
    ...(container.name === '' ? [] : [`Name: ${container.name}`]),
    `Hostname: ${container.pod.hostname}`,
    ...ownAddresses(container).map((ip) => `IP: ${ip}`),
    `RemoteAddr: ${remoteAddress(flow)}`,
    `${request.method} ${request.url} HTTP/1.1`,
    `Host: ${request.headers.host ?? ''}`,
    ...headerLines(goHeaders(request)),
    '',
    body,
  ];
  reply(response, lines.join('\n').replace(/\n$/, '\n'));
};

const api: Handler = (request, response, { container, flow }) => {
  request.resume();
  const told = {
    hostname: container.pod.hostname,
    ip: ownAddresses(container),
    headers: Object.fromEntries(goHeaders(request)),
    url: request.url,
    host: request.headers.host ?? '',
    method: request.method,
    ...(container.name === '' ? {} : { name: container.name }),
    remoteAddr: remoteAddress(flow),
  };
  reply(response, `${JSON.stringify(told)}\n`, { contentType: 'application/json' });
};

const health: Handler = async (request, response, { container }) => {
  if (request.method !== 'POST') {
    request.resume();
    reply(response, '', { status: container.health });
    return;
  }
  const status = numberOf((await bodyOf(request)).trim(), 0);
  if (status >= 200 && status <= 599) container.health = status;
  reply(response, '', { status: container.health === status ? 200 : 400 });
};

/** `size` times `unit` bytes of the alphabet. */
const data: Handler = (request, response) => {
  request.resume();
  const { searchParams } = requestUrl(request);
  const unit = UNITS[(searchParams.get('unit') ?? '').toLowerCase()] ?? 1;
  const size = Math.min(numberOf(searchParams.get('size') ?? '1', 1) * unit, MAX_DATA_BYTES);
  const bytes = Buffer.alloc(size, '-ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  if (size > 1) bytes.write('|', 0);
  if (size > 0) bytes.write('|', size - 1);
  if (searchParams.get('attachment') === 'true')
    response.setHeader('Content-Disposition', 'Attachment');
  reply(response, bytes, { contentType: 'text/plain' });
};

const bench: Handler = (request, response) => {
  request.resume();
  reply(response, '1', { contentType: 'text/plain' });
};

const PATHS: ReadonlyMap<string, Handler> = new Map([
  ['/api', api],
  ['/health', health],
  ['/data', data],
  ['/bench', bench],
]);

const UNITS: Readonly<Record<string, number>> = { kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };
/** A Pod here shares its memory with all the others. */
const MAX_DATA_BYTES = 2 ** 26;

function ownAddresses({ pod }: WhoamiContainer): readonly string[] {
  return ['127.0.0.1', '::1', ...pod.podIPs];
}

/** As Go writes a request: the user agent first. */
function headerLines(headers: GoHeaders): readonly string[] {
  const entries = [...headers].toSorted(
    ([a], [b]) => Number(b === 'User-Agent') - Number(a === 'User-Agent'),
  );
  return entries.flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
