import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DatagramChannel, Flow } from '../../../net/index.ts';
import type { ServedContainer, WorkloadContext } from '../../workload.ts';
import { numberFlag, parseFlags } from '../flags.ts';
import { goDurationMs, remoteAddress, requestUrl } from '../go-http.ts';
import { createHttpService, reply, type Visit } from '../http-service.ts';
import { klogLine } from '../log-lines.ts';
import { runCommand } from '../shell/run-command.ts';
import type { Invocation, Subcommand } from './subcommand.ts';

/** A netexec that runs. */
interface Netexec {
  readonly invocation: Invocation;
  readonly hasUdp: boolean;
  isShuttingDown: boolean;
  uploads: number;
}

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit<Netexec>,
) => void | Promise<void>;

/** `agnhost netexec`: one HTTP server and one UDP server that tell and do all sorts of things. */
export function createNetexec(): Subcommand {
  const http = createHttpService<Netexec>({
    readsBody: true,
    handle: (request, response, visit) => {
      const handle = HANDLERS.get(requestUrl(request).pathname) ?? now;
      const { pod } = visit.container.invocation;
      pod.print(klogLine(`${request.method} ${request.url}`, pod.clock.now()), 'stderr');
      if (handle !== upload) request.resume();
      return handle(request, response, visit);
    },
  });
  return {
    run: (invocation): ServedContainer => {
      const { pod } = invocation;
      const flags = parseFlags(invocation.args);
      const udpPort = numberFlag(flags, 'udp-port', 8081);
      const hasUdp = udpPort > 0;
      const netexec: Netexec = { invocation, hasUdp, isShuttingDown: false, uploads: 0 };
      const delayMs = numberFlag(flags, 'delay-shutdown', 0) * 1000;
      const port = numberFlag(flags, 'http-port', 8080);
      pod.print(klogLine(`Started HTTP server on port ${port}`, pod.clock.now()), 'stderr');
      if (hasUdp)
        pod.print(klogLine(`Started UDP server on port  ${udpPort}`, pod.clock.now()), 'stderr');
      const terminate = (): void => {
        netexec.isShuttingDown = true;
        pod.clock.setTimer(delayMs, () => pod.exit(0));
      };
      return {
        tcp: [{ port, accept: (socket, flow) => http.accept(socket, flow, netexec) }],
        udp: hasUdp
          ? [{ port: udpPort, open: (channel, flow) => serveUdp(channel, flow, pod) }]
          : [],
        ...(delayMs > 0 ? { terminate } : {}),
      };
    },
  };
}

const now: Handler = (_request, response, { container }) => {
  const at = new Date(container.invocation.pod.clock.now()).toISOString();
  reply(response, `NOW: ${at.replace('T', ' ').replace('Z', '000000 +0000 UTC')}`);
};

const clientIp: Handler = (_request, response, { flow }) => reply(response, remoteAddress(flow));

const header: Handler = (request, response) => {
  const key = requestUrl(request).searchParams.get('key') ?? '';
  const value = key.toLowerCase() === 'host' ? '' : request.headers[key.toLowerCase()];
  reply(response, typeof value === 'string' ? value : (value?.[0] ?? ''));
};

const hostname: Handler = (_request, response, { container }) =>
  reply(response, container.invocation.pod.hostname);

const echo: Handler = (request, response) => {
  const { searchParams } = requestUrl(request);
  const code = searchParams.get('code') ?? '';
  const status = code === '' ? 200 : Number(code);
  if (!/^\d*$/.test(code) || status < 100 || status > 999)
    return badRequest(response, `argument 'code' must be an integer or empty, got "${code}"\n`);
  reply(response, searchParams.get('msg') ?? '', { status });
};

const exit: Handler = (request, response, { container }) => {
  const { searchParams } = requestUrl(request);
  const code = searchParams.get('code') ?? '';
  const waitMs = goDurationMs(searchParams.get('wait') ?? '0');
  const timeoutMs = goDurationMs(searchParams.get('timeout') ?? '0');
  if (!/^\d*$/.test(code) || waitMs === undefined || timeoutMs === undefined)
    return badRequest(
      response,
      "argument 'code' must be an integer, 'wait' and 'timeout' durations\n",
    );
  const { pod } = container.invocation;
  const end = (): void => pod.exit(Number(code));
  reply(response, '');
  response.once('close', () => {
    if (waitMs > 0) pod.clock.setTimer(waitMs, end);
    else end();
  });
};

const healthz: Handler = (_request, response, { container }) =>
  reply(response, '', { status: container.hasUdp ? 200 : 412 });

const readyz: Handler = (_request, response, { container }) =>
  container.isShuttingDown
    ? reply(response, 'shutting down\n', { status: 503 })
    : reply(response, 'ok');

const shutdown: Handler = (_request, _response, { container }) => container.invocation.pod.exit(0);

const redirect: Handler = (request, response) => {
  const { searchParams } = requestUrl(request);
  const status = Number(searchParams.get('code') || '302');
  if (!Number.isInteger(status) || status < 300 || status > 399)
    return badRequest(response, `argument 'code' must be an integer, got "${status}"\n`);
  response.setHeader('Location', searchParams.get('location') ?? '');
  reply(response, '', { status });
};

const shell: Handler = async (request, response, { container }) => {
  const { searchParams } = requestUrl(request);
  const command = searchParams.get('shellCommand') ?? searchParams.get('cmd') ?? '';
  const { context, pod } = container.invocation;
  const { exitCode, stdout, stderr } = await runCommand(['/bin/sh', '-c', command], {
    context,
    pod,
  });
  const output = `${stdout}${stderr}`;
  const told = exitCode === 0 ? { output } : { output, error: `exit status ${exitCode}` };
  reply(response, JSON.stringify(told));
};

const upload: Handler = async (request, response, { container }) => {
  const isForm = request.headers['content-type']?.startsWith('multipart/form-data') === true;
  for await (const _chunk of request);
  if (request.method !== 'POST' || !isForm)
    return reply(response, '{"error":"Unable to upload file."}', { status: 400 });
  container.uploads += 1;
  reply(response, JSON.stringify({ output: `/uploads/upload${container.uploads}` }), {
    status: 201,
  });
};

const dial: Handler = async (request, response, { container }) => {
  const { answerDial } = await import('./dial.ts');
  return answerDial(container.invocation.pod, requestUrl(request).searchParams, response);
};

const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ['/clientip', clientIp],
  ['/dial', dial],
  ['/echo', echo],
  ['/exit', exit],
  ['/header', header],
  ['/healthz', healthz],
  ['/hostName', hostname],
  ['/hostname', hostname],
  ['/readyz', readyz],
  ['/redirect', redirect],
  ['/shell', shell],
  ['/shutdown', shutdown],
  ['/upload', upload],
]);

function badRequest(response: ServerResponse, message: string): void {
  reply(response, message, { status: 400 });
}

/** The whole datagram is a command, in any case; unknown ones get no answer. */
function serveUdp(channel: DatagramChannel, flow: Flow, { hostname: name }: WorkloadContext): void {
  channel.onDatagram((datagram) => {
    const command = Buffer.from(datagram).toString('utf8').toLowerCase().trimEnd();
    const answer = udpAnswer(command, flow, name);
    if (answer !== undefined) channel.send(Buffer.from(answer));
  });
}

function udpAnswer(command: string, flow: Flow, name: string): string | undefined {
  if (command === 'hostname') return name;
  if (command === 'clientip') return remoteAddress(flow);
  return command.startsWith('echo ') ? command.slice('echo '.length) : undefined;
}
