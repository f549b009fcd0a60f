import t from 'tap';
import type { Pod, PodSpec } from '../../src/api/index.ts';
import { createTestStore, object } from './test-store.ts';

const PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const containers = [{ name: 'main', image: 'x' }];

/** The spec of a Pod as it is created, beside these ServiceAccounts. */
function created(spec: object, accounts: readonly (object & { name: string })[] = []): PodSpec {
  const store = createTestStore({ hasServiceAccounts: true });
  for (const { name, ...fields } of accounts)
    store.create(object('ServiceAccount', { name }, fields));
  const pod = store.create(object('Pod', { name: 'web' }, { spec: { containers, ...spec } }));
  return (pod as unknown as Pod).spec ?? { containers: [] };
}

t.test('withServiceAccount() mounts the token of default where nobody is named', async (t) => {
  const spec = created({ initContainers: [{ name: 'first', image: 'x' }] });
  t.match(spec, { serviceAccountName: 'default', serviceAccount: 'default' });
  const [volume] = spec.volumes ?? [];
  t.match(volume?.name, /^kube-api-access-[a-z0-9]{5}$/);
  t.same(volume?.projected, {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [
            { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
          ],
        },
      },
    ],
  });
  const mounts = [{ name: volume?.name, readOnly: true, mountPath: PATH }];
  t.same(spec.containers[0]?.volumeMounts, mounts);
  t.same(spec.initContainers?.[0]?.volumeMounts, mounts);
});

const AUTOMOUNTS = [
  { name: 'nothing is said', pod: {}, account: {}, isMounted: true },
  {
    name: 'the account says no',
    pod: {},
    account: { automountServiceAccountToken: false },
    isMounted: false,
  },
  {
    name: 'the Pod says no',
    pod: { automountServiceAccountToken: false },
    account: {},
    isMounted: false,
  },
  {
    name: 'the Pod says yes, against its account',
    pod: { automountServiceAccountToken: true },
    account: { automountServiceAccountToken: false },
    isMounted: true,
  },
] as const;
for (const { name, pod, account, isMounted } of AUTOMOUNTS) {
  t.test(`withServiceAccount() where ${name}`, async (t) => {
    const spec = created({ serviceAccountName: 'robot', ...pod }, [{ name: 'robot', ...account }]);
    t.match(spec, { serviceAccountName: 'robot', serviceAccount: 'robot' });
    t.equal(spec.volumes?.length ?? 0, isMounted ? 1 : 0);
    t.equal(spec.containers[0]?.volumeMounts?.length ?? 0, isMounted ? 1 : 0);
  });
}

t.test('withServiceAccount() leaves a mount of one’s own alone', async (t) => {
  const own = [{ name: 'mine', mountPath: PATH }];
  const spec = created({
    volumes: [{ name: 'mine', emptyDir: {} }],
    containers: [
      { name: 'main', image: 'x', volumeMounts: own },
      { name: 'side', image: 'x' },
    ],
  });
  t.same(spec.containers[0]?.volumeMounts, own);
  t.match(spec.containers[1]?.volumeMounts, [{ name: /^kube-api-access-/ }]);
  t.match(spec.volumes, [{ name: 'mine' }, { name: /^kube-api-access-/ }]);
  const all = created({
    volumes: [{ name: 'mine', emptyDir: {} }],
    containers: [{ name: 'main', image: 'x', volumeMounts: own }],
  });
  t.same(
    all.volumes?.map(({ name }) => name),
    ['mine'],
    'no volume that nobody mounts',
  );
});

t.test('withServiceAccount() uses a volume that is there by its name', async (t) => {
  const spec = created({
    volumes: [{ name: 'kube-api-access-abcde', projected: { sources: [] } }],
  });
  t.match(spec.containers[0]?.volumeMounts, [{ name: 'kube-api-access-abcde' }]);
  t.equal(spec.volumes?.length, 1);
});

t.test('withServiceAccount() gives the pull secrets of the account', async (t) => {
  const accounts = [{ name: 'robot', imagePullSecrets: [{ name: 'theirs' }] }];
  const spec = created({ serviceAccountName: 'robot' }, accounts);
  t.same(spec.imagePullSecrets, [{ name: 'theirs' }]);
  const own = created(
    { serviceAccountName: 'robot', imagePullSecrets: [{ name: 'mine' }] },
    accounts,
  );
  t.same(own.imagePullSecrets, [{ name: 'mine' }]);
});

t.test('a Pod of an account that is not there is refused, but for a trial', async (t) => {
  const store = createTestStore({ hasServiceAccounts: true });
  const pod = object(
    'Pod',
    { name: 'web' },
    { spec: { containers, serviceAccountName: 'nobody' } },
  );
  t.throws(() => store.create(pod), {
    reason: 'Forbidden',
    message:
      'pods "web" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
  });
  t.ok(store.create(pod, { isDryRun: true }));
});
