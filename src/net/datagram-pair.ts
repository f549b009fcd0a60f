import type { DatagramChannel } from './flow.ts';

/**
 * A UDP association in memory: what one end sends, the other receives.
 *
 * Datagrams that come before anybody listens wait for the first listener, as in a socket's buffer; closing either end
 * closes both.
 */
export function createDatagramPair(): readonly [client: DatagramChannel, server: DatagramChannel] {
  const closeListeners = new Set<() => void>();
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    for (const listener of closeListeners) listener();
  };
  const onClose = (listener: () => void): void => {
    if (isClosed) listener();
    else closeListeners.add(listener);
  };
  const towardsServer = createMailbox(() => isClosed);
  const towardsClient = createMailbox(() => isClosed);
  return [
    { send: towardsServer.send, onDatagram: towardsClient.onDatagram, onClose, close },
    { send: towardsClient.send, onDatagram: towardsServer.onDatagram, onClose, close },
  ];
}

type Receive = (datagram: Uint8Array) => void;

/** How many datagrams wait for a first listener; more are lost, as UDP loses them. */
const MAILBOX_LIMIT = 256;

function createMailbox(isClosed: () => boolean): {
  readonly send: Receive;
  readonly onDatagram: (listener: Receive) => void;
} {
  const listeners: Receive[] = [];
  let waiting: Uint8Array[] = [];
  return {
    send: (datagram) => {
      if (isClosed()) return;
      if (listeners.length > 0) for (const listener of listeners) listener(datagram);
      else if (waiting.length < MAILBOX_LIMIT) waiting.push(datagram);
    },
    onDatagram: (listener) => {
      listeners.push(listener);
      const missed = waiting;
      waiting = [];
      for (const datagram of missed) listener(datagram);
    },
  };
}
