import type { DuplexEnd, Flow } from '../../../net/index.ts';
import type {
  ContainerContext,
  ServedContainer,
  ServedTcpPort,
  Workload,
  WorkloadContext,
} from '../../workload.ts';
import { numberOf } from '../flags.ts';
import { createHttpService } from '../http-service.ts';
import { createHttp2Service } from '../http2-service.ts';
import { serveTls, type TlsIdentity } from '../tls-service.ts';
import { acceptWebSocket } from '../web-socket.ts';
import { answerHttp, describeRequest, type EchoBasic } from './answer-http.ts';

/** @see kubernetes-sigs/gateway-api conformance/echo-basic */
export function createEchoBasicWorkload(): Workload {
  const http = createHttpService<EchoBasic>({
    handle: answerHttp,
    upgrade: (request, head) =>
      acceptWebSocket(request, head, (socket) => {
        socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
      }),
  });
  const http2 = createHttp2Service<EchoBasic>({
    describe: ({ method, path, host, headers }, { container }) =>
      describeRequest(container, {
        method,
        uri: path,
        host,
        proto: 'HTTP/2.0',
        headers: listOf(headers),
      }),
  });
  return {
    name: 'echo-basic',
    images: ['echo-basic', 'echo-advanced'],
    serve: (context, pod) => {
      const { env } = context;
      if (env.has('UDP_ECHO_SERVER')) return serveUdp(context);
      if (env.has('TCP_ECHO_SERVER')) return serveTcp(context, pod);
      const echo = (port: string, fallback: number): EchoBasic => ({
        identity: identityOf(context),
        pod,
        httpPort: env.get(port) ?? `${fallback}`,
        attempts: new Map(),
      });
      const plain = echo('HTTP_PORT', 3000);
      const h2c = echo('H2C_PORT', 3001);
      return {
        tcp: [
          {
            port: numberOf(env.get('HTTP_PORT'), 3000),
            accept: (socket, flow) => http.accept(socket, flow, plain),
          },
          {
            port: numberOf(env.get('H2C_PORT'), 3001),
            accept: (socket, flow) => http2.accept(socket, flow, h2c),
          },
          ...tlsPorts(context, pod, (socket, flow) => http.accept(socket, flow, plain)),
        ],
        udp: [],
      };
    },
  };
}

function tlsPorts(
  { env }: ContainerContext,
  pod: WorkloadContext,
  accept: (...connection: Parameters<ServedTcpPort['accept']>) => void,
): readonly ServedTcpPort[] {
  const identity = identityFiles(env, pod);
  if (identity === undefined) return [];
  return [
    {
      port: numberOf(env.get('HTTPS_PORT'), 8443),
      // What comes out of TLS is read as a connection in memory is.
      accept: (socket, flow) =>
        serveTls(socket, (plain) => accept(plain as DuplexEnd, flow), identity),
    },
  ];
}

function identityFiles(
  env: ReadonlyMap<string, string>,
  pod: WorkloadContext,
): TlsIdentity | undefined {
  const cert = pod.files.read(env.get('TLS_SERVER_CERT') ?? '');
  const key = pod.files.read(env.get('TLS_SERVER_PRIVKEY') ?? '');
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/** Who answers, as its environment says. */
export interface EchoIdentity {
  readonly namespace: string;
  readonly ingress: string;
  readonly service: string;
  readonly pod: string;
}

function identityOf({ env, pod }: ContainerContext): EchoIdentity {
  return {
    namespace: env.get('NAMESPACE') ?? pod.metadata.namespace ?? '',
    ingress: env.get('INGRESS_NAME') ?? '',
    service: env.get('SERVICE_NAME') ?? '',
    pod: env.get('POD_NAME') ?? pod.metadata.name,
  };
}

function serveUdp(context: ContainerContext): ServedContainer {
  const identity = identityOf(context);
  return {
    tcp: [],
    udp: [
      {
        port: numberOf(context.env.get('UDP_PORT'), 8080),
        open: (channel) =>
          channel.onDatagram((datagram) => {
            const request = Buffer.from(datagram).toString('utf8');
            channel.send(Buffer.from(JSON.stringify({ request, ...identity })));
          }),
      },
    ],
  };
}

function serveTcp(context: ContainerContext, pod: WorkloadContext): ServedContainer {
  const { env } = context;
  const tcpPort = env.get('TCP_PORT') ?? '3000';
  const tlsPort = env.get('TLS_PORT') ?? '8443';
  const told = { ...identityOf(context), tcpport: tcpPort, tlsport: tlsPort };
  const identity = identityFiles(env, pod);
  const talk = (socket: Parameters<typeof serveTls>[0], isTls: boolean): void => {
    socket.write('Gateway API Test TCP Server\n');
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      const lines = `${received}${chunk.toString('utf8')}`.split('\n');
      received = (lines.pop() ?? '').slice(-1024);
      for (const line of lines) {
        const answer = tcpAnswer(line.trim(), { ...told, isTLS: isTls });
        if (answer !== undefined) socket.write(`${answer}\n`);
      }
    });
    socket.once('end', () => socket.end());
  };
  const plain = {
    port: numberOf(tcpPort, 3000),
    accept: (socket: DuplexEnd, _flow: Flow) => talk(socket, false),
  };
  if (identity === undefined) return { tcp: [plain], udp: [] };
  const accept = (socket: DuplexEnd): void =>
    serveTls(socket, (inner) => talk(inner, true), identity);
  return { tcp: [plain, { port: numberOf(tlsPort, 8443), accept }], udp: [] };
}

function tcpAnswer(
  line: string,
  told: Readonly<Record<string, unknown>> & { readonly isTLS: boolean },
): string | undefined {
  if (line === 'PING') return 'PONG';
  if (line === 'IS_TLS') return `${told.isTLS}`;
  return line === 'TEST' ? JSON.stringify(told) : undefined;
}

function listOf(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(headers).map(([name, value]) => [
      name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase()),
      typeof value === 'string' ? [value] : [...(value ?? [])],
    ]),
  );
}
