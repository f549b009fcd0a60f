import { listenTcp, listenUdp, type Endpoint, type Listener } from '../../../net/index.ts';
import { createHealthResponder, serviceHealth, type HealthResponder } from '../../health/index.ts';
import { incomingFlow } from './incoming-flow.ts';
import type { OpenListener } from './listeners.ts';
import { TcpRelay } from './tcp.ts';
import { UdpRelay } from './udp.ts';
import type { UserspaceBackendOptions } from './userspace.ts';
import type { WantedListener } from './wanted.ts';

/** Opens listeners whose connections and datagrams are carried by the relays. */
export function createOpener(options: UserspaceBackendOptions): {
  readonly open: OpenListener;
  readonly close: () => void;
} {
  const { view, connect, associate, clock, log, random } = options;
  const tcp = new TcpRelay({ connect, log });
  const udp = new UdpRelay({ associate, clock, log });
  const onError = (error: Error): void => log.error('listener failed', { part: 'proxy', error });
  const openTcp: OpenListener = (wanted, { current, alternativePort }) =>
    listenTcp({
      address: wanted.address,
      port: wanted.port,
      alternativePort,
      hint: hintFor(wanted),
      onError,
      onConnection: (socket) => {
        const client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
        const listener = current() ?? wanted;
        tcp.accept(socket, incomingFlow(listener, client, { view, random }));
      },
    });
  const responder = createHealthResponder();
  const openHealth = healthOpener(options, responder, onError);
  const openUdp: OpenListener = async (wanted, { current, alternativePort }) => {
    const door = udp.open({
      flowOf: (client) => incomingFlow(current() ?? wanted, client, { view, random }),
      reply: (datagram, client) => listener.socket.send(datagram, client.port, client.address),
    });
    const listener = await listenUdp({
      address: wanted.address,
      port: wanted.port,
      alternativePort,
      hint: hintFor(wanted),
      isShared: udp.lingersAt({ address: wanted.address, port: wanted.port }),
      onError,
      onDatagram: door.receive,
    });
    return withClose(listener, door.linger);
  };
  return {
    open: (wanted, opening) => {
      if (wanted.via === 'healthCheckNodePort') return openHealth(wanted, opening);
      return (wanted.protocol === 'TCP' ? openTcp : openUdp)(wanted, opening);
    },
    close: () => {
      tcp.close();
      responder[Symbol.dispose]();
      udp.close();
    },
  };
}

function withClose(listener: Listener, after: (local: Endpoint) => void): Listener {
  const { address, port, requestedPort } = listener;
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await listener.close();
    after({ address, port });
  };
  return { address, port, requestedPort, close, [Symbol.asyncDispose]: close };
}

/** Every path of a health-check node port is answered by how its Service is now. */
function healthOpener(
  { view, health }: UserspaceBackendOptions,
  responder: HealthResponder,
  onError: (error: Error) => void,
): OpenListener {
  return ({ address, port }, { current, owner }) =>
    listenTcp({
      address,
      port,
      onError,
      onConnection: (socket) =>
        responder.accept(socket, () => {
          const service = view.services.services().get(owner()?.slice('service '.length) ?? '');
          const name = current()?.node ?? '';
          return service === undefined
            ? { status: 503, headers: {}, body: '' }
            : serviceHealth(service, { name }, health.isHealthy);
        }),
    });
}

function hintFor({ via }: WantedListener): string {
  if (via === 'nodePort') return 'Stop that program, or give the Service another nodePort.';
  if (via === 'hostPort') return 'Stop that program, or give the Pod another hostPort.';
  return 'Stop that program, or let it listen on 127.0.0.1 instead of all addresses.';
}
