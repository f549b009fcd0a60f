/** Somebody's `while true; do curl …; done` at the guestbook, while the cluster changes under it. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { KubeObject, Pod } from '../../src/api/index.ts';
import { client, lacks, reachOf, type Place } from '../harness/clients.ts';
import { createFolder, ROOT, startInProcess, type InProcess } from '../harness/instance.ts';
import { claimRanges } from '../harness/ranges.ts';

/** So many answers miss one of five Pods once in a million times. */
const ENOUGH = 70;
/** @see curl(1), exit codes */
const REFUSED = 'exit 7';
const ranges = await claimRanges();

/** Asks again and again, as a shell's loop does. */
class CurlLoop implements AsyncDisposable {
  readonly #url: string;
  readonly #listeners = new Set<(answer: string) => void>();
  readonly #ended: Promise<void>;
  #isStopped = false;
  #begun = 0;

  constructor({ address, port }: Place) {
    this.#url = `http://${address}:${port}/`;
    this.#ended = this.#run();
  }

  /** The Pods that answer from now on, or how curl failed; the request under way does not count. */
  async next(count: number): Promise<ReadonlySet<string>> {
    const first = this.#begun;
    const { promise, resolve } = Promise.withResolvers<void>();
    const answers: string[] = [];
    const listen = (answer: string): void => {
      if (this.#begun > first) answers.push(answer);
      if (answers.length === count) resolve();
    };
    this.#listeners.add(listen);
    await promise;
    this.#listeners.delete(listen);
    return new Set(answers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#begun += 1;
      const { code, stdout } = await client('curl', ['-sS', '--max-time', '20', this.#url]);
      const answer = code === 0 ? (JSON.parse(stdout) as { pod: string }).pod : `exit ${code}`; // the echo workload's
      for (const listener of this.#listeners) listener(answer);
    }
  }
}

function webPods({ cluster }: InProcess): readonly Pod[] {
  return cluster.store
    .list('Pod', { namespace: 'default', labelSelector: 'app=guestbook,tier=frontend' })
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

async function update(
  { cluster }: InProcess,
  [kind, name]: readonly [kind: string, name: string],
  change: (object: KubeObject) => object,
): Promise<void> {
  const object = cluster.store.get<string>(kind, 'default', name);
  if (object === undefined) throw new Error(`no ${kind} ${name}`);
  cluster.store.update(change(object) as KubeObject); // of the same kind
  await cluster.settled();
}

const withSpec =
  (fields: object) =>
  (object: KubeObject): object => ({
    ...object,
    spec: { ...(object['spec'] as object), ...fields },
  });

const withAnnotations =
  (annotations: object) =>
  (object: KubeObject): object => ({ ...object, metadata: { ...object.metadata, annotations } });

async function startGuestbook(): Promise<InProcess> {
  using folder = createFolder();
  for (const file of globSync('*.yaml', { cwd: join(ROOT, 'fixtures/guestbook') })) {
    const text = readFileSync(join(ROOT, 'fixtures/guestbook', file), 'utf8');
    folder.write(file, text.replaceAll('30080', String(ranges.firstNodePort)));
  }
  return await startInProcess({ ranges, paths: [folder.path], dnsUpstream: 'off' });
}

t.test('a curl loop follows the cluster', { skip: lacks('curl') }, async (t) => {
  await using guestbook = await startGuestbook();
  const names = (): ReadonlySet<string> =>
    new Set(webPods(guestbook).map(({ metadata }) => metadata.name));
  await using loop = new CurlLoop(reachOf(guestbook.status(), 'web'));

  t.equal(names().size, 3);
  t.same(await loop.next(ENOUGH), names(), 'it spreads over all Pods');

  await update(guestbook, ['Deployment', 'web'], withSpec({ replicas: 5 }));
  t.equal(names().size, 5);
  t.same(await loop.next(ENOUGH), names(), 'and over new ones');

  await update(guestbook, ['Deployment', 'web'], withSpec({ replicas: 2 }));
  t.equal(names().size, 2);
  t.same(await loop.next(ENOUGH), names(), 'those that go get nothing more');

  const [unready = '', ready = ''] = names();
  await update(guestbook, ['Pod', unready], withAnnotations({ 'podlane.dev/ready': 'false' }));
  t.same(await loop.next(ENOUGH), new Set([ready]), 'nor does one that is not ready');
  await update(guestbook, ['Pod', unready], withAnnotations({}));
  t.same(await loop.next(ENOUGH), names(), 'until it is again');

  await update(guestbook, ['Service', 'web'], withSpec({ sessionAffinity: 'ClientIP' }));
  const sticky = await loop.next(ENOUGH);
  t.equal(sticky.size, 1, 'with affinity it stays at one');
  await update(
    guestbook,
    ['Pod', [...sticky][0] ?? ''],
    withAnnotations({ 'podlane.dev/ready': 'false' }),
  );
  const other = await loop.next(ENOUGH);
  t.equal(other.size, 1, 'while that is ready');
  t.notSame(other, sticky);
  const none = { sessionAffinity: 'None', sessionAffinityConfig: undefined };
  await update(guestbook, ['Service', 'web'], withSpec(none));
  await update(guestbook, ['Pod', [...sticky][0] ?? ''], withAnnotations({}));
  t.same(await loop.next(ENOUGH), names(), 'and goes anywhere without');

  const { store } = guestbook.cluster;
  store.delete({ kind: 'Deployment', namespace: 'default', name: 'web' });
  await guestbook.cluster.settled();
  t.same(await loop.next(5), new Set([REFUSED]), 'nobody is left');
  store.delete({ kind: 'Service', namespace: 'default', name: 'web' });
  await guestbook.cluster.settled();
  t.same(await loop.next(5), new Set([REFUSED]), 'nor the Service');
});
