import type { Protocol } from '../../../net/index.ts';
import type { ListenerSet } from './listeners.ts';
import type { ListenVia, Unreachable, Wanted, WantedListener } from './wanted.ts';

/** One way to a Service port from the host. */
export interface Reach {
  /** The Service's port. */
  readonly servicePort: number;
  readonly protocol: Protocol;
  readonly via: ListenVia;
  /** Where to connect: an address of the host; the cluster's own where the host has none. */
  readonly address: string;
  /** The port that is bound: another than asked for where the OS refused that one. */
  readonly port: number;
  /** Why it cannot be reached now; absent when it can. */
  readonly reason?: string;
}

/** Every way to a Service, in the order of its ports. */
export function reachOf({ listeners, unreachable }: Wanted, open: ListenerSet): readonly Reach[] {
  return [
    ...listeners
      .filter(({ via }) => via !== 'healthCheckNodePort')
      .map((wanted) => reachOfListener(wanted, open)),
    ...unreachable.map(reachOfUnreachable),
  ];
}

function reachOfListener(wanted: WantedListener, open: ListenerSet): Reach {
  const { protocol, via, address, port, frontend, isServed } = wanted;
  const state = open.stateOf(wanted.key);
  const reach = {
    servicePort: frontend?.port.port ?? port,
    protocol,
    via,
    address,
    port: state?.port ?? port,
  };
  if (state?.isOpen === true) return reach;
  if (state?.error !== undefined) return { ...reach, reason: state.error.message };
  return {
    ...reach,
    reason: isServed ? 'it is being opened' : 'no endpoint is ready: connecting is refused',
  };
}

function reachOfUnreachable({ protocol, via, destination, frontend, reason }: Unreachable): Reach {
  const { address, port } = destination;
  return { servicePort: frontend?.port.port ?? port, protocol, via, address, port, reason };
}
