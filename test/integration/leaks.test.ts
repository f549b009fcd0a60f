/** Ups and downs leave nothing behind: no socket, no file, no timer, no memory that grows. */
import { readdirSync, readlinkSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t, { type Test } from 'tap';
import { ManifestError, PodlaneError } from '../../src/index.ts';
import { digShort, doorOf, get, lacks, podAt, reachOf } from '../harness/clients.ts';
import { createFolder, startInProcess } from '../harness/instance.ts';
import { app, manifest } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const ranges = await claimRanges();
const ROUNDS = 200;
const WARM_UP = 5;

const folder = createFolder({
  'all.yaml': manifest(
    app('web', {
      replicas: 2,
      service: { type: 'NodePort' },
      pod: {
        containers: [
          {
            name: 'main',
            image: 'example.org/app:1',
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
          },
        ],
      },
    }),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web' },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    },
  ),
  'bad/bad.yaml': manifest(app('bad', { service: { ports: [{ port: 0 }] } })),
});
t.teardown(() => folder[Symbol.dispose]());

interface Held {
  /** What keeps the process alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** Open descriptors, by what they are: sockets, pipes, files. */
  readonly descriptors: Readonly<Record<string, number>>;
}

function count(items: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

/** Linux alone tells its descriptors. */
function descriptors(): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith('/proc/') ? [] : [target.replace(/:?\[.*\]/, '')];
    } catch {
      return []; // the descriptor of the listing itself
    }
  });
}

/** What is held once everything that was closed has had its turn. */
async function held(): Promise<Held> {
  for (let turn = 0; turn < 10; turn += 1)
    await new Promise<void>((resolve) => setImmediate(resolve));
  // The loop's own turn, and timers of the test itself.
  const passing = new Set(['Immediate', 'Timeout']);
  const all = process.getActiveResourcesInfo();
  const timers = all.filter((resource) => resource === 'Timeout').length;
  return {
    resources: {
      ...count(all.filter((resource) => !passing.has(resource))),
      // Sockets of clients let a timer go a little later than themselves.
      ...(timers > 5 ? { Timeout: timers } : {}),
    },
    descriptors: count(descriptors()),
  };
}

/** What closes takes its turns to close; what leaks never does. */
async function settlesAt(t: Test, before: Held): Promise<void> {
  const deadlineMs = performance.now() + 5000;
  let now = await held();
  while (!isDeepStrictEqual(now, before) && performance.now() < deadlineMs) now = await held();
  t.same(now, before);
}

/** Bytes, without what nobody refers to any more. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void; // what the flag brings
  collect();
  return process.memoryUsage().heapUsed;
}

async function round(use: boolean): Promise<void> {
  await using instance = await startInProcess({
    ranges,
    paths: [`${folder.path}/all.yaml`],
    isFollowing: true,
  });
  if (!use) return;
  const status = instance.status();
  await podAt(reachOf(status, 'web', { via: 'nodePort' }));
  await get(doorOf(status, 'http'));
}

t.test(`${ROUNDS} ups and downs leave nothing open`, async (t) => {
  for (let index = 0; index < WARM_UP; index += 1) await round(true);
  const before = await held();
  const heapBefore = heapInUse();
  // Most rounds are only up and down, so that the test stays short.
  for (let index = 0; index < ROUNDS; index += 1) await round(index % 4 === 0);
  await settlesAt(t, before);
  const grownMB = (heapInUse() - heapBefore) / 2 ** 20;
  t.ok(grownMB < 20, `the heap has grown by ${grownMB.toFixed(0)} MB in ${ROUNDS} rounds`);
});

const FAILURES = [
  {
    name: 'broken manifests',
    options: { paths: [`${folder.path}/bad/bad.yaml`] },
    error: ManifestError,
  },
  {
    name: 'an address that is not there',
    options: { entry: { address: '192.0.2.1', port: 0 } },
    error: PodlaneError,
  },
  {
    name: 'ranges that collide',
    options: { podCIDRs: ['10.96.0.0/12'], serviceCIDRs: ['10.96.0.0/12'] },
    error: PodlaneError,
  },
] as const;
for (const { name, options, error } of FAILURES) {
  t.test(`a start that fails for ${name} leaves nothing open`, async (t) => {
    await t.rejects(startInProcess({ ranges, ...options }), error);
    const before = await held();
    for (let index = 0; index < 10; index += 1)
      await t.rejects(startInProcess({ ranges, ...options }), error);
    await settlesAt(t, before);
  });
}

t.test('connections that clients keep open do not keep an instance from closing', async (t) => {
  const before = await held();
  const { connect } = await import('node:net');
  const { once } = await import('node:events');
  const instance = await startInProcess({ ranges, paths: [`${folder.path}/all.yaml`] });
  const status = instance.status();
  const places = [
    reachOf(status, 'web'),
    doorOf(status, 'http'),
    doorOf(status, 'https'),
    doorOf(status, 'entry'),
    doorOf(status, 'dns'),
  ];
  const sockets = places.map(({ address, port }) => connect(port, address));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  // Half of a request is on its way.
  for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: x');
  const closed = sockets.map(
    (socket) =>
      new Promise<void>((resolve) => {
        socket.on('error', () => undefined).on('close', () => resolve());
        socket.resume();
      }),
  );
  await instance[Symbol.asyncDispose]();
  await Promise.all(closed);
  await settlesAt(t, before);
});

t.test(
  'what was asked before the end is answered or refused, never left',
  { skip: lacks('dig') },
  async (t) => {
    const instance = await startInProcess({ ranges, paths: [`${folder.path}/all.yaml`] });
    const status = instance.status();
    const place = reachOf(status, 'web');
    const answers = Array.from({ length: 20 }, () =>
      get(place).then(
        ({ status: code }) => code === 200,
        () => true,
      ),
    );
    const names = digShort(doorOf(status, 'dns'), 'web.default.svc.cluster.local');
    await names;
    await instance[Symbol.asyncDispose]();
    t.same(new Set(await Promise.all(answers)), new Set([true]));
  },
);
