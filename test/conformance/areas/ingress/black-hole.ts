/** A port that nobody answers on: the kernel has no more room for connections that are never accepted. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Listens, says where, and then never looks again. */
const NEVER_ACCEPTS = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;
/** Connections that fill what the kernel keeps for a backlog of one. */
const FILLING = 4;

export interface BlackHole extends AsyncDisposable {
  readonly port: number;
}

/** Opens one. */
export async function openBlackHole(): Promise<BlackHole> {
  const worker = new Worker(NEVER_ACCEPTS, { eval: true });
  const [port] = (await once(worker, 'message')) as [number]; // as it says above
  const sockets = Array.from({ length: FILLING }, (): Socket =>
    connect({ port, host: '127.0.0.1' }).on('error', () => {}),
  );
  // Two fit: the others never connect.
  await Promise.all(sockets.slice(0, 2).map((socket) => once(socket, 'connect')));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await worker.terminate();
    },
  };
}
