import t from 'tap';
import {
  createGarbageCollector,
  createNodeLeaseController,
} from '../../../src/controllers/index.ts';
import { createBench, type Bench } from '../harness.ts';

const KIND = 'Lease.coordination.k8s.io';

const bench = (namespaces: readonly string[] = ['kube-node-lease']): Bench =>
  createBench({ controllers: [createNodeLeaseController(), createGarbageCollector()], namespaces });

const leases = (on: Bench): readonly string[] =>
  on.store.list<string>(KIND).map(({ metadata }) => metadata.name);

const renewTime = (on: Bench): unknown =>
  (on.store.get<string>(KIND, 'kube-node-lease', 'n1')?.['spec'] as { renewTime?: string })
    ?.renewTime;

const pass = async (on: Bench, ms: number): Promise<void> => {
  on.clock.advance(ms);
  await on.settled();
};

t.test(
  'createNodeLeaseController() gives each Node a Lease, but not while all starts',
  async (t) => {
    await using on = bench();
    await on.settled();
    t.same(leases(on), []);
    await pass(on, 5_000);
    t.same(leases(on), ['n1', 'n2', 'n3']);
    t.match(on.store.get<string>(KIND, 'kube-node-lease', 'n1'), {
      metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1' }] },
      spec: {
        holderIdentity: 'n1',
        leaseDurationSeconds: 40,
        renewTime: '2026-01-01T00:00:05.000000Z',
      },
    });
  },
);

t.test('createNodeLeaseController() renews before 40 seconds are over, and seldom', async (t) => {
  await using on = bench();
  await on.settled();
  await pass(on, 5_000);
  const { revision } = on.store;
  await pass(on, 29_000);
  t.equal(on.store.revision, revision, 'nothing is written');
  await pass(on, 1_000);
  t.equal(on.store.revision, revision + 3);
  t.equal(renewTime(on), '2026-01-01T00:00:35.000000Z');
});

t.test(
  'createNodeLeaseController() lets the Lease of a Node run out that is not ready',
  async (t) => {
    await using on = bench();
    await on.settled();
    await pass(on, 5_000);
    const n1 = on.store.get('Node', undefined, 'n1');
    if (n1 === undefined) throw new Error('no Node');
    const conditions = [{ type: 'Ready', status: 'Unknown' }];
    on.store.update({ ...n1, status: { ...n1.status, conditions } }, { subresource: 'status' });
    await pass(on, 60_000);
    t.equal(renewTime(on), '2026-01-01T00:00:05.000000Z');
  },
);

t.test('createNodeLeaseController() holds no Lease of a Node that is gone', async (t) => {
  await using on = bench();
  await on.settled();
  await pass(on, 5_000);
  on.store.delete({ kind: 'Node', name: 'n2' });
  await pass(on, 60_000);
  t.same(leases(on), ['n1', 'n3']);
});

t.test('createNodeLeaseController() does without where the Namespace is not there', async (t) => {
  await using on = bench([]);
  await on.settled();
  await pass(on, 60_000);
  t.same(leases(on), []);
});
