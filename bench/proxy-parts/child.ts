/** `node child.ts ROLE ARGS…`: one party of the measurement, alone in its process. */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { serveRounds } from './programming.ts';
import {
  addressOf,
  createStore,
  createWorld,
  fill,
  putHostService,
  startBackend,
} from './world.ts';

const [, , role = '', first = '0', second = '0'] = process.argv;
const ready = (facts: object): void => void process.stdout.write(`${JSON.stringify(facts)}\n`);
const ANSWER = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: 128\r\n\r\n${'x'.repeat(128)}`);

const ROLES: Readonly<Record<string, () => Promise<void> | void>> = {
  /** Answers each small request; a first byte of B asks for as much as the reader takes. */
  backend: () => {
    const chunk = Buffer.alloc(65_536);
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        if (data[0] !== 66) {
          socket.write(ANSWER);
          return;
        }
        const pump = (): void => {
          while (!socket.destroyed && socket.write(chunk));
        };
        socket.on('drain', pump);
        pump();
      });
    });
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      ready(server.address() as object),
    );
  },
  'udp-backend': () => {
    const socket = createSocket('udp4');
    socket.on('message', (data, { port, address }) => socket.send(data, port, address));
    socket.bind(0, '127.0.0.1', () => ready(socket.address()));
  },
  /** One socket to each client, as the simplest relay does it. */
  'udp-relay': () => {
    const socket = createSocket('udp4');
    const clients = new Map<string, ReturnType<typeof createSocket>>();
    socket.on('message', (data, { port, address }) => {
      const key = `${address}:${port}`;
      let upstream = clients.get(key);
      if (upstream === undefined) {
        upstream = createSocket('udp4');
        upstream.on('message', (answer) => socket.send(answer, port, address));
        clients.set(key, upstream);
      }
      upstream.send(data, Number(first), '127.0.0.1');
    });
    socket.bind(0, '127.0.0.1', () => ready(socket.address()));
  },
  /** Two sockets joined by `pipe`, as the simplest proxy does it. */
  pipe: () => {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
      const upstream = connect({
        host: '127.0.0.1',
        port: Number(first),
        noDelay: true,
        allowHalfOpen: true,
      });
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.on('error', () => undefined);
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
    server.listen({ port: 0, host: '127.0.0.1' }, () => ready(server.address() as object));
  },
  programming: () => serveRounds(Number(first), Number(second)),
  proxy: async () => {
    const world = createWorld(createStore());
    putHostService(world.store, {
      index: 60_001,
      port: 18_080,
      protocol: 'TCP',
      target: Number(first),
    });
    putHostService(world.store, {
      index: 60_002,
      port: 18_081,
      protocol: 'UDP',
      target: Number(second),
    });
    await Promise.resolve();
    const backend = startBackend(world);
    await backend.ready;
    ready({ tcp: alias(60_001), udp: alias(60_002) });
  },
  idle: async () => {
    const store = createStore();
    fill(store, 1);
    await startBackend(createWorld(store)).ready;
    ready({ address: alias(1) });
  },
  listeners: async () => {
    const store = createStore();
    fill(store, Number(first));
    const world = createWorld(store);
    const start = performance.now();
    await startBackend(world).ready;
    ready({ openMs: performance.now() - start });
  },
  table: async () => {
    const store = createStore();
    fill(store, Number(first));
    await Promise.resolve();
    const start = performance.now();
    const world = createWorld(store);
    world.view.services.find('TCP', addressOf(1), 8080);
    ready({ buildMs: performance.now() - start, memoryMB: process.memoryUsage().rss / 2 ** 20 });
  },
};

function alias(index: number): string {
  return addressOf(index).replace(/^10\./, '127.');
}

process.stdin.on('end', () => process.exit());
if (role !== 'programming') process.stdin.resume();
await ROLES[role]?.();
