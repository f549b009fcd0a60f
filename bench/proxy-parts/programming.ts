/** Slice written → the next connection goes to the new endpoint, at several sizes of the table. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import {
  addressOf,
  createStore,
  createWorld,
  fill,
  podAddress,
  putSlice,
  startBackend,
  type ProxyWorld,
} from './world.ts';

/** What one round took, in milliseconds. */
export interface Round {
  /** Until the decision about the next connection names the new endpoint. */
  readonly decisions: readonly number[];
  /** Until a client of the Service's address has read the new endpoint's answer. */
  readonly connections: readonly number[];
}

/** Changes per round. */
const CHANGES = 100;

/** A child with `services` Services from number `first` on; each line that it gets is a round, which it answers. */
export async function serveRounds(services: number, first: number): Promise<void> {
  const store = createStore();
  fill(store, services, first);
  const world = createWorld(store);
  await startBackend(world).ready;
  console.log('{}');
  let change = 0;
  for await (const _line of createInterface({ input: process.stdin })) {
    const round = { decisions: [] as number[], connections: [] as number[] };
    for (let count = 0; count < CHANGES; count += 1) {
      // Far apart in the table, and each Service's turn comes at another Pod.
      change += 1;
      const index = first + ((change * 7919) % services);
      round.decisions.push(await decide(world, index, 5 + (change % 5)));
      round.connections.push(await dial(world, index, 10 + (change % 5)));
    }
    console.log(JSON.stringify(round));
  }
}

async function decide(
  { store, datapath }: ProxyWorld,
  index: number,
  pod: number,
): Promise<number> {
  const writtenAt = performance.now();
  putSlice(store, index, [pod]);
  const decision = datapath.decide({
    protocol: 'TCP',
    source: { address: '10.0.0.11', port: 4000 },
    destination: { address: addressOf(index), port: 8080 },
    origin: { kind: 'node', name: 'node-1' },
    node: 'node-1',
  });
  const tookMs = performance.now() - writtenAt;
  if (decision.kind !== 'deliver' || decision.flow.destination.address !== podAddress(pod))
    throw new Error('the next connection went elsewhere');
  await Promise.resolve();
  return tookMs;
}

/** Pods of this world say their address to whoever connects. */
async function dial({ store }: ProxyWorld, index: number, pod: number): Promise<number> {
  const writtenAt = performance.now();
  putSlice(store, index, [pod]);
  const socket = connect({ host: addressOf(index).replace(/^10\./, '127.'), port: 8080 });
  const [answer] = (await once(socket, 'data')) as [Buffer];
  const tookMs = performance.now() - writtenAt;
  socket.resetAndDestroy();
  if (String(answer) !== podAddress(pod)) throw new Error('the next connection went elsewhere');
  return tookMs;
}
