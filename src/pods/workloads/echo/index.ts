import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Container, Probe } from '../../../api/index.ts';
import type { Flow } from '../../../net/index.ts';
import type { ContainerContext, Workload, WorkloadContext } from '../../workload.ts';
import { createHttpService, reply, type Visit } from '../http-service.ts';
import { createHttp2Service } from '../http2-service.ts';
import { combinedLine } from '../log-lines.ts';
import { acceptWebSocket } from '../web-socket.ts';
import { sniffProtocol } from './sniff-protocol.ts';

interface EchoContainer {
  readonly context: ContainerContext;
  readonly pod: WorkloadContext;
}

/**
 * The workload of every image that no other claims: it tells who was asked what, on every port of the container.
 *
 * HTTP/1.1 and HTTP/2 requests get JSON, WebSockets and other bytes get themselves back, gRPC health checks `SERVING`.
 */
export function createEchoWorkload(): Workload {
  const http = createHttpService<EchoContainer>({ handle: answer, upgrade });
  const http2 = createHttp2Service<EchoContainer>({ describe });
  const accept = (socket: Duplex, flow: Flow, container: EchoContainer): void => {
    sniffProtocol(socket, {
      http1: () => http.accept(socket, flow, container),
      http2: () => http2.accept(socket, flow, container),
      other: () => void socket.pipe(socket),
    });
  };
  return {
    name: 'echo',
    images: [],
    serve: (context, pod) => {
      const container: EchoContainer = { context, pod };
      const { image = '', ports = [] } = context.container;
      const where = ports.map(
        ({ containerPort, protocol = 'TCP' }) => `${containerPort}/${protocol}`,
      );
      pod.print(`podlane answers for ${image}${where.length > 0 ? ` on ${where.join(', ')}` : ''}`);
      return {
        tcp: tcpPorts(context.container).map((port) => ({
          port,
          accept: (socket, flow) => accept(socket, flow, container),
        })),
        udp: declaredPorts(context.container, 'UDP').map((port) => ({
          port,
          open: (channel) => channel.onDatagram((datagram) => channel.send(datagram)),
        })),
      };
    },
  };
}

/** The container's TCP ports, and those that its probes expect. */
function tcpPorts(container: Container): readonly number[] {
  const ports = new Set(declaredPorts(container, 'TCP'));
  const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe];
  for (const probe of probes) {
    const port = probedPort(probe);
    if (port !== undefined) ports.add(port);
  }
  return [...ports];
}

function declaredPorts(container: Container, protocol: string): readonly number[] {
  const ports = container.ports ?? [];
  const numbers = ports
    .filter((port) => (port.protocol ?? 'TCP') === protocol)
    .map(({ containerPort }) => containerPort);
  return [...new Set(numbers)];
}

/** The port of a probe that names it by number and goes to the Pod itself. */
function probedPort(probe: Probe | undefined): number | undefined {
  const target = probe?.httpGet ?? probe?.tcpSocket;
  if (probe?.grpc !== undefined) return probe.grpc.port;
  return typeof target?.port === 'number' && target.host === undefined ? target.port : undefined;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit<EchoContainer>,
): void {
  const { method = '', url = '', headers } = request;
  const { pod } = visit.container;
  const body = describe({ method, path: url, host: headers.host ?? '', headers }, visit);
  reply(response, body, { contentType: 'application/json' });
  const answered = { request, flow: visit.flow, status: 200, sizeBytes: Buffer.byteLength(body) };
  pod.print(combinedLine(answered, pod.clock.now()));
}

function upgrade(request: IncomingMessage, head: Buffer, _visit: Visit<EchoContainer>): void {
  acceptWebSocket(request, head, (socket) => {
    socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
  });
}

/** One request, as HTTP/1.1 and HTTP/2 both tell it. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

function describe(asked: Asked, { container, flow }: Visit<EchoContainer>): string {
  const { metadata } = container.context.pod;
  const told = {
    pod: metadata.name,
    namespace: metadata.namespace,
    node: container.pod.nodeName,
    podIP: container.pod.podIPs[0],
    clientIP: flow.source.address,
    ...asked,
  };
  return `${JSON.stringify(told, undefined, 2)}\n`;
}
