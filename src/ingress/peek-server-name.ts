import type { Socket } from 'node:net';
import type { Clock } from '../observe/index.ts';
import { readClientHello } from './client-hello.ts';

/** As for the head of a request. */
const TIMEOUT_MS = 60_000;

/**
 * The server name in a client's first bytes, which are put back; '' where there is none to be read.
 *
 * The socket is left paused. One that says nothing for too long, or no more, is closed.
 *
 * @returns undefined when the connection is gone.
 */
export function peekServerName(socket: Socket, clock: Clock): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let bytes: Buffer | undefined;
  const stop = (): void => {
    timer[Symbol.dispose]();
    socket.off('data', onData).off('end', onEnd).off('close', onClose);
  };
  const onData = (chunk: Buffer): void => {
    bytes = bytes === undefined ? chunk : Buffer.concat([bytes, chunk]);
    const hello = readClientHello(bytes);
    if (hello.kind === 'incomplete') return;
    stop();
    socket.pause();
    socket.unshift(bytes);
    resolve(hello.servername);
  };
  const onEnd = (): void => void socket.destroy();
  const onClose = (): void => {
    stop();
    resolve(undefined);
  };
  const timer = clock.setTimer(TIMEOUT_MS, onEnd);
  socket.on('data', onData).on('end', onEnd).on('close', onClose);
  return promise;
}
