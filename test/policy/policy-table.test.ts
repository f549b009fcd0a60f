import t from 'tap';
import type { KubeObject, NetworkPolicy } from '../../src/api/index.ts';
import { createDatapathView, decide } from '../../src/datapath/index.ts';
import { createAddressPlan, type Flow } from '../../src/net/index.ts';
import { compileClusterNetworkPolicy, PolicyTable } from '../../src/policy/index.ts';
import { put } from '../proxy/world.ts';
import { storeOf, type RandomPod } from './worlds.ts';

const pod = (name: string, address: string): RandomPod => ({
  namespace: 'x',
  name,
  labels: { app: name },
  node: 'n1',
  address,
  ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
});
const WORLD = {
  namespaces: { x: { team: 'one' } },
  pods: [pod('web', '10.244.0.1'), pod('client', '10.244.0.2')],
  nodes: {},
  clusterPolicies: [],
  policies: [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'x', name: 'web' },
      spec: {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Ingress'],
        ingress: [
          { from: [{ podSelector: { matchLabels: { app: 'client' } } }], ports: [{ port: 81 }] },
        ],
      },
    },
  ],
} as const;
const FLOW: Flow = {
  protocol: 'TCP',
  source: { address: '10.244.0.2', port: 40_000 },
  destination: { address: '10.244.0.1', port: 80 },
  origin: { kind: 'pod', namespace: 'x', name: 'client' },
  node: 'n1',
};

for (const { deny, isSilent } of [
  { deny: 'drop', isSilent: true },
  { deny: 'reject', isSilent: false },
] as const) {
  t.test(`decide() denies, and says what is missing, with deny ${deny}`, async (t) => {
    using view = createDatapathView(storeOf(WORLD), { plan: createAddressPlan(), deny });
    const decision = decide(FLOW, view, { random: () => 0, now: 0, explain: true });
    t.match(decision, { kind: 'reject', reason: 'denied', isSilent });
    t.match(decision.steps.at(-1), {
      part: 'policy',
      outcome: 'fail',
      because: 'it allows TCP 81, and this is TCP 80',
      object: 'NetworkPolicy x/web spec.ingress[0]',
    });
  });
}

t.test('PolicyTable.evaluate() knows of a changed label and policy at once', async (t) => {
  const store = storeOf(WORLD);
  using table = new PolicyTable(store);
  const isAllowed = (port: number): boolean => {
    const party = (name: string, address: string) =>
      table.party({ address, pod: { namespace: 'x', name } });
    const flow = {
      protocol: 'TCP',
      port,
      source: party('client', '10.244.0.2'),
      destination: party('web', '10.244.0.1'),
      isThroughService: false,
    } as const;
    return table.evaluate(flow, { direction: 'ingress' }).isAllowed;
  };
  t.same([isAllowed(80), isAllowed(81)], [false, true]);
  const client = store.get<string>('Pod', 'x', 'client');
  if (client === undefined) throw new Error('no Pod');
  const relabelled = { ...client, metadata: { ...client.metadata, labels: { app: 'other' } } };
  store.update(relabelled);
  t.same([isAllowed(80), isAllowed(81)], [false, false]);
  const open = { ...WORLD.policies[0], spec: { podSelector: {}, ingress: [{}] } };
  put(store, open);
  t.same([isAllowed(80), isAllowed(81)], [true, true]);
  store.delete({ kind: 'NetworkPolicy', namespace: 'x', name: 'web' });
  t.ok(table.isEmpty);
});

const UNREADABLE = { matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] };
const EVERYBODY = { namespaces: {} };

/** The definition's schema lets selectors be stored that are none. */
const UNREADABLE_CASES = [
  {
    name: 'a subject',
    subject: { namespaces: UNREADABLE },
    action: 'Deny',
    from: EVERYBODY,
    isAllowed: true,
  },
  {
    name: 'a peer that is accepted',
    subject: EVERYBODY,
    action: 'Accept',
    from: { namespaces: UNREADABLE },
    isAllowed: true,
  },
  {
    name: 'a peer that is denied',
    subject: EVERYBODY,
    action: 'Deny',
    from: { namespaces: UNREADABLE },
    isAllowed: false,
  },
  {
    name: 'Pods that are passed',
    subject: EVERYBODY,
    action: 'Pass',
    from: { pods: { podSelector: UNREADABLE } },
    isAllowed: false,
  },
] as const;
for (const { name, subject, action, from, isAllowed } of UNREADABLE_CASES) {
  t.test(`PolicyTable.evaluate() fails closed where the selector of ${name} is none`, async (t) => {
    const store = storeOf({ ...WORLD, policies: [] });
    const spec = { tier: 'Admin', priority: 1, subject, ingress: [{ action, from: [from] }] };
    const odd: KubeObject = {
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: { name: 'odd' },
      spec,
    };
    put(store, odd);
    using table = new PolicyTable(store);
    const party = (podName: string, address: string) =>
      table.party({ address, pod: { namespace: 'x', name: podName } });
    const flow = {
      protocol: 'TCP',
      port: 80,
      source: party('client', '10.244.0.2'),
      destination: party('web', '10.244.0.1'),
      isThroughService: false,
    } as const;
    t.equal(table.evaluate(flow, { direction: 'ingress' }).isAllowed, isAllowed);
  });
}

/** Schemas of other versions than ours may let them be stored. */
const UNKNOWN_RULES = [
  {
    name: 'a network that is none is denied',
    rule: { action: 'Deny', from: [{ networks: ['10.0.0.0/8', 'everywhere'] }] },
  },
  {
    name: 'ports of another sort are accepted',
    rule: {
      action: 'Accept',
      from: [EVERYBODY],
      protocols: [{ tcp: { destinationPort: {} } }],
    },
  },
] as const;
for (const { name, rule } of UNKNOWN_RULES) {
  t.test(`compileClusterNetworkPolicy() fails closed where ${name}`, async (t) => {
    const { ingress } = compileClusterNetworkPolicy({
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: { name: 'odd' },
      spec: { tier: 'Admin', priority: 1, subject: EVERYBODY, ingress: [rule] },
    });
    const [closed] = ingress;
    t.match(closed, { action: rule.action, isVoid: rule.action === 'Accept' });
    t.equal(closed?.peers, undefined, 'it is about everybody');
  });
}

t.test('PolicyTable.party() knows a Node by any of its addresses', async (t) => {
  const store = storeOf(WORLD);
  using table = new PolicyTable(store);
  const node = (address: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', labels: { pool: 'edge' } },
    status: {
      addresses: [
        { type: 'InternalIP', address: '10.0.0.11' },
        { type: 'ExternalIP', address },
      ],
    },
  });
  put(store, node('203.0.113.9'));
  t.match(table.party({ address: '203.0.113.9' }).node, { name: 'n1', labels: { pool: 'edge' } });
  put(store, node('203.0.113.10'));
  t.equal(table.party({ address: '203.0.113.9' }).node, undefined, 'it has moved');
  t.match(table.party({ address: '203.0.113.10' }).node, { name: 'n1' });
  put(store, { ...node('203.0.113.10'), metadata: { name: 'n2' } });
  store.delete({ kind: 'Node', name: 'n1' });
  t.match(table.party({ address: '203.0.113.10' }).node, { name: 'n2' }, 'it is the other one');
  store.delete({ kind: 'Node', name: 'n2' });
  t.equal(table.party({ address: '203.0.113.10' }).node, undefined, 'it is gone');
});

for (const { cidr, kind } of [
  { cidr: '10.0.0.1/32', kind: 'deliver' },
  { cidr: '127.0.0.1/32', kind: 'reject' },
] as const) {
  t.test(`decide() asks about the host by its cluster address, with ${cidr}`, async (t) => {
    const egress: NetworkPolicy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'x', name: 'host' },
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr } }] }] },
    };
    using view = createDatapathView(storeOf({ ...WORLD, policies: [egress] }), {
      plan: createAddressPlan(),
    });
    const flow = { ...FLOW, destination: { address: '10.0.0.1', port: 3000 } };
    const decision = decide(flow, view, { random: () => 0, now: 0 });
    t.equal(decision.kind, kind);
    if (decision.kind === 'deliver') t.equal(decision.flow.destination.address, '127.0.0.1');
  });
}

/** Nulls are nothing; nothing in `policyTypes` is what the rules say. */
const SPARSE = [
  { spec: null, same: { podSelector: {} } },
  { spec: { podSelector: null, ingress: null, egress: null }, same: { podSelector: {} } },
  { spec: { podSelector: {}, policyTypes: [] }, same: { podSelector: {} } },
  {
    spec: { podSelector: {}, policyTypes: [], egress: [null] },
    same: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], egress: [{}] },
  },
  {
    spec: { podSelector: {}, ingress: [{ from: null, ports: [{ port: 80, endPort: null }] }] },
    same: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] },
  },
  {
    spec: {
      podSelector: { matchLabels: null },
      ingress: [{ from: [{ podSelector: {}, namespaceSelector: null, ipBlock: null }] }],
    },
    same: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
  },
] as const;
for (const { spec, same } of SPARSE) {
  t.test(`compileNetworkPolicy() of ${JSON.stringify(spec)}`, async (t) => {
    const verdicts = [spec, same].map((written) => {
      const policy = { ...WORLD.policies[0], spec: written } as unknown as NetworkPolicy; // nulls have no type
      using view = createDatapathView(storeOf({ ...WORLD, policies: [policy] }), {
        plan: createAddressPlan(),
      });
      return [80, 81].map(
        (port) =>
          decide({ ...FLOW, destination: { ...FLOW.destination, port } }, view, {
            random: () => 0,
            now: 0,
          }).kind,
      );
    });
    t.same(verdicts[0], verdicts[1]);
  });
}
