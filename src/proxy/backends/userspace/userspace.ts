import {
  listenTcp,
  listenUdp,
  PodlaneError,
  type Associate,
  type Connect,
  type Endpoint,
  type Listener,
} from '../../../net/index.ts';
import type { Clock, Logger } from '../../../observe/index.ts';
import type { PodTable } from '../../pod-ports.ts';
import type { ServiceTable } from '../../service-table.ts';
import { incomingFlow, type IncomingView } from './incoming-flow.ts';
import { ListenerSet, type OpenListener } from './listeners.ts';
import { reachOf, type Reach } from './reach.ts';
import { TcpRelay } from './tcp.ts';
import { UdpRelay } from './udp.ts';
import { wantedOfPod, wantedOfService, type WantedListener } from './wanted.ts';

/** The tables that the backend carries out. */
export interface BackendView extends IncomingView {
  readonly services: ServiceTable;
  readonly pods: PodTable;
}

export interface UserspaceBackendOptions {
  readonly view: BackendView;
  readonly connect: Connect;
  readonly associate: Associate;
  readonly clock: Clock;
  readonly log: Logger;
  /** In [0, 1). */
  readonly random: () => number;
  /** `protocol/address/port` that somebody else of podlane serves → the port it bound there. @default none */
  readonly reserved?: ReadonlyMap<string, number> | undefined;
  /** How long a UDP association lives without datagrams. @default 30 */
  readonly udpIdleSeconds?: number | undefined;
}

/** Services and Pods on real sockets of the host. */
export interface UserspaceBackend extends AsyncDisposable {
  /**
   * Resolves when everything that is in the tables at the start is open.
   *
   * @throws PodlaneError when a Service's port or a host port cannot be had, `ERR_ADDRESS_IN_USE` above all.
   */
  readonly ready: Promise<void>;
  /** Resolves once no listener is being opened. */
  settled(): Promise<void>;
  /** Where the host reaches a Service, and why not where it does not. */
  reachOf(namespace: string, name: string): readonly Reach[];
}

/**
 * Keeps listeners on loopback aliases equal to the tables, and carries what they accept.
 *
 * Changes apply in the microtask in which the tables announce them.
 */
export function createUserspaceBackend(options: UserspaceBackendOptions): UserspaceBackend {
  const { view, log, reserved = new Map<string, number>() } = options;
  const { open, close } = createOpener(options);
  const listeners = new ListenerSet({
    open,
    reserved,
    onError: (error, { via }) => {
      // Where the OS has no aliases this is so for every address: `reachOf` tells.
      const isExpected = error.code === 'ERR_ADDRESS_NOT_AVAILABLE';
      log[isExpected ? 'debug' : 'warn']('cannot listen', { part: 'proxy', via, error });
    },
  });
  const context = () => ({ nodes: view.nodes.list(), plan: view.plan });
  const updateService = (key: string): void =>
    listeners.replace(
      `service ${key}`,
      wantedListeners(view.services.services().get(key), wantedOfService),
    );
  const updatePod = (key: string): void =>
    listeners.replace(`pod ${key}`, wantedListeners(view.pods.pods().get(key), wantedOfPod));
  const wantedListeners = <T>(
    item: T | undefined,
    wantedOf: (
      item: T,
      facts: ReturnType<typeof context>,
    ) => { readonly listeners: readonly WantedListener[] },
  ): readonly WantedListener[] => (item === undefined ? [] : wantedOf(item, context()).listeners);
  const updateAll = (): void => {
    for (const key of view.services.services().keys()) updateService(key);
    for (const key of view.pods.pods().keys()) updatePod(key);
  };
  updateAll();
  const watches = [
    view.services.onChange((changes) => {
      for (const { key } of changes) updateService(key);
    }),
    view.pods.onChange((changes) => {
      for (const { key } of changes) updatePod(key);
    }),
    view.nodes.onChange(updateAll),
  ];
  const ready = listeners.settled().then(() => throwFirstFailure(listeners));
  // Who does not wait for it has the failures in `reachOf` and in the log.
  ready.catch(() => undefined);
  return {
    ready,
    settled: () => listeners.settled(),
    reachOf: (namespace, name) => {
      const service = view.services.get(namespace, name);
      return service === undefined ? [] : reachOf(wantedOfService(service, context()), listeners);
    },
    [Symbol.asyncDispose]: async () => {
      for (const watch of watches) watch[Symbol.dispose]();
      // First, so that no client of a closing listener is gone on with.
      close();
      await listeners[Symbol.asyncDispose]();
    },
  };
}

/** Opens listeners whose connections and datagrams are carried by the relays. */
function createOpener(options: UserspaceBackendOptions): {
  readonly open: OpenListener;
  readonly close: () => void;
} {
  const { view, connect, associate, clock, log, random, udpIdleSeconds } = options;
  const tcp = new TcpRelay({ connect, log });
  const udp = new UdpRelay({ associate, clock, log, idleSeconds: udpIdleSeconds });
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
    open: (wanted, opening) => (wanted.protocol === 'TCP' ? openTcp : openUdp)(wanted, opening),
    close: () => {
      tcp.close();
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

function hintFor({ via }: WantedListener): string {
  if (via === 'nodePort') return 'Stop that program, or give the Service another nodePort.';
  if (via === 'hostPort') return 'Stop that program, or give the Pod another hostPort.';
  return 'Stop that program, or let it listen on 127.0.0.1 instead of all addresses.';
}

/** An address that the OS does not have, and a Pod's own port, are told by `reachOf` alone. */
function throwFirstFailure(listeners: ListenerSet): void {
  const failures = listeners
    .failures()
    .filter(
      ({ error, wanted }) => error.code !== 'ERR_ADDRESS_NOT_AVAILABLE' && wanted.via !== 'pod',
    );
  const [first] = failures;
  if (first === undefined) return;
  const { code, message, hint, cause } = first.error;
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
  throw new PodlaneError(code, `${message}${more}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}
