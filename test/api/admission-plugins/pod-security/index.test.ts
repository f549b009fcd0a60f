import t from 'tap';
import { prepareWrites, type KubeObject, type Store } from '../../../../src/api/index.ts';
import { createKindsStore, kindObject } from '../../kinds/admit.ts';
import { outcome } from '../../test-store.ts';

const PREFIX = 'pod-security.kubernetes.io/';
const PLAIN = { containers: [{ name: 'c', image: 'x' }] };
const SAFE = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'c',
      image: 'x',
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
};
const PRIVILEGED = {
  containers: [{ name: 'c', image: 'x', securityContext: { privileged: true } }],
};
const SAYS = 'privileged (container "c" must not set securityContext.privileged=true)';

/** A Namespace with these levels. */
function namespace(name: string, levels: Readonly<Record<string, string>>): KubeObject {
  const labels = Object.fromEntries(
    Object.entries(levels).map(([key, value]) => [PREFIX + key, value]),
  );
  return kindObject('Namespace', { metadata: { labels } }, name);
}

/** A store whose Namespace `default` has these levels. */
async function leveled(levels: Readonly<Record<string, string>>): Promise<Store> {
  const store = createKindsStore();
  const labelled = namespace('default', levels);
  await prepareWrites([labelled]);
  store.update(labelled);
  return store;
}

function pod(spec: object, name = 'web'): KubeObject {
  return kindObject('Pod', { spec }, name);
}

/** A client, and what it was told. */
function client(subresource?: string) {
  const told: string[] = [];
  const request = {
    user: { name: 'me', groups: [] },
    subresource,
    warn: (text: string) => void told.push(text),
  };
  return { told, request };
}

const LABELS: readonly {
  readonly levels: Readonly<Record<string, string>>;
  /** Label and what is wrong with it; absent where nothing is. */
  readonly says?: readonly (readonly [label: string, why: string])[];
}[] = [
  { levels: { enforce: 'baseline', 'enforce-version': 'latest', warn: 'restricted' } },
  { levels: { 'audit-version': 'v1.0', other: 'anything' } },
  { levels: { 'warn-version': 'v1.9223372036854775807' } },
  {
    levels: { enforce: 'Baseline' },
    says: [['enforce', 'must be one of privileged, baseline, restricted']],
  },
  {
    levels: { 'warn-version': '1.2', 'audit-version': 'v1.01', audit: '' },
    says: [
      ['audit', 'must be one of privileged, baseline, restricted'],
      ['audit-version', 'must be "latest" or "v1.x"'],
      ['warn-version', 'must be "latest" or "v1.x"'],
    ],
  },
  {
    levels: { 'enforce-version': 'v1.9223372036854775808' },
    says: [['enforce-version', 'must be "latest" or "v1.x"']],
  },
];
for (const { levels, says = [] } of LABELS)
  t.test(`checkNamespace() of ${JSON.stringify(levels)}`, async (t) => {
    const store = createKindsStore();
    const object = namespace('shop', levels);
    await prepareWrites([object]);
    const texts = says.map(
      ([label, why]) =>
        `metadata.labels[${PREFIX}${label}]: Invalid value: ${JSON.stringify(levels[label])}: ${why}`,
    );
    const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
    const expected = texts.length === 0 ? 'ok' : `422 Invalid: Namespace "shop" is invalid: ${all}`;
    t.equal(
      outcome(() => store.create(object)),
      expected,
    );
    t.equal(
      outcome(() => store.update({ ...object, metadata: { ...object.metadata, name: 'default' } })),
      expected.replace('shop', 'default'),
    );
  });

const PODS: readonly {
  readonly name: string;
  readonly levels: Readonly<Record<string, string>>;
  readonly spec: object;
  /** What is said after `violates PodSecurity `; absent where the Pod may come. */
  readonly refused?: string;
  /** What is said after `would violate PodSecurity `. */
  readonly warned?: string;
}[] = [
  { name: 'a safe Pod', levels: { enforce: 'restricted' }, spec: SAFE },
  {
    name: 'a Pod below the level',
    levels: { enforce: 'baseline' },
    spec: PRIVILEGED,
    refused: `"baseline:latest": ${SAYS}`,
  },
  {
    name: 'a level of some version',
    levels: { enforce: 'baseline', 'enforce-version': 'v1.20' },
    spec: PRIVILEGED,
    refused: `"baseline:v1.20": ${SAYS}`,
  },
  {
    name: 'a level that is only warned of',
    levels: { warn: 'baseline', 'warn-version': 'v1.21' },
    spec: PRIVILEGED,
    warned: `"baseline:v1.21": ${SAYS}`,
  },
  {
    name: 'a stricter level that is warned of',
    levels: { enforce: 'privileged', warn: 'baseline' },
    spec: PRIVILEGED,
    warned: `"baseline:latest": ${SAYS}`,
  },
  { name: 'a level that is only audited', levels: { audit: 'restricted' }, spec: PRIVILEGED },
  {
    name: 'versions alone',
    levels: { 'enforce-version': 'v1.30', 'warn-version': 'v1.30' },
    spec: PRIVILEGED,
  },
];
for (const { name, levels, spec, refused, warned } of PODS)
  t.test(`checkPodSecurity() of ${name}`, async (t) => {
    const store = await leveled(levels);
    const { told, request } = client();
    t.equal(
      outcome(() => store.create(pod(spec), { request })),
      refused === undefined
        ? 'ok'
        : `403 Forbidden: pods "web" is forbidden: violates PodSecurity ${refused}`,
    );
    t.same(told, warned === undefined ? [] : [`would violate PodSecurity ${warned}`]);
  });

const template = { metadata: { labels: { app: 'web' } }, spec: PRIVILEGED };
const selector = { matchLabels: { app: 'web' } };
const once = { spec: { ...PRIVILEGED, restartPolicy: 'Never' } };
const WORKLOADS: Readonly<Record<string, object>> = {
  CronJob: { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: once } } } },
  DaemonSet: { spec: { selector, template } },
  Deployment: { spec: { selector, template } },
  Job: { spec: { template: once } },
  PodTemplate: { template },
  ReplicaSet: { spec: { selector, template } },
  ReplicationController: { spec: { selector: { app: 'web' }, template } },
  StatefulSet: { spec: { serviceName: 'web', selector, template } },
};
for (const [kind, body] of Object.entries(WORKLOADS))
  t.test(`checkPodSecurity() warns of a ${kind} and lets it come`, async (t) => {
    const store = await leveled({ enforce: 'baseline' });
    const text = `would violate PodSecurity "baseline:latest": ${SAYS}`;
    const created = client();
    const object = store.create(kindObject(kind, body), { request: created.request });
    t.same(created.told, [text]);
    const { metadata } = object;
    const updated = client();
    const after = store.update(
      { ...object, metadata: { ...metadata, annotations: { a: 'b' } } },
      { request: updated.request },
    );
    t.same(updated.told, [text], 'whatever changes');
    const scaled = client('scale');
    store.update(after, { request: scaled.request });
    t.same(scaled.told, [], 'except through a subresource');
  });

t.test(
  'checkPodSecurity() judges a Pod that is there by new images and containers alone',
  async (t) => {
    const store = createKindsStore();
    const labelled = namespace('default', { enforce: 'baseline' });
    await prepareWrites([labelled]);
    const { metadata, ...old } = store.create(pod(PRIVILEGED));
    const { resourceVersion: _, ...own } = metadata;
    store.update(labelled);
    const refusal = `403 Forbidden: pods "web" is forbidden: violates PodSecurity "baseline:latest": ${SAYS}`;
    const change = (spec: object, labels = {}) =>
      outcome(() =>
        store.update({
          ...old,
          metadata: { ...own, labels },
          spec: { ...(old['spec'] as object), ...spec },
        }),
      );
    t.equal(change({}, { a: 'b' }), 'ok', 'labels');
    t.equal(change({ containers: [{ ...PRIVILEGED.containers[0], image: 'y' }] }), refusal);
    const { request } = client('ephemeralcontainers');
    const debugged = {
      ...(old['spec'] as object),
      ephemeralContainers: [{ name: 'e', image: 'y' }],
    };
    t.equal(
      outcome(() =>
        store.update({ ...old, metadata: own, spec: debugged }, { request, subresource: 'part' }),
      ),
      refusal,
      'a container for debugging',
    );
    t.equal(
      outcome(() =>
        store.update(
          { ...old, metadata: own, status: { message: 'm' } },
          { subresource: 'status' },
        ),
      ),
      'ok',
    );
    t.equal(change({ activeDeadlineSeconds: 60 }), 'ok', 'other fields');
  },
);

t.test('checkNamespace() tells which Pods would not come any more', async (t) => {
  const store = createKindsStore();
  const labelled = namespace('default', { enforce: 'baseline' });
  await prepareWrites([labelled]);
  for (const name of ['b', 'c', 'a']) store.create(pod(PRIVILEGED, name));
  store.create(pod({ ...PRIVILEGED, hostPID: true }, 'host'));
  store.create(pod(SAFE, 'safe'));
  const update = (levels: Readonly<Record<string, string>>): readonly string[] => {
    const { told, request } = client();
    store.update(namespace('default', levels), { request });
    return told;
  };
  t.same(update({ warn: 'restricted' }), [], 'not of what is only warned of');
  const lines = ['a (and 2 other pods): privileged', 'host: host namespaces, privileged'];
  const heading = 'existing pods in namespace "default" violate the new PodSecurity enforce level';
  t.same(update({ enforce: 'baseline' }), [`${heading} "baseline:latest"`, ...lines]);
  t.same(update({ enforce: 'baseline', warn: 'restricted' }), [], 'not where it stays');
  t.same(
    update({ enforce: 'baseline', 'enforce-version': 'v1.2' }),
    [`${heading} "baseline:v1.2"`, ...lines],
    'of another version',
  );
  t.same(update({ enforce: 'privileged' }), [], 'not where nothing is forbidden');
});

t.test('checkNamespace() looks at so many Pods, those of each owner first', async (t) => {
  const store = createKindsStore();
  const labelled = namespace('default', { enforce: 'baseline' });
  await prepareWrites([labelled]);
  const owner = { apiVersion: 'v1', kind: 'ReplicationController', name: 'rc', uid: 'u' };
  const ownerReferences = [{ ...owner, controller: true }];
  for (let index = 0; index < 3000; index += 1)
    store.create(kindObject('Pod', { metadata: { ownerReferences }, spec: SAFE }, `p-${index}`));
  store.create(pod(PRIVILEGED, 'z'));
  const { told, request } = client();
  store.update(labelled, { request });
  t.same(told, [
    'new PodSecurity enforce level only checked against the first 3000 of 3001 existing pods',
    'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
    'z: privileged',
  ]);
});

t.test('levels rule the Pods of their own Namespace, as long as it has them', async (t) => {
  const store = await leveled({ enforce: 'restricted' });
  store.create(namespace('open', {}));
  const elsewhere = pod(PLAIN);
  const moved = { ...elsewhere, metadata: { name: 'web', namespace: 'open' } };
  t.equal(
    outcome(() => store.create(moved)),
    'ok',
  );
  t.match(
    outcome(() => store.create(elsewhere)),
    /^403 /,
  );
  store.update(namespace('default', {}));
  t.equal(
    outcome(() => store.create(elsewhere)),
    'ok',
  );
});
