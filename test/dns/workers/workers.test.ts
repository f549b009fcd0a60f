/** Datagrams that several threads answer, over real sockets. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import t from 'tap';
import {
  decodeMessage,
  encodeMessage,
  formatRdata,
  rcodeName,
  serveDns,
  TYPE,
  type ClusterDns,
  type DnsServer,
  type MayAsk,
} from '../../../src/dns/index.ts';
import {
  createFakeClock,
  SYSTEM_CLOCK,
  type Clock,
  type Logger,
} from '../../../src/observe/index.ts';
import type { Reply } from '../../../src/dns/workers/messages.ts';
import { createDns, WEB, type CorefileWorld } from '../corefile-world.ts';
import { FLAGS, messageWith } from '../wire/messages.ts';
import { createZoneStore, service, slice } from '../zone.ts';

/** Enough that the OS spreads them over all threads. */
const CLIENTS = 40;
const KUBERNETES = '. {\n kubernetes cluster.local {\n ttl 30\n }\n}';

interface World extends AsyncDisposable {
  readonly dns: ClusterDns;
  readonly server: DnsServer;
  readonly sockets: readonly Socket[];
  /** Warnings and errors. */
  readonly logged: readonly string[];
  /** How many queries other threads answered from what they hold. */
  readonly answeredThere: () => number;
}

interface WorldOptions extends CorefileWorld {
  readonly count?: number;
  readonly serverClock?: Clock;
  readonly mayAsk?: MayAsk;
  /** Where the clients are. @default wherever the OS has them */
  readonly from?: string;
}

async function createWorld(corefile: string, options: WorldOptions = {}): Promise<World> {
  const { count = 3, serverClock = SYSTEM_CLOCK, mayAsk, from, ...given } = options;
  const stack = new AsyncDisposableStack();
  const dns = stack.use(createDns(given));
  await dns.load({ file: 'Corefile', text: corefile });
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  const log: Logger = { debug: () => {}, info: () => {}, warn: note, error: note };
  const { answerBytes, finished, revision } = dns;
  const server = stack.use(
    await serveDns({
      addresses: [{ address: '127.0.0.1', port: 0 }],
      answerBytes,
      workers: { count, finished, revision },
      ...(mayAsk === undefined ? {} : { mayAsk }),
      log,
      clock: serverClock,
    }),
  );
  let answeredThere = 0;
  for (const thread of server.threads)
    thread.on('message', ({ answered }: { answered?: readonly unknown[] }) => {
      answeredThere += answered?.length ?? 0;
    });
  const sockets = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const socket = createSocket('udp4');
      if (from !== undefined) socket.bind(0, from);
      socket.connect(server.addresses[0]?.port ?? 0, '127.0.0.1');
      await once(socket, 'connect');
      stack.defer(() => void socket.close());
      return socket;
    }),
  );
  return {
    dns,
    server,
    sockets,
    logged,
    answeredThere: () => answeredThere,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function queryFor(name: string, id: number): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  const questions = [{ name, type: TYPE.A, class: 1 }];
  return encodeMessage(messageWith([], { id, flags, questions }));
}

/** `RCODE data…`, id and spelling checked. */
async function ask(socket: Socket, name: string, id: number): Promise<string> {
  socket.send(queryFor(name, id));
  const [datagram] = (await once(socket, 'message')) as [Buffer];
  const message = decodeMessage(datagram);
  if (message.id !== id) throw new Error(`${message.id} is not ${id}`);
  if (message.questions[0]?.name !== name) throw new Error(`${name} is spelt otherwise`);
  return [
    rcodeName(message.flags.rcode),
    ...message.answers.map(({ rdata }) => formatRdata(rdata)),
  ].join(' ');
}

/** What the clients hear, each answer once. */
async function askAll({ sockets }: World, name: string): Promise<readonly string[]> {
  const answers = await Promise.all(
    sockets.map((socket, index) => ask(socket, name, 1000 + index)),
  );
  return [...new Set(answers)];
}

t.test('serveDns() answers in all its threads alike', async (t) => {
  await using world = await createWorld(`. {\n prometheus :0\n kubernetes cluster.local\n}`);
  t.equal(world.server.threads.length, 2);
  for (const name of [WEB, WEB, 'WEB.shop.svc.cluster.local.', WEB])
    t.same(await askAll(world, name), ['NOERROR 10.96.0.7']);
  t.same(await askAll(world, 'no.shop.svc.cluster.local.'), ['NXDOMAIN']);
  t.ok(world.answeredThere() > 0, 'some of it elsewhere');
});

t.test('serveDns() tells every thread of a change at once', async (t) => {
  const store = createZoneStore();
  store.create(service('peers', { clusterIP: 'None', clusterIPs: ['None'], ports: [] }));
  store.create(slice('peers', ['10.244.0.1']));
  await using world = await createWorld(KUBERNETES, { store });
  const name = 'peers.shop.svc.cluster.local.';
  t.same(await askAll(world, name), ['NOERROR 10.244.0.1']);
  for (let round = 2; round < 10; round += 1) {
    store.update(slice('peers', [`10.244.0.${round}`]));
    t.same(await askAll(world, name), [`NOERROR 10.244.0.${round}`]);
    t.same(await askAll(world, name), [`NOERROR 10.244.0.${round}`]);
  }
});

t.test('serveDns() answers by a new Corefile in every thread', async (t) => {
  await using world = await createWorld(KUBERNETES);
  t.same(await askAll(world, WEB), ['NOERROR 10.96.0.7']);
  const text = `. {\n hosts {\n 192.0.2.1 web.shop.svc.cluster.local\n }\n}`;
  await world.dns.load({ file: 'Corefile', text });
  t.same(await askAll(world, WEB), ['NOERROR 192.0.2.1']);
});

t.test(
  'serveDns() shows plugins each query, and its client, whichever thread it came to',
  async (t) => {
    const lines: string[] = [];
    const total = CLIENTS * 3;
    const { promise: hasAll, resolve } = Promise.withResolvers<void>();
    const print = (line: string): void => {
      if (lines.push(line) === total) resolve();
    };
    await using world = await createWorld(
      `. {\n prometheus :0\n log . "{port} {>id} {name}"\n kubernetes cluster.local\n}`,
      { print },
    );
    for (let round = 0; round < 3; round += 1) await askAll(world, WEB);
    await hasAll;
    const expected = world.sockets.flatMap((socket, index) =>
      Array.from({ length: 3 }, () => `[INFO] ${socket.address().port} ${1000 + index} ${WEB}`),
    );
    t.same(lines.toSorted(), expected.toSorted());
    const requests = world.dns.metrics
      .snapshot()
      .find(({ name }) => name === 'coredns_dns_requests_total');
    t.equal(
      requests?.values.reduce((sum, { value }) => sum + value, 0),
      total,
    );
  },
);

t.test('serveDns() asks the main thread for answers that are for one client', async (t) => {
  await using world = await createWorld(
    '. {\n acl {\n drop type A net 192.0.2.0/24\n }\n whoami\n}',
  );
  const ports = await Promise.all(
    world.sockets.map(async (socket) => {
      socket.send(queryFor('example.org.', 1));
      const [datagram] = (await once(socket, 'message')) as [Buffer];
      const [, place] = decodeMessage(datagram).additional;
      const told = place?.rdata.kind === 'srv' ? place.rdata.port : undefined;
      return told === socket.address().port;
    }),
  );
  t.same(new Set(ports), new Set([true]));
});

/** What the main thread says to a thread from now on. */
function listenToReplies(thread: Worker): readonly Reply[] {
  const told: Reply[] = [];
  const post = thread.postMessage.bind(thread);
  thread.postMessage = (replies: readonly Reply[]) => {
    told.push(...replies);
    post(replies);
  };
  return told;
}

t.test('serveDns() lets threads keep nothing for clients whom policies may bind', async (t) => {
  let asked = 0;
  const mayAsk: MayAsk = () => {
    asked += 1;
    return true;
  };
  const corefile = `. {\n prometheus :0\n kubernetes cluster.local\n}`;
  await using world = await createWorld(corefile, { mayAsk, from: '127.0.0.7' });
  const told = world.server.threads.map(listenToReplies);
  for (let round = 0; round < 3; round += 1)
    t.same(await askAll(world, WEB), ['NOERROR 10.96.0.7']);
  t.equal(asked, 3 * CLIENTS);
  const replies = told.flat();
  t.ok(replies.length > 0, 'some of it elsewhere');
  t.same(
    replies.filter(({ finished }) => finished !== undefined),
    [],
  );
});

t.test('serveDns() is silent to those who may not ask, in every thread', async (t) => {
  const denied = new Set<number>();
  const { promise: haveAllAsked, resolve } = Promise.withResolvers<void>();
  const refused = new Set<number>();
  const mayAsk: MayAsk = ({ port }) => {
    if (!denied.has(port)) return true;
    if (refused.add(port).size === denied.size) resolve();
    return false;
  };
  await using world = await createWorld(KUBERNETES, { mayAsk, from: '127.0.0.7' });
  t.same(await askAll(world, WEB), ['NOERROR 10.96.0.7']);
  const [some, others] = [world.sockets.slice(0, CLIENTS / 2), world.sockets.slice(CLIENTS / 2)];
  for (const socket of some) denied.add(socket.address().port);
  for (const socket of some) {
    socket.on('message', () => t.fail('an answer'));
    socket.send(queryFor(WEB, 7));
  }
  await haveAllAsked;
  // Whatever went out before the answers to these is here.
  t.same(await askAll({ ...world, sockets: others }, WEB), ['NOERROR 10.96.0.7']);
});

t.test('serveDns() puts another thread in the place of one that ended', async (t) => {
  const clock = createFakeClock();
  await using world = await createWorld(KUBERNETES, { count: 2, serverClock: clock });
  const [thread] = world.server.threads;
  await thread?.terminate();
  t.same(world.server.threads, []);
  t.same(world.logged, ['thread ended, another takes its place']);
  t.same(await askAll(world, WEB), ['NOERROR 10.96.0.7'], 'others take its clients');
  clock.advance(1000);
  const [next] = world.server.threads;
  t.not(next, undefined);
  if (next !== undefined) await once(next, 'message');
  t.same(await askAll(world, WEB), ['NOERROR 10.96.0.7']);
});

t.test('serveDns() closes its threads', async (t) => {
  const world = await createWorld(KUBERNETES);
  const { server } = world;
  await world[Symbol.asyncDispose]();
  t.same(server.threads, []);
  t.same(world.logged, []);
  const socket = createSocket('udp4');
  socket.bind({ port: server.addresses[0]?.port ?? 0, address: '127.0.0.1', exclusive: true });
  await once(socket, 'listening');
  socket.close();
});
