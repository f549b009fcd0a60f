/** Finished answers go with the changes that they depend on, and with no others. */
import { createSeededRandom } from '../../src/cluster/seeded-random.ts';
import t from 'tap';
import type { Store } from '../../src/api/index.ts';
import {
  createQuery,
  encodeAnswer,
  encodeMessage,
  TYPE,
  type Client,
  type ClusterDns,
} from '../../src/dns/index.ts';
import { cellOf, createRevision, shareRevision } from '../../src/dns/revision.ts';
import { loadDns } from './corefile-world.ts';
import { FLAGS, messageWith } from './wire/messages.ts';
import { createZoneStore, service, slice } from './zone.ts';

const CLIENT: Client = { address: '127.0.0.1', port: 5353, transport: 'udp' };
const COREFILE = `. {
  kubernetes cluster.local in-addr.arpa {
    pods verified
  }
}`;
const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];

t.test('createRevision() counts parts apart, in memory that others share', async (t) => {
  const revision = createRevision();
  const other = shareRevision(revision.memory);
  const [web, db] = [cellOf('shop/web'), cellOf('shop/db')];
  t.not(web, db);
  revision.advance('shop/web');
  t.same([other.current, other.changesOf(cellOf(undefined))], [0, 1]);
  t.same([other.changesOf(web), other.changesOf(db)], [1, 0]);
  other.advance();
  t.same([revision.current, revision.changesOf(web)], [1, 1]);
});

function bytesOf(name: string, type: number): Buffer {
  const flags = { ...FLAGS, isResponse: false, isAuthoritative: false };
  return encodeMessage(messageWith([], { flags, questions: [{ name, type, class: 1 }] }));
}

/** Whether the answer is finished, after it was asked for `before`. */
async function isKept(dns: ClusterDns, name: string): Promise<boolean> {
  return dns.finished(bytesOf(name, TYPE.A), 'udp') !== undefined;
}

t.test('createClusterDns() keeps the answers of Services that did not change', async (t) => {
  const store = createZoneStore();
  for (const name of ['web', 'db']) {
    store.create(service(name, { clusterIP: 'None', clusterIPs: ['None'], ports }));
    store.create(slice(name, ['one=10.244.0.1']));
  }
  await using dns = await loadDns(COREFILE, { store });
  const names = ['web.shop.svc.', 'one.web.shop.svc.', 'db.shop.svc.', 'no.shop.svc.'].map(
    (name) => `${name}cluster.local.`,
  );
  const ask = async (): Promise<void> => {
    for (const name of names) await dns.answerBytes(bytesOf(name, TYPE.A), CLIENT);
  };
  const kept = (): Promise<readonly boolean[]> =>
    Promise.all(names.map((name) => isKept(dns, name)));
  await ask();
  t.same(await kept(), [true, true, true, true]);
  store.update(slice('web', ['one=10.244.0.2']));
  // The serial of what is not there rises with any change.
  t.same(await kept(), [false, false, true, false]);
  await ask();
  t.same(await kept(), [true, true, true, true]);
  store.update({
    ...service('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [] }),
  });
  t.same(await kept(), [true, true, false, false]);
});

const SERVICES = ['web', 'db', 'api'] as const;
const QUESTIONS: readonly (readonly [name: string, type: number])[] = [
  ...SERVICES.flatMap((name): readonly (readonly [string, number])[] => [
    [`${name}.shop.svc.cluster.local.`, TYPE.A],
    [`${name}.shop.svc.cluster.local.`, TYPE.AAAA],
    [`${name}.shop.svc.cluster.local.`, TYPE.SRV],
    [`_http._tcp.${name}.shop.svc.cluster.local.`, TYPE.SRV],
    [`one.${name}.shop.svc.cluster.local.`, TYPE.A],
  ]),
  ['1.0.244.10.in-addr.arpa.', TYPE.PTR],
  ['7.0.96.10.in-addr.arpa.', TYPE.PTR],
  ['10-244-0-1.shop.pod.cluster.local.', TYPE.A],
  ['shop.svc.cluster.local.', TYPE.A],
];

/** Creates, changes or deletes one thing. */
function change(store: Store, random: () => number): void {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T; // not empty
  const name = pick(SERVICES);
  const spec = pick([
    { clusterIP: 'None', clusterIPs: ['None'], ports },
    { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports },
    { type: 'ExternalName', externalName: `${pick(SERVICES)}.shop.svc.cluster.local` },
  ]);
  const object = pick([
    () => service(name, spec),
    () => slice(name, [`one=10.244.0.${pick([1, 2, 3])}`]),
    () => ({ ...slice(name, [`10.244.0.${pick([1, 2])}`]), metadata: labelled(name, pick) }),
    () => pod(pick(['10.244.0.1', '10.244.0.2'])),
  ])();
  const { kind, metadata } = object;
  const { namespace = 'shop' } = metadata;
  const isThere = store.get<string>(kind, namespace, metadata.name) !== undefined;
  if (isThere && random() < 0.3) store.delete({ kind, namespace, name: metadata.name });
  else if (isThere) store.update(object);
  else store.create(object);
}

/** A slice that goes from one Service to another. */
function labelled(
  name: string,
  pick: <T>(from: readonly T[]) => T,
): ReturnType<typeof slice>['metadata'] {
  const labels = { 'kubernetes.io/service-name': pick([name, 'web', 'api']) };
  return { name: 'wandering', namespace: 'shop', labels };
}

function pod(podIP: string): ReturnType<typeof slice> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one', namespace: 'shop' },
    spec: { containers: [{ name: 'main', image: 'example.org/app' }] },
    status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] },
  };
}

t.test('createClusterDns() answers from what it kept as from what there is', async (t) => {
  for (const seed of [1, 2, 3]) {
    const random = createSeededRandom(seed);
    const store = createZoneStore();
    await using dns = await loadDns(COREFILE, { store });
    for (let round = 0; round < 100; round += 1) {
      change(store, random);
      for (const [name, type] of QUESTIONS) {
        const reply = await dns.answerBytes(bytesOf(name, type), CLIENT);
        const query = createQuery(name, type, { client: CLIENT });
        const answer = await dns.resolve(query);
        const expected = answer && encodeAnswer(query, answer);
        // But for the id.
        if (reply?.toString('hex', 2) !== expected?.toString('hex', 2))
          t.fail(`seed ${seed}, round ${round}: ${name} ${type}`);
      }
    }
  }
  t.pass();
});
