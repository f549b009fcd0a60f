import t from 'tap';
import { createPodGarbageCollector } from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

const bench = (): Bench => createBench({ controllers: [createPodGarbageCollector()] });

const podOn = (nodeName: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a' },
  spec: { nodeName, terminationGracePeriodSeconds: 30, containers: [{ name: 'c', image: 'c' }] },
});

t.test('createPodGarbageCollector() removes the Pods of a Node that goes', async (t) => {
  await using on = bench();
  await on.apply(podOn('n1'));
  on.clock.advance(60_000);
  await on.settled();
  t.equal(on.list('Pod').length, 1);
  on.store.delete({ kind: 'Node', name: 'n1' });
  await on.settled();
  on.clock.advance(39_000);
  await on.settled();
  t.equal(on.list('Pod').length, 1, 'it may come back');
  on.clock.advance(1_000);
  await on.settled();
  t.equal(on.list('Pod').length, 0);
});

t.test('createPodGarbageCollector() leaves the Pods of a Node that comes back', async (t) => {
  await using on = bench();
  const n1 = on.store.get('Node', undefined, 'n1');
  await on.apply(podOn('n1'));
  on.store.delete({ kind: 'Node', name: 'n1' });
  await on.settled();
  on.clock.advance(30_000);
  on.store.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: n1?.metadata.name ?? '' } });
  await on.settled();
  on.clock.advance(60_000);
  on.store.delete({ kind: 'Node', name: 'n1' });
  await on.settled();
  t.equal(on.list('Pod').length, 1, 'the time begins anew');
});

t.test('createPodGarbageCollector() waits a while for the Node of a new Pod', async (t) => {
  await using on = bench();
  await on.apply(podOn('n9'));
  on.clock.advance(39_000);
  await on.settled();
  t.equal(on.list('Pod').length, 1);
  on.clock.advance(1_000);
  await on.settled();
  t.equal(on.list('Pod').length, 0);
});
