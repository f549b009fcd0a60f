/** The cluster as a library: who calls, what names mean, what is explained, without a socket of a Service. */
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { nodeCaller, podCaller } from '../../src/cluster/caller.ts';
import { explain } from '../../src/cluster/explain.ts';
import { createListing } from '../../src/cluster/listing.ts';
import { createCluster, startInstance } from '../../src/index.ts';
import { createFolder, startInProcess, type InProcess } from '../harness/instance.ts';
import { app, deployment, manifest, service } from '../harness/manifests.ts';

const STATEFUL = {
  ...deployment('db', { replicas: 2, namespace: 'shop', deployment: { serviceName: 'db' } }),
  kind: 'StatefulSet',
};

async function up(t: Test): Promise<InProcess> {
  const folder = createFolder({
    'all.yaml': manifest(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      app('web', { replicas: 2 }),
      app('api', { namespace: 'shop' }),
      STATEFUL,
      service('db', { namespace: 'shop' }),
      app('stuck', { pod: { nodeSelector: { no: 'such' } } }),
    ),
  });
  t.teardown(() => folder[Symbol.dispose]());
  return startInProcess({ paths: [folder.path] });
}

const CALLERS = [
  { text: 'shop/db-1', namespace: undefined, is: /^shop\/db-1$/ },
  { text: 'db-1', namespace: 'shop', is: /^shop\/db-1$/ },
  { text: 'pod/db-0', namespace: 'shop', is: /^shop\/db-0$/ },
  { text: 'shop/pod/db-0', namespace: undefined, is: /^shop\/db-0$/ },
  { text: 'deploy/web', namespace: undefined, is: /^default\/web-/ },
  { text: 'web', namespace: undefined, is: /^default\/web-/ },
  { text: 'default/web', namespace: 'shop', is: /^default\/web-/ },
  { text: 'shop/deployment/api', namespace: undefined, is: /^shop\/api-/ },
  { text: 'sts/db', namespace: 'shop', is: /^shop\/db-\d$/ },
] as const;

t.test('podCaller() finds the Pod that is meant', async (t) => {
  await using instance = await up(t);
  const { store } = instance.cluster;
  for (const { text: name, namespace, is } of CALLERS) {
    const caller = podCaller(store, name, namespace);
    t.match(caller.text, is, name);
    t.match(caller.addresses, [/^10\.244\./], name);
  }
  for (const name of ['nosuch', 'shop/nosuch', 'deploy/nosuch', 'svc/web', '', '/', 'a/b/c/d'])
    t.throws(() => podCaller(store, name), { code: 'ERR_NO_SUCH_POD' }, name);
  t.throws(() => podCaller(store, 'deploy/stuck'), {
    code: 'ERR_NO_SUCH_POD',
    message: /has no address yet/,
  });
  t.match(nodeCaller(instance.cluster.view), { text: 'node-1', addresses: ['10.0.0.11'] });
});

t.test('createCluster() tells of a Pod in the order in which things happen', async (t) => {
  await using instance = await up(t);
  const { store, controllers } = instance.cluster;
  await controllers.idle();
  const told = store
    .list('Event', { namespace: 'shop' })
    .filter(({ involvedObject }) => involvedObject.name === 'db-0')
    .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  t.same(
    told.map(({ reason }) => reason),
    ['Scheduled', 'Pulled', 'Created', 'Started'],
  );
});

t.test('createCluster() has a default class before claims come that name none', async (t) => {
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const stateful = deployment('db', {
    replicas: 2,
    namespace: 'shop',
    deployment: { serviceName: 'db', volumeClaimTemplates: [claim] },
  });
  using folder = createFolder({
    'all.yaml': manifest(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      { ...stateful, kind: 'StatefulSet' },
      service('db', { namespace: 'shop' }),
    ),
  });
  await using instance = await startInProcess({ paths: [folder.path] });
  const { store } = instance.cluster;
  const claims = store.list('PersistentVolumeClaim');
  t.same(
    claims.map(({ spec, status }) => [spec?.storageClassName, status?.phase]),
    Array.from({ length: 2 }, () => ['standard', 'Bound']),
  );
  const phases = store.list('Pod', { namespace: 'shop' }).map(({ status }) => status?.phase);
  t.same(phases, ['Running', 'Running']);
});

t.test('createCluster() leaves its class of storage out for one of that name', async (t) => {
  using folder = createFolder({
    'all.yaml': manifest({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard' },
      provisioner: 'ebs.csi.aws.com',
    }),
  });
  await using instance = await startInProcess({ paths: [folder.path] });
  const found = instance.cluster.store.list<string>('StorageClass.storage.k8s.io');
  t.match(found, [{ metadata: { name: 'standard' }, provisioner: 'ebs.csi.aws.com' }]);
  t.same(found[0]?.metadata.annotations ?? {}, {}, 'and makes it not the default one');
});

const EXPLAINED = [
  { from: 'deploy/web', to: 'http://web', verdict: 'answered' },
  { from: 'deploy/web', to: 'http://api.shop', verdict: 'answered' },
  { from: 'deploy/web', to: 'api.shop:80', verdict: 'answered' },
  { from: 'shop/deploy/api', to: 'http://db-1.db:8080', verdict: 'answered' },
  { from: undefined, to: 'http://web', verdict: 'answered' },
  { from: 'deploy/web', to: 'http://api', verdict: 'unresolved' },
  { from: 'deploy/web', to: 'http://web:81', verdict: 'refused' },
  { from: 'deploy/web', to: 'http://stuck', verdict: 'refused' },
  { from: 'deploy/web', to: 'http://10.244.200.200:80', verdict: 'unreachable' },
  { from: 'shop/deploy/api', to: 'db-0.db:1', verdict: 'refused' },
] as const;

t.test('explain() tells what a client would see', async (t) => {
  await using instance = await up(t);
  for (const { from, to, verdict } of EXPLAINED) {
    const result = await explain(instance.cluster, {
      to,
      namespace: 'default',
      ...(from === undefined ? {} : { from }),
    });
    t.equal(result.verdict, verdict, `${from} -> ${to}: ${result.summary}`);
    t.equal(result.steps.length > 0, true);
    const last = result.steps.at(-1);
    t.equal(last?.outcome, verdict === 'answered' ? 'pass' : 'fail', `${to}: ${last?.what}`);
  }
});

t.test('createListing() names what kubectl names', async (t) => {
  await using instance = await up(t);
  const { store, kinds } = instance.cluster;
  const listing = createListing(store, kinds, () => 0);
  const names = (resource: string, more: object = {}): readonly string[] =>
    listing
      .list({ resource, namespace: 'shop', ...more })
      .flatMap(({ singular, items }) =>
        items.map(({ object }) => `${singular}/${object.metadata.name}`),
      );
  t.same(names('po,sts'), [...names('pods'), 'statefulset.apps/db']);
  t.same(names('deployments.apps'), ['deployment.apps/api']);
  t.same(names('nodes'), ['node/node-1', 'node/node-2', 'node/node-3'], 'no namespace');
  t.same(names('sts', { isAllNamespaces: true }), ['statefulset.apps/db']);
  t.same(names('pods', { labelSelector: 'app=db', fieldSelector: 'metadata.name=db-1' }), [
    'pod/db-1',
  ]);
  t.ok(names('all').includes('deployment.apps/api'));
  t.throws(() => names('nosuch'), { code: 'ERR_API_BAD_REQUEST' });
  t.throws(() => names('svc', { names: ['nosuch'] }), { code: 'ERR_API_NOT_FOUND' });
});

t.test('createCluster() as a library serves what is written to its store', async (t) => {
  await using cluster = await createCluster({
    dns: 'off',
    http: 'off',
    https: 'off',
    entry: 'off',
    hasAliases: false,
    dnsUpstream: 'off',
  });
  for (const object of app('web')) cluster.store.create(object as never); // an object of the API
  await cluster.settled();
  const { addresses } = await cluster.names.resolveAs('web', { kind: 'node', name: 'node-1' });
  const [address = ''] = addresses;
  const connection = await cluster.datapath.connect({
    protocol: 'TCP',
    source: { address: '10.0.0.11', port: 40_000 },
    destination: { address, port: 80 },
    origin: { kind: 'node', name: 'node-1' },
    node: 'node-1',
  });
  connection.end('GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n');
  t.match(await text(connection), /^HTTP\/1\.1 200 OK\r\n[^]*"pod": "web-/);
});

t.test('startInstance() refuses what makes no sense, by name', async (t) => {
  const options = { paths: [], version: '0', pid: 1, hasAliases: false } as const;
  await t.rejects(startInstance({ ...options, name: 'Not A Name' }), { code: 'ERR_NAME' });
  await t.rejects(startInProcess({ serviceCIDRs: ['nonsense'] }), { code: 'ERR_ADDRESS_PLAN' });
  await t.rejects(startInProcess({ paths: ['/nonexistent/missing.yaml'] }), {
    code: 'ERR_MANIFESTS',
    problems: [{ severity: 'error', message: /no such file/ }],
  });
});
