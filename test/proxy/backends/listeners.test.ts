import t from 'tap';
import { PodlaneError, type Listener } from '../../../src/net/index.ts';
import { createFakeClock, type FakeClock } from '../../../src/observe/index.ts';
import { ListenerSet } from '../../../src/proxy/backends/userspace/listeners.ts';
import type { WantedListener } from '../../../src/proxy/backends/userspace/wanted.ts';

/** Listeners that need no sockets; `protocol/address/port` of those that are open. */
class FakeSockets {
  readonly open = new Set<string>();
  readonly standIns = new Map<string, number | undefined>();
  isPrivileged = true;
  failing: string | undefined;
  code = 'ERR_ADDRESS_IN_USE';
  /** Who is asked for by a connection to the listener. */
  readonly current = new Map<string, () => WantedListener | undefined>();

  async listen(
    wanted: WantedListener,
    options: { current: () => WantedListener | undefined; alternativePort: number | undefined },
  ): Promise<Listener> {
    await Promise.resolve();
    if (wanted.key === this.failing)
      throw new PodlaneError(this.code, `${wanted.key} cannot be had`);
    this.standIns.set(wanted.key, options.alternativePort);
    this.current.set(wanted.key, options.current);
    const port = this.isPrivileged ? wanted.port : (options.alternativePort ?? wanted.port);
    this.open.add(wanted.key);
    const close = async (): Promise<void> => void this.open.delete(wanted.key);
    return {
      address: wanted.address,
      port,
      requestedPort: wanted.port,
      close,
      [Symbol.asyncDispose]: close,
    };
  }
}

function wantedAt(port: number, more: Partial<WantedListener> = {}): WantedListener {
  return {
    key: `TCP/127.96.0.1/${port}`,
    protocol: 'TCP',
    address: '127.96.0.1',
    port,
    via: 'clusterIP',
    destination: { address: '10.96.0.1', port },
    node: undefined,
    isServed: true,
    isOptional: false,
    frontend: undefined,
    ...more,
  };
}

function createSet(reserved: ReadonlyMap<string, number> = new Map()): {
  readonly sockets: FakeSockets;
  readonly set: ListenerSet;
  readonly errors: string[];
  readonly clock: FakeClock;
} {
  const clock = createFakeClock();
  const sockets = new FakeSockets();
  const errors: string[] = [];
  const set = new ListenerSet({
    open: (wanted, options) => sockets.listen(wanted, options),
    clock,
    reserved,
    onError: (error) => errors.push(error.code),
  });
  return { sockets, set, errors, clock };
}

t.test('replace() opens what is new and closes what is gone', async (t) => {
  const { sockets, set } = createSet();
  set.replace('a', [wantedAt(1), wantedAt(2)]);
  await set.settled();
  set.replace('a', [wantedAt(2), wantedAt(3)]);
  await set.settled();
  t.same([...sockets.open].toSorted(), ['TCP/127.96.0.1/2', 'TCP/127.96.0.1/3']);
  await set[Symbol.asyncDispose]();
  t.same([...sockets.open], []);
});

t.test('replace() does not open what nobody could serve', async (t) => {
  const { sockets, set } = createSet();
  set.replace('a', [wantedAt(1, { isServed: false })]);
  await set.settled();
  t.equal(sockets.open.size, 0);
  t.match(set.stateOf('TCP/127.96.0.1/1'), { isOpen: false, error: undefined });
});

t.test('replace() while a listener is being opened ends as was said last', async (t) => {
  const { sockets, set } = createSet();
  set.replace('a', [wantedAt(1)]);
  set.replace('a', []);
  await set.settled();
  t.equal(sockets.open.size, 0);
  t.equal(set.stateOf('TCP/127.96.0.1/1'), undefined);
  set.replace('a', [wantedAt(1)]);
  set.replace('a', []);
  set.replace('a', [wantedAt(1)]);
  await set.settled();
  t.equal(sockets.open.size, 1);
});

t.test('replace() lets a second owner wait and take over without closing', async (t) => {
  const { sockets, set } = createSet();
  set.replace('a', [wantedAt(1)]);
  set.replace('b', [wantedAt(1, { via: 'hostPort' })]);
  await set.settled();
  const current = sockets.current.get('TCP/127.96.0.1/1');
  t.equal(current?.()?.via, 'clusterIP');
  set.replace('a', []);
  t.equal(current?.()?.via, 'hostPort');
  t.equal(sockets.open.size, 1);
});

const standIns = [
  { name: 'the usual one', ports: [80], of: 80, standIn: 8080 },
  {
    name: 'another one where a neighbour has the usual one',
    ports: [80, 8080],
    of: 80,
    standIn: 20_080,
  },
  { name: 'the one of the general rule', ports: [22], of: 22, standIn: 20_022 },
  { name: 'none for a port that needs no privilege', ports: [8080], of: 8080, standIn: undefined },
] as const;
for (const { name, ports, of, standIn } of standIns) {
  t.test(`replace() gives a refused port ${name}`, async (t) => {
    const { sockets, set } = createSet();
    sockets.isPrivileged = false;
    set.replace(
      'a',
      ports.map((port) => wantedAt(port)),
    );
    await set.settled();
    t.equal(sockets.standIns.get(`TCP/127.96.0.1/${of}`), standIn);
    t.equal(set.stateOf(`TCP/127.96.0.1/${of}`)?.port, standIn ?? of);
  });
}

t.test('failures() tells what could not be opened, and trying again clears it', async (t) => {
  const { sockets, set, errors } = createSet();
  sockets.failing = 'TCP/127.96.0.1/1';
  set.replace('a', [wantedAt(1), wantedAt(2)]);
  await set.settled();
  t.match(set.failures(), [{ error: { code: 'ERR_ADDRESS_IN_USE' }, wanted: { port: 1 } }]);
  set.replace('a', [wantedAt(1), wantedAt(2)]);
  await set.settled();
  t.same(errors, ['ERR_ADDRESS_IN_USE'], 'said once');
  sockets.failing = undefined;
  set.replace('a', [wantedAt(1), wantedAt(2)]);
  await set.settled();
  t.same(set.failures(), []);
  t.equal(sockets.open.size, 2);
});

t.test('stateOf() a reserved port is what its holder bound', async (t) => {
  const { sockets, set } = createSet(new Map([['TCP/127.96.0.1/53', 10_053]]));
  set.replace('a', [wantedAt(53)]);
  await set.settled();
  t.equal(sockets.open.size, 0);
  t.same(set.stateOf('TCP/127.96.0.1/53'), { port: 10_053, isOpen: true, error: undefined });
});

t.test('a listener that found no file descriptor is tried again until it has one', async (t) => {
  const { sockets, set, errors, clock } = createSet();
  sockets.failing = wantedAt(1).key;
  sockets.code = 'ERR_TOO_MANY_OPEN_FILES';
  set.replace('a', [wantedAt(1), wantedAt(2)]);
  await set.settled();
  clock.advance(1000);
  await set.settled();
  t.same(errors, ['ERR_TOO_MANY_OPEN_FILES'], 'told once');
  sockets.failing = undefined;
  clock.advance(1000);
  await set.settled();
  t.same(sockets.open, new Set([wantedAt(1).key, wantedAt(2).key]));
  t.equal(clock.pendingTimers, 0);
});
