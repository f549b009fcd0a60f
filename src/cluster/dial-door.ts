import { connect, type Socket } from 'node:net';
import type { Listening } from '../control/index.ts';

/** A connection from the host to a door of this process. @throws Error as the OS refuses it. */
export function dialDoor({ address, port }: Listening, signal: AbortSignal): Promise<Socket> {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
