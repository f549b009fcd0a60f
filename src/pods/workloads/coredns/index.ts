import type { Duplex } from 'node:stream';
import type { DatagramChannel, Flow } from '../../../net/index.ts';
import type { ServedTcpPort, ServedUdpPort, Workload } from '../../workload.ts';
import { numberFlag, parseFlags, programArgs } from '../flags.ts';
import { createHttpService, reply } from '../http-service.ts';

/** Answers one DNS message; undefined for one that gets no answer. */
export type ServeDnsBytes = (query: Uint8Array, flow: Flow) => Promise<Uint8Array | undefined>;

/** @see coredns plugins health, ready and prometheus: their default ports in a cluster */
const HTTP_PORTS: Readonly<Record<number, string>> = {
  8080: '/health',
  8181: '/ready',
  9153: '/metrics',
};

/**
 * The cluster's DNS server as a Pod: what it is asked goes to the one DNS server there is.
 *
 * @param serveDnsBytes Absent: nothing listens on the DNS ports.
 */
export function createCorednsWorkload(serveDnsBytes: ServeDnsBytes | undefined): Workload {
  const http = createHttpService<string>({
    handle: (request, response, { container }) => {
      if (request.url === container) reply(response, container === '/metrics' ? '' : 'OK');
      else reply(response, '404 page not found\n', { status: 404 });
    },
  });
  return {
    name: 'coredns',
    images: ['coredns'],
    serve: (context, pod) => {
      const flags = parseFlags(programArgs(context, 'coredns'));
      const port = numberFlag(flags, 'dns.port', numberFlag(flags, 'p', 53));
      pod.print(`.:${port}\nCoreDNS-1.15.0`);
      const ports = serveDnsBytes === undefined ? NONE : dnsPorts(port, serveDnsBytes);
      const observed = Object.entries(HTTP_PORTS).map(([number, path]) => ({
        port: Number(number),
        accept: (socket: Duplex, flow: Flow) => http.accept(socket, flow, path),
      }));
      return { tcp: [...ports.tcp, ...observed], udp: ports.udp };
    },
  };
}

interface Ports {
  readonly tcp: readonly ServedTcpPort[];
  readonly udp: readonly ServedUdpPort[];
}

const NONE: Ports = { tcp: [], udp: [] };

function dnsPorts(port: number, serve: ServeDnsBytes): Ports {
  return {
    tcp: [{ port, accept: (socket, flow) => serveStream(socket, flow, serve) }],
    udp: [{ port, open: (channel, flow) => serveDatagrams(channel, flow, serve) }],
  };
}

function serveDatagrams(channel: DatagramChannel, flow: Flow, serve: ServeDnsBytes): void {
  channel.onDatagram((query) => {
    serve(query, flow).then(
      (answer) => answer !== undefined && channel.send(answer),
      () => channel.close(),
    );
  });
}

/** Messages with their length before them. @see RFC 1035 §4.2.2 */
function serveStream(socket: Duplex, flow: Flow, serve: ServeDnsBytes): void {
  let received: Buffer = Buffer.alloc(0);
  const answerAll = async (): Promise<void> => {
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const query = received.subarray(2, end);
      received = received.subarray(end);
      const answer = await serve(query, flow);
      if (answer === undefined) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.write(Buffer.concat([length, answer]));
    }
  };
  // One after the other, so that answers keep the order of the questions.
  let turn = Promise.resolve();
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    turn = turn.then(answerAll).catch(() => void socket.destroy());
  });
  socket.on('end', () => void turn.then(() => socket.end()));
}
