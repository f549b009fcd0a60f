import { array, assert, boolean, constantFrom, double, property, record } from 'fast-check';
import t from 'tap';
import type { Flow } from '../../src/net/index.ts';
import {
  AffinityTable,
  compileService,
  DEFAULT_PROXY_CONFIG,
  selectEndpoint,
  type Frontend,
  type ProxyNode,
  type SelectContext,
} from '../../src/proxy/index.ts';
import { serviceObject, sliceObject, type EndpointFacts } from './world.ts';

const NODE: ProxyNode = { name: 'n1', addresses: ['10.0.0.11'], zone: 'za', podCIDRs: [] };
const FLOW: Flow = {
  protocol: 'TCP',
  source: { address: '10.244.1.99', port: 40_000 },
  destination: { address: '10.96.0.10', port: 80 },
  origin: { kind: 'pod', namespace: 'default', name: 'client' },
  node: 'n1',
};

function frontendOf(
  endpoints: readonly EndpointFacts[],
  spec: object = {},
  annotations: Record<string, string> = {},
): Frontend {
  const plain = serviceObject('web', { clusterIP: '10.96.0.10', ports: [{ port: 80 }], ...spec });
  const service = { ...plain, metadata: { ...plain.metadata, annotations } };
  const slice = sliceObject('web-1', { service: 'web', port: 8080, endpoints });
  const [frontend] = compileService(service, [slice])?.frontends ?? [];
  if (frontend === undefined) throw new Error('the Service has no address');
  return frontend;
}

function contextOf(more: Partial<SelectContext> = {}): SelectContext {
  return {
    random: () => 0,
    now: 0,
    node: NODE,
    isPodAddress: (address) => address.startsWith('10.244.'),
    config: DEFAULT_PROXY_CONFIG,
    ...more,
  };
}

const endpointFacts = record({
  node: constantFrom('n1', 'n2', undefined),
  ready: boolean(),
  serving: boolean(),
  terminating: boolean(),
});

t.test('selectEndpoint() is uniform over the candidates, for any endpoints', async (t) => {
  assert(
    property(array(endpointFacts, { maxLength: 8 }), (all) => {
      const endpoints = all.map((facts, index) => ({ ...facts, address: `10.244.1.${index + 1}` }));
      const frontend = frontendOf(endpoints);
      const ready = endpoints.filter((endpoint) => endpoint.ready);
      const terminating = endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating);
      const expected = ready.length > 0 ? ready : terminating;
      const counts = new Map<string, number>();
      const tries = expected.length * 10;
      for (let attempt = 0; attempt < tries; attempt += 1) {
        const selection = selectEndpoint(
          frontend,
          FLOW,
          contextOf({ random: () => attempt / tries }),
        );
        const address = selection.kind === 'selected' ? selection.endpoint.address : 'none';
        counts.set(address, (counts.get(address) ?? 0) + 1);
      }
      t.same(new Map(expected.map(({ address }) => [address, 10])), counts);
      if (expected.length === 0)
        t.equal(selectEndpoint(frontend, FLOW, contextOf()).kind, 'reject');
    }),
    { numRuns: 100 },
  );
});

t.test('selectEndpoint() gives a reason for every endpoint that is left out', async (t) => {
  assert(
    property(array(endpointFacts, { maxLength: 6 }), boolean(), (all, isLocal) => {
      const endpoints = all.map((facts, index) => ({ ...facts, address: `10.244.1.${index + 1}` }));
      const frontend = frontendOf(endpoints, {
        internalTrafficPolicy: isLocal ? 'Local' : 'Cluster',
      });
      const selection = selectEndpoint(frontend, FLOW, contextOf({ explain: true }));
      const kept = selection.kind === 'selected' ? selection.candidates.length : 0;
      const leftOut = selection.steps.filter(
        ({ part, outcome }) => part === 'endpoints' && outcome === 'skip',
      );
      t.equal(leftOut.length, endpoints.length - kept);
      t.ok(leftOut.every(({ because }) => because !== undefined && because !== ''));
      const pick = selection.steps.filter(({ part }) => part === 'pick').length;
      t.equal(pick > 0, selection.kind === 'selected');
    }),
    { numRuns: 100 },
  );
});

t.test('selectEndpoint() is the same with and without steps', async (t) => {
  assert(
    property(
      array(endpointFacts, { maxLength: 6 }),
      double({ min: 0, max: 0.999, noNaN: true }),
      (all, random) => {
        const endpoints = all.map((facts, index) => ({
          ...facts,
          address: `10.244.1.${index + 1}`,
        }));
        const frontend = frontendOf(endpoints);
        const plain = selectEndpoint(frontend, FLOW, contextOf({ random: () => random }));
        const told = selectEndpoint(
          frontend,
          FLOW,
          contextOf({ random: () => random, explain: true }),
        );
        t.same({ ...told, steps: [] }, plain);
      },
    ),
    { numRuns: 50 },
  );
});

const explained = [
  {
    name: 'an endpoint that is not ready',
    endpoints: [{ address: '10.244.1.1', ready: false }, { address: '10.244.1.2' }],
    spec: {},
    because: 'it is not ready',
  },
  {
    name: 'an endpoint that terminates',
    endpoints: [
      { address: '10.244.1.1', ready: false, serving: true, terminating: true },
      { address: '10.244.1.2' },
    ],
    spec: {},
    because: 'it terminates, and others are ready',
  },
  {
    name: 'an endpoint on another Node',
    endpoints: [{ address: '10.244.1.1', node: 'n2' }],
    spec: { internalTrafficPolicy: 'Local' },
    because: 'it is on Node n2, and internalTrafficPolicy is Local on Node n1',
  },
] as const;
for (const { name, endpoints, spec, because } of explained) {
  t.test(`selectEndpoint() says why it leaves out ${name}`, async (t) => {
    const { steps } = selectEndpoint(
      frontendOf(endpoints, spec),
      FLOW,
      contextOf({ explain: true }),
    );
    t.equal(steps.find(({ outcome }) => outcome === 'skip')?.because, because);
  });
}

const AFFINE = {
  sessionAffinity: 'ClientIP',
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } },
};
const THREE = ['10.244.1.1', '10.244.1.2', '10.244.1.3'].map((address) => ({ address }));

const picks = [
  { name: 'random', expected: 'scheduler random: each is as likely as the others' },
  {
    name: 'lc',
    annotation: 'lc',
    expected: 'scheduler lc, by annotation: it has the fewest connections',
  },
  {
    name: 'no scheduler',
    annotation: 'fastest',
    expected:
      'scheduler random, as the annotation names none with "fastest": each is as likely as the others',
  },
  {
    name: 'affinity',
    spec: { sessionAffinity: 'ClientIP' },
    expected:
      'scheduler random: each is as likely as the others; session affinity keeps the client there for 10800 s',
  },
] as const;
for (const { name, expected, ...asked } of picks) {
  t.test(`selectEndpoint() says why it picks, with ${name}`, async (t) => {
    const annotations =
      'annotation' in asked ? { 'podlane.dev/proxy-scheduler': asked.annotation } : {};
    const frontend = frontendOf(THREE, 'spec' in asked ? asked.spec : {}, annotations);
    const { steps } = selectEndpoint(frontend, FLOW, contextOf({ explain: true }));
    t.equal(steps.find(({ part }) => part === 'pick')?.because, expected);
  });
}

t.test('selectEndpoint() says that a client keeps its endpoint', async (t) => {
  const frontend = frontendOf(THREE, AFFINE);
  const affinity = new AffinityTable();
  affinity.record(
    { node: 'n1', port: frontend.port.id, client: FLOW.source.address },
    '10.244.1.3:8080',
    0,
  );
  const { steps } = selectEndpoint(frontend, FLOW, contextOf({ affinity, explain: true }));
  t.equal(
    steps.find(({ part }) => part === 'pick')?.because,
    'session affinity: the client had it before, less than 100 s ago',
  );
});

t.test('selectEndpoint() prefers the first endpoint that the client is known to', async (t) => {
  const frontend = frontendOf(THREE, AFFINE);
  const affinity = new AffinityTable();
  const key = { node: 'n1', port: frontend.port.id, client: FLOW.source.address };
  affinity.record(key, '10.244.1.3:8080', 0);
  affinity.record(key, '10.244.1.2:8080', 0);
  const pick = (now: number, node = NODE): string => {
    const selection = selectEndpoint(frontend, FLOW, contextOf({ affinity, now, node }));
    return selection.kind === 'selected' ? selection.endpoint.address : selection.kind;
  };
  t.equal(pick(99_000), '10.244.1.2');
  t.equal(pick(100_000), '10.244.1.1', 'the time is over');
  t.equal(pick(0, { ...NODE, name: 'n2' }), '10.244.1.1', 'each Node remembers by itself');
  affinity.retain(frontend.port.id, (_node, endpoint) => endpoint !== '10.244.1.2:8080');
  t.equal(pick(0), '10.244.1.3', 'its endpoint was forgotten');
});
