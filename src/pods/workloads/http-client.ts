import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { nodeHttp } from '../../net/index.ts';
import type { WorkloadContext } from '../workload.ts';
import { joinHostPort } from './go-http.ts';

export interface FetchOptions {
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  readonly timeoutMs: number;
}

export interface Fetched {
  readonly status: number;
  readonly body: string;
}

/**
 * One GET request as a Pod.
 *
 * @throws Error with Go's words when it cannot be had in time.
 */
export async function fetchAs(pod: WorkloadContext, options: FetchOptions): Promise<Fetched> {
  const { host, port, path, timeoutMs } = options;
  const controller = new AbortController();
  const url = `http://${joinHostPort(host, port)}${path}`;
  const timer = pod.clock.setTimer(timeoutMs, () =>
    controller.abort(new Error(`Get "${url}": context deadline exceeded`)),
  );
  try {
    const [address] = await within(pod.resolve(host), controller.signal);
    if (address === undefined)
      throw new Error(`Get "${url}": dial tcp: lookup ${host}: no such host`);
    const socket = await within(
      pod.connect({ address, port }, { signal: controller.signal }),
      controller.signal,
    );
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    socket.on('error', reject);
    const { signal } = controller;
    const headers = { host: joinHostPort(host, port), 'user-agent': 'Go-http-client/1.1' };
    nodeHttp()
      .request({ createConnection: () => socket, path, headers, setHost: false, signal })
      .on('response', resolve)
      .on('error', reject)
      .end();
    const response = await promise;
    const body = await text(response);
    socket.destroy();
    return { status: response.statusCode ?? 0, body };
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    timer[Symbol.dispose]();
  }
}

/** `work`, or the signal's reason, whichever comes first. */
export function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const fail = (): void => reject(signal.reason as Error);
  if (signal.aborted) fail();
  signal.addEventListener('abort', fail, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', fail));
}
