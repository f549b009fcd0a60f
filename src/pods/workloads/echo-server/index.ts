import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { imagePath } from '../../image.ts';
import type { ContainerContext, Workload, WorkloadContext } from '../../workload.ts';
import { numberOf } from '../flags.ts';
import { goHeaders, requestUrl } from '../go-http.ts';
import { createHttpService, reply, type Visit } from '../http-service.ts';
import { acceptWebSocket } from '../web-socket.ts';

interface EchoServerContainer {
  readonly context: ContainerContext;
  readonly pod: WorkloadContext;
  readonly answer: Handler;
}

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit<EchoServerContainer>,
) => Promise<void>;

/** Two images of one name: ealen's answers in JSON on port 80, jmalloc's in text on port 8080. */
export function createEchoServerWorkload(): Workload {
  const http = createHttpService<EchoServerContainer>({
    readsBody: true,
    handle: (request, response, visit) => {
      visit.container.pod.print(`${visit.flow.source.address} | ${request.method} ${request.url}`);
      return visit.container.answer(request, response, visit);
    },
    upgrade: (request, head, { container }) =>
      acceptWebSocket(request, head, (socket) => {
        socket.send(`Request served by ${container.pod.hostname}`);
        socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
      }),
  });
  return {
    name: 'echo-server',
    images: ['ealen/echo-server', 'jmalloc/echo-server', 'echo-server'],
    serve: (context, pod) => {
      const isText = imagePath(context.container.image ?? '').includes('jmalloc');
      const port = numberOf(context.env.get('PORT'), isText ? 8080 : 80);
      const container = { context, pod, answer: isText ? answerText : answerJson };
      pod.print(`Echo server listening on port ${port}.`);
      return {
        tcp: [{ port, accept: (socket, flow) => http.accept(socket, flow, container) }],
        udp: [],
      };
    },
  };
}

const answerText: Handler = async (request, response, { container }) => {
  const body = await text(request);
  const headers = [...goHeaders(request)].flatMap(([name, values]) =>
    values.map((value) => `${name}: ${value}`),
  );
  const lines = [
    `Request served by ${container.pod.hostname}`,
    '',
    `${request.method} ${request.url} HTTP/1.1`,
    '',
    `Host: ${request.headers.host ?? ''}`,
    ...headers,
    '',
    body,
  ];
  reply(response, lines.join('\n'), { contentType: 'text/plain' });
};

const answerJson: Handler = async (request, response, visit) => {
  const body = await text(request);
  const { searchParams } = requestUrl(request);
  const wish = (name: string): string | undefined =>
    searchParams.get(`echo_${name}`) ?? oneHeader(request, `x-echo-${name}`);
  const delayMs = Math.min(numberOf(wish('time'), 0), MAX_DELAY_MS);
  const { clock } = visit.container.pod;
  if (delayMs > 0) await new Promise<void>((resolve) => void clock.setTimer(delayMs, resolve));
  for (const pair of (wish('header') ?? '').split(',')) {
    const [name = '', ...value] = pair.split(':');
    if (/^[\w-]+$/.test(name.trim())) response.setHeader(name.trim(), value.join(':').trim());
  }
  const codes = (wish('code') ?? '').split('-').map(Number);
  const code = codes[Math.floor(visit.flow.source.port % codes.length)] ?? 0;
  const status = code >= 200 && code <= 599 ? code : 200;
  const variable = wish('env_body');
  const said = variable === undefined ? wish('body') : visit.container.context.env.get(variable);
  const answered = said ?? describe(request, body, visit);
  reply(response, JSON.stringify(answered), {
    status,
    contentType: 'application/json; charset=utf-8',
  });
};

/** @see Ealenn/Echo-Server: it waits no longer than that either */
const MAX_DELAY_MS = 60_000;

function describe(
  request: IncomingMessage,
  body: string,
  { container, flow }: Visit<EchoServerContainer>,
): object {
  const { pod, context } = container;
  const { pathname, searchParams } = requestUrl(request);
  return {
    host: {
      hostname: request.headers.host?.replace(/:\d+$/, ''),
      ip: flow.source.address,
      ips: [],
    },
    http: { method: request.method, baseUrl: '', originalUrl: request.url, protocol: 'http' },
    request: {
      params: { '0': pathname },
      query: Object.fromEntries(searchParams),
      cookies: cookiesOf(request),
      body: parseBody(body),
      headers: request.headers,
    },
    environment: { ...Object.fromEntries(context.env), HOSTNAME: pod.hostname },
  };
}

function oneHeader({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

function cookiesOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return Object.fromEntries(
    pairs.filter(([name]) => name !== '').map(([name, ...value]) => [name, value.join('=')]),
  );
}

function parseBody(body: string): unknown {
  if (body === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON: told as it came.
    return body;
  }
}
