import t from 'tap';
import {
  createDatapathView,
  decide,
  type DatapathView,
  type EvaluatePolicy,
} from '../../src/datapath/index.ts';
import { createAddressPlan, type Flow, type Origin } from '../../src/net/index.ts';
import {
  createLaxStore,
  nodeObject,
  podObject,
  put,
  serviceObject,
  sliceObject,
} from '../proxy/world.ts';

const POD: Origin = { kind: 'pod', namespace: 'default', name: 'client' };
const NODE: Origin = { kind: 'node', name: 'node-1' };
const OUTSIDE: Origin = { kind: 'outside' };

function createView(policy?: EvaluatePolicy): DatapathView {
  const store = createLaxStore();
  put(store, nodeObject('node-1', ['10.0.0.11']));
  put(store, nodeObject('node-2', ['10.0.0.12']));
  put(store, podObject('client', { address: '10.244.1.99', node: 'node-1' }));
  put(
    store,
    podObject('web', {
      address: '10.244.2.5',
      node: 'node-2',
      ports: [{ containerPort: 8080, hostPort: 8088 }],
    }),
  );
  put(store, podObject('agent', { address: '10.0.0.12', node: 'node-2', hostNetwork: true }));
  const ports = [{ port: 80, protocol: 'TCP', nodePort: 30_080 }];
  put(store, serviceObject('web', { type: 'NodePort', clusterIP: '10.96.0.10', ports }));
  put(
    store,
    sliceObject('web-1', { service: 'web', port: 8080, endpoints: [{ address: '10.244.2.5' }] }),
  );
  put(store, serviceObject('empty', { clusterIP: '10.96.0.11', ports: [{ port: 80 }] }));
  put(store, serviceObject('dev', { clusterIP: '10.96.0.12', ports: [{ port: 80 }] }));
  put(
    store,
    sliceObject('dev-1', { service: 'dev', port: 3000, endpoints: [{ address: '10.0.0.1' }] }),
  );
  put(store, serviceObject('db', { clusterIP: '10.96.0.13', ports: [{ port: 80 }] }));
  put(
    store,
    sliceObject('db-1', { service: 'db', port: 5432, endpoints: [{ address: '192.0.2.7' }] }),
  );
  put(store, serviceObject('gone', { clusterIP: '10.96.0.14', ports: [{ port: 80 }] }));
  put(
    store,
    sliceObject('gone-1', { service: 'gone', port: 80, endpoints: [{ address: '10.244.2.200' }] }),
  );
  return createDatapathView(store, { plan: createAddressPlan(), policy });
}

const SOURCES = { pod: '10.244.1.99', node: '10.0.0.11', outside: '192.0.2.50' };

function flowTo(destination: string, origin: Origin): Flow {
  const [, address = '', port] = /^\[?([^\]]*)\]?:(\d+)$/.exec(destination) ?? [];
  return {
    protocol: 'TCP',
    source: { address: SOURCES[origin.kind], port: 40_000 },
    destination: { address, port: Number(port) },
    origin,
    node: 'node-1',
  };
}

/** `target source > destination`, or `reason` with `silently` where it is. */
function verdict(flow: Flow, view: DatapathView): string {
  const decision = decide(flow, view, { random: () => 0, now: 0 });
  if (decision.kind === 'reject') return decision.reason + (decision.isSilent ? ' silently' : '');
  const { source, destination } = decision.flow;
  return `${decision.target} ${source.address} > ${destination.address}:${destination.port}`;
}

const cases = [
  { from: POD, to: '10.96.0.10:80', gives: 'pod 10.244.1.99 > 10.244.2.5:8080' },
  { from: NODE, to: '10.96.0.10:80', gives: 'pod 10.0.0.11 > 10.244.2.5:8080' },
  { from: OUTSIDE, to: '10.0.0.12:30080', gives: 'pod 10.0.0.11 > 10.244.2.5:8080' },
  { from: POD, to: '10.96.0.10:81', gives: 'no-such-port' },
  { from: POD, to: '10.96.0.11:80', gives: 'no-endpoints' },
  { from: POD, to: '10.96.7.7:80', gives: 'no-such-service silently' },
  { from: POD, to: '10.96.0.12:80', gives: 'host 10.244.1.99 > 127.0.0.1:3000' },
  { from: POD, to: '10.96.0.13:80', gives: 'outside 10.244.1.99 > 192.0.2.7:5432' },
  { from: POD, to: '10.96.0.14:80', gives: 'no-such-pod' },
  { from: POD, to: '10.244.2.5:8080', gives: 'pod 10.244.1.99 > 10.244.2.5:8080' },
  { from: POD, to: '10.244.2.6:8080', gives: 'no-such-pod' },
  { from: POD, to: '10.0.0.12:8088', gives: 'pod 10.244.1.99 > 10.244.2.5:8080' },
  { from: POD, to: '10.0.0.12:9100', gives: 'pod 10.244.1.99 > 10.0.0.12:9100' },
  { from: POD, to: '10.0.0.11:9100', gives: 'not-listening' },
  { from: POD, to: '10.0.0.99:80', gives: 'no-such-address' },
  { from: POD, to: '127.1.0.7:80', gives: 'no-such-address' },
  { from: POD, to: '10.0.0.1:3000', gives: 'host 10.244.1.99 > 127.0.0.1:3000' },
  { from: POD, to: '127.0.0.1:80', gives: 'pod 10.244.1.99 > 10.244.1.99:80' },
  { from: POD, to: '[::1]:80', gives: 'pod 10.244.1.99 > 10.244.1.99:80' },
  { from: NODE, to: '127.0.0.1:80', gives: 'not-listening' },
  { from: OUTSIDE, to: '127.0.0.1:80', gives: 'no-such-address' },
  { from: POD, to: '203.0.113.9:443', gives: 'outside 10.244.1.99 > 203.0.113.9:443' },
  { from: POD, to: 'nonsense:443', gives: 'no-such-address' },
] as const;
for (const { from, to, gives } of cases) {
  t.test(`decide() ${from.kind} to ${to}: ${gives}`, async (t) => {
    using view = createView();
    t.equal(verdict(flowTo(to, from), view), gives);
  });
}

for (const direction of ['egress', 'ingress'] as const) {
  t.test(`decide() rejects in silence what ${direction} policy denies`, async (t) => {
    using view = createView((question) => ({
      isAllowed: question.direction !== direction,
      steps: question.explain
        ? [
            {
              part: 'policy',
              outcome: question.direction === direction ? 'fail' : 'pass',
              what: question.direction,
            },
          ]
        : [],
    }));
    const flow = flowTo('10.96.0.10:80', POD);
    t.equal(verdict(flow, view), 'denied silently');
    const { steps } = decide(flow, view, { random: () => 0, now: 0, explain: true });
    t.match(steps.at(-1), { part: 'policy', outcome: 'fail', what: direction });
  });
}

t.test('decide() asks policies about the connection as the endpoint sees it', async (t) => {
  const asked: string[] = [];
  using view = createView(({ direction, flow, translated }) => {
    asked.push(`${direction} ${flow.destination.address} ${translated.destination.address}`);
    return { isAllowed: true, steps: [] };
  });
  verdict(flowTo('10.96.0.10:80', POD), view);
  t.same(asked, ['egress 10.96.0.10 10.244.2.5', 'ingress 10.96.0.10 10.244.2.5']);
});

t.test('decide() tells its steps only when asked', async (t) => {
  using view = createView();
  const flow = flowTo('10.96.0.10:80', POD);
  t.same(decide(flow, view, { random: () => 0, now: 0 }).steps, []);
  const { steps } = decide(flow, view, { random: () => 0, now: 0, explain: true });
  const lines = steps.map(({ part, outcome, what }) => `${part} ${outcome} ${what}`);
  t.same(lines, [
    'service pass 10.96.0.10:80 is the cluster IP of port 80/TCP',
    'endpoints pass 1 of 1 endpoints may serve',
    'pick pass 10.244.2.5:8080',
    'pick pass the endpoint sees the address of the client',
    'connect pass pod default/web',
    'policy pass egress of pod default/client is allowed',
    'policy pass ingress to pod default/web is allowed',
  ]);
});
