import t from 'tap';
import { createKindRegistry, defineKind, guessPlural } from '../../src/api/index.ts';

const kinds = createKindRegistry([defineKind('ServiceAccount', { hasGeneration: true })]);

const words: readonly (readonly [word: string, names: readonly string[]])[] = [
  ['svc', ['Service']],
  ['services', ['Service']],
  ['Service', ['Service']],
  ['SERVICE', ['Service']],
  ['po', ['Pod']],
  ['deploy', ['Deployment']],
  ['deployments.apps', ['Deployment']],
  ['deployment.v1.apps', ['Deployment']],
  ['deploy.apps', ['Deployment']],
  ['ing', ['Ingress']],
  ['netpol', ['NetworkPolicy']],
  ['endpoints', ['Endpoints']],
  ['ep', ['Endpoints']],
  ['events', ['Event']],
  ['ev', ['Event']],
  ['events.events.k8s.io', ['Event.events.k8s.io']],
  ['crd', ['CustomResourceDefinition.apiextensions.k8s.io']],
  ['hpa', ['HorizontalPodAutoscaler.autoscaling']],
  ['pods.apps', []],
  ['nosuch', []],
  ['', []],
  [
    'all',
    [
      'Pod',
      'ReplicationController',
      'Service',
      'DaemonSet',
      'Deployment',
      'ReplicaSet',
      'StatefulSet',
      'HorizontalPodAutoscaler.autoscaling',
      'CronJob',
      'Job',
    ],
  ],
];
for (const [word, names] of words) {
  t.test(`resolve() of ${JSON.stringify(word)}`, async (t) => {
    t.same(
      kinds.resolve(word).map(({ name }) => name),
      names,
    );
  });
}

t.test('byApiVersion() and byName() know what discovery tells', async (t) => {
  const deployment = kinds.byApiVersion('apps/v1', 'Deployment');
  t.match(deployment, {
    name: 'Deployment',
    group: 'apps',
    version: 'v1',
    plural: 'deployments',
    singular: 'deployment',
    shortNames: ['deploy'],
    categories: ['all'],
    isNamespaced: true,
    hasStatus: true,
    hasGeneration: true,
    origin: 'builtin',
  });
  t.equal(kinds.byName('Deployment'), deployment);
  t.equal(kinds.byName('Deployment.apps'), deployment);
  t.equal(kinds.byResource('apps', 'deployments'), deployment);
  t.equal(kinds.byResource('', 'deployments'), undefined);
  t.match(kinds.byApiVersion('v1', 'Namespace'), {
    isNamespaced: false,
    subresources: ['finalize', 'status'],
  });
  t.match(kinds.byApiVersion('autoscaling/v1', 'HorizontalPodAutoscaler').versions, ['v2', 'v1']);
  t.match(kinds.byName('ServiceAccount'), { hasGeneration: true }, 'a row adds to discovery');
  t.match(kinds.byName('Service'), { hasGeneration: false, hasStatus: true });
});

const guesses: readonly (readonly [kind: string, plural: string])[] = [
  ['Widget', 'widgets'],
  ['Policy', 'policies'],
  ['Gateway', 'gateways'],
  ['Ingress', 'ingresses'],
  ['Endpoints', 'endpoints'],
];
for (const [kind, plural] of guesses) {
  t.test(`guessPlural() of ${kind}`, async (t) => t.equal(guessPlural(kind), plural));
}

t.test('byApiVersion() guesses what nobody defined', async (t) => {
  const registry = createKindRegistry([]);
  t.match(registry.byApiVersion('example.org/v1beta1', 'Widget'), {
    name: 'Widget.example.org',
    group: 'example.org',
    version: 'v1beta1',
    plural: 'widgets',
    isNamespaced: true,
    origin: 'guessed',
  });
  t.equal(
    registry.byName('Widget.example.org'),
    registry.byApiVersion('example.org/v1beta1', 'Widget'),
  );
  t.same(
    registry.resolve('widgets').map(({ name }) => name),
    ['Widget.example.org'],
  );
  for (const kind of ['ClusterIssuer', 'GatewayClass'])
    t.equal(registry.byApiVersion('example.org/v1', kind).isNamespaced, false);
  for (const kind of ['Cluster', 'Class', 'Classroom'])
    t.equal(registry.byApiVersion('example.org/v1', kind).isNamespaced, true);
});

const crd = (spec: unknown) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gateways.gateway.networking.k8s.io' },
  spec,
});

t.test('define() takes a kind from its definition, and forget() gives it back', async (t) => {
  const registry = createKindRegistry([
    defineKind('Gateway.gateway.networking.k8s.io', { validateName: () => ['no'] }),
  ]);
  const gateway = {
    group: 'gateway.networking.k8s.io',
    scope: 'Namespaced',
    names: {
      kind: 'Gateway',
      plural: 'gateways',
      shortNames: ['gtw'],
      categories: ['gateway-api'],
    },
    versions: [
      { name: 'v1alpha2', served: false },
      { name: 'v1beta1', served: true },
      { name: 'v2', served: true },
      { name: 'v1', served: true, storage: true, subresources: { status: {} } },
    ],
  };
  t.same(registry.resolve('gtw'), []);
  registry.define(crd(gateway));
  const [definition] = registry.resolve('gtw');
  t.match(definition, {
    name: 'Gateway.gateway.networking.k8s.io',
    version: 'v1',
    versions: ['v2', 'v1', 'v1beta1'],
    singular: 'gateway',
    hasStatus: true,
    hasGeneration: true,
    origin: 'custom',
  });
  const named = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'x' },
  };
  t.same(definition?.validateName?.('x', named), ['no'], 'its row is found');
  t.same(registry.resolve('gateway-api'), [definition]);
  t.ok(registry.all().includes(definition ?? kinds.byName('Pod')));
  registry.forget(crd(gateway));
  t.same(registry.resolve('gtw'), []);
  t.equal(registry.byName('Gateway.gateway.networking.k8s.io').origin, 'guessed');
});

t.test('define() forgets the kind that a definition had before', async (t) => {
  const registry = createKindRegistry([]);
  const versions = [{ name: 'v1', served: true, storage: true }];
  const spec = (kind: string): object => ({
    group: 'example.org',
    names: { plural: 'widgets', kind },
    scope: 'Namespaced',
    versions,
  });
  registry.define(crd(spec('Widget')));
  t.equal(registry.byApiVersion('example.org/v1', 'Widget').origin, 'custom');
  registry.define(crd(spec('Gadget')));
  t.equal(registry.byApiVersion('example.org/v1', 'Gadget').origin, 'custom');
  t.equal(registry.byApiVersion('example.org/v1', 'Widget').origin, 'guessed');
});

t.test('define() leaves alone what is built in, or no definition', async (t) => {
  const registry = createKindRegistry([]);
  const before = registry.all().length;
  for (const spec of [
    undefined,
    'x',
    { group: 'example.org', names: { kind: 'A', plural: 'as' }, versions: 'v1' },
    { group: 'example.org', names: [], versions: [{ name: 'v1' }] },
    { group: 'apps', names: { kind: 'Deployment', plural: 'x' }, versions: [{ name: 'v1' }] },
  ])
    registry.define(crd(spec));
  t.equal(registry.all().length, before);
  t.equal(registry.byName('Deployment').plural, 'deployments');
});
