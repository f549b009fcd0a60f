import { once } from 'node:events';
import { ConnectError, type DatagramChannel } from '../net/index.ts';
import type { Clock } from '../observe/index.ts';

/** How long Linux repeats a SYN that nobody answers. @see ip-sysctl, tcp_syn_retries: 6 of them take 127 seconds */
const CONNECT_TIMEOUT_MS = 127_000;

/**
 * A connection as its program meets it: a packet that is dropped tells nobody, so that only the program's own time limit
 * ends the wait, or the kernel's.
 *
 * @throws ConnectError `ERR_DROPPED` once the kernel has given up; whatever the signal was aborted with.
 */
export async function untilGivenUp<T>(
  connecting: Promise<T>,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return await connecting;
  } catch (error) {
    if (!isDropped(error)) throw error;
    await silence(CONNECT_TIMEOUT_MS, clock, signal);
    throw new ConnectError('ERR_DROPPED', 'Connection timed out', { cause: error });
  }
}

/** Nothing, for so long. @throws whatever the signal is aborted with. */
export async function silence(
  lengthMs: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<void>();
  using _timer = clock.setTimer(lengthMs, resolve);
  const over = new AbortController();
  const aborted =
    signal === undefined ? [] : [once(signal, 'abort', { signal: over.signal }).catch(() => [])];
  await Promise.race([promise, ...aborted]);
  over.abort();
  signal?.throwIfAborted();
}

/** Datagrams that are dropped vanish: a channel on which nothing ever comes. @throws ConnectError for what is refused */
export function orSilent(associate: () => DatagramChannel): DatagramChannel {
  try {
    return associate();
  } catch (error) {
    if (isDropped(error)) return silentChannel();
    throw error;
  }
}

function isDropped(error: unknown): boolean {
  return error instanceof ConnectError && error.code === 'ERR_DROPPED';
}

function silentChannel(): DatagramChannel {
  let listeners: (() => void)[] = [];
  return {
    send: () => undefined,
    onDatagram: () => undefined,
    onClose: (listener) => void listeners.push(listener),
    close: () => {
      const told = listeners;
      listeners = [];
      for (const listener of told) listener();
    },
  };
}
