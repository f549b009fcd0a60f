/** Who reaches whom, in clusters without sockets. */
import t from 'tap';
import type { ReachedFlow } from '../../../src/control/index.ts';
import { reachInMemory } from '../../../src/index.ts';
import { createFolder } from '../../harness/instance.ts';
import { deployment, manifest, service } from '../../harness/manifests.ts';

/** A Pod `name` in shop that listens on 8080, and 9000 over UDP. */
function pod(name: string, more: Readonly<Record<string, unknown>> = {}): object {
  const ports = [
    { name: 'http', containerPort: 8080 },
    { name: 'log', containerPort: 9000, protocol: 'UDP' },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app: name, ...more } },
    spec: { containers: [{ name: 'main', image: 'example.org/app:1', ports }] },
  };
}

function policy(name: string, spec: unknown): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'shop' },
    spec,
  };
}

const shop = { namespace: 'shop' };
/** web may not ask anybody but api, nor DNS; nobody but api may ask db. */
const WORLD = manifest(
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  ['web', 'api', 'db'].map((name) => pod(name)),
  pod('old', { tier: 'store' }),
  pod('new', { tier: 'store' }),
  service('api', shop),
  service('db', shop),
  service('named', {
    ...shop,
    service: { selector: { app: 'api' }, ports: [{ name: 'front', port: 81, targetPort: 8080 }] },
  }),
  service('dead', { ...shop, service: { selector: { app: 'nobody' } } }),
  service('front', { ...shop, service: { type: 'NodePort', selector: { app: 'api' } } }),
  service('store', { ...shop, service: { selector: { tier: 'store' } } }),
  service('headless', {
    ...shop,
    service: {
      clusterIP: 'None',
      selector: { app: 'api' },
      ports: [{ port: 80, targetPort: 8080 }],
    },
  }),
  deployment('workers', shop),
  policy('db', {
    podSelector: { matchLabels: { app: 'db' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'api' } } }] }],
  }),
  policy('web', {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Egress'],
    egress: [{ to: [{ podSelector: { matchLabels: { app: 'api' } } }] }],
  }),
  policy('new', { podSelector: { matchLabels: { app: 'new' } } }),
);

const REACHED = [
  { from: 'shop/api', to: 'shop/db', found: 'shop/db 8080/TCP allowed' },
  { from: 'api', to: 'pod/db', found: 'shop/db 8080/TCP allowed' },
  { from: 'shop/api', to: 'shop/pod/db:log', found: 'shop/db 9000/UDP allowed' },
  { from: 'shop/api', to: 'udp://shop/db', found: 'shop/db 9000/UDP allowed' },
  { from: 'shop/api', to: 'shop/db:81', found: 'shop/db 81/TCP refused' },
  { from: 'shop/api', to: 'svc/db', found: 'svc/db.shop 80/TCP allowed' },
  { from: 'shop/api', to: 'db', found: 'db 80/TCP allowed' },
  { from: 'shop/api', to: 'web:log', found: 'shop/web 9000/UDP allowed' },
  { from: 'shop/api', to: 'named:front', found: 'named 81/TCP allowed' },
  { from: 'shop/api', to: 'web', found: 'shop/web 8080/TCP allowed' },
  { from: 'shop/api', to: 'http://db.shop/', found: 'http://db.shop/ 80/TCP allowed' },
  { from: 'shop/api', to: 'nosuch:80', found: 'nosuch:80 80/TCP unresolved' },
  { from: 'shop/api', to: '10.244.250.250:80', found: '10.244.250.250:80 80/TCP unreachable' },
  { from: 'shop/api', to: 'svc/dead', found: 'svc/dead.shop 80/TCP refused' },
  { from: 'shop/db', to: 'svc/headless', found: 'svc/headless.shop 80/TCP allowed' },
  { from: 'deploy/workers', to: 'shop/api', found: 'shop/api 8080/TCP allowed' },
  { from: 'shop/db', to: 'workers', found: 'workers 80/TCP unresolved' },
  { from: 'shop/web', to: 'shop/db', found: 'shop/db 8080/TCP denied' },
  { from: 'shop/web', to: 'shop/db:log', found: 'shop/db 9000/UDP denied' },
  { from: 'shop/web', to: 'shop/api', found: 'shop/api 8080/TCP allowed' },
  { from: 'shop/web', to: 'svc/api', found: 'svc/api.shop 80/TCP allowed' },
  { from: 'shop/web', to: 'http://api/', found: 'http://api/ 80/TCP denied' },
  {
    from: 'shop/web',
    to: 'udp://kube-dns.kube-system',
    found: 'udp://kube-dns.kube-system 53/UDP denied',
  },
  {
    from: 'shop/api',
    to: 'udp://kube-dns.kube-system',
    found: 'udp://kube-dns.kube-system 53/UDP allowed',
  },
  { from: 'shop/api', to: 'svc/store', found: 'svc/store.shop 80/TCP mixed' },
  { from: 'outside', to: 'svc/front', found: 'svc/front.shop 80/TCP allowed' },
  { from: 'outside', to: 'shop/svc/db', found: 'svc/db.shop 80/TCP unreachable' },
  { from: 'outside', to: 'shop/db', found: 'shop/db 8080/TCP denied' },
] as const;

const textOf = ({ to, port, protocol, verdict }: ReachedFlow): string =>
  `${to} ${port}/${protocol} ${verdict}`;

t.test('reach()', async (t) => {
  using folder = createFolder({ 'world.yaml': WORLD });
  const desk = reachInMemory([folder.path]);
  const sources = Map.groupBy(REACHED, ({ from }) => from);
  for (const [from, rows] of sources) {
    const results = await desk.reach({ from, to: rows.map(({ to }) => to), namespace: 'shop' });
    for (const [index, result] of results.entries())
      t.equal(
        textOf(result),
        rows[index]?.found,
        `from ${from} to ${rows[index]?.to}: ${result.why}`,
      );
  }
});

t.test('reach() names the rule that decided, with its file and line', async (t) => {
  using folder = createFolder({ 'world.yaml': WORLD });
  const desk = reachInMemory([folder.path]);
  for (const isDecided of [false, true]) {
    const about = { to: ['shop/db'], namespace: 'shop', isDecided };
    const [denied] = await desk.reach({ from: 'shop/new', ...about });
    t.match(denied, {
      verdict: 'denied',
      rule: /^NetworkPolicy shop\/db spec\.ingress\[0\] \(.*world\.yaml:\d+\)$/,
    });
    const [allowed] = await desk.reach({ from: 'shop/api', ...about });
    t.match(allowed, { verdict: 'allowed', rule: /^NetworkPolicy shop\/db spec\.ingress\[0\] / });
    const [free] = await desk.reach({ from: 'shop/api', ...about, to: ['shop/web'] });
    t.match(free, { verdict: 'allowed', rule: undefined, why: /no policy selects it/ });
  }
});

const WRONG = [
  { from: 'shop/nosuch', to: 'shop/db', message: /there is no Pod "shop\/nosuch"/ },
  { from: 'shop/api', to: 'shop/nosuch', message: /there is no Pod "shop\/nosuch"/ },
  { from: 'shop/api', to: 'svc/nosuch', message: /there is no Service shop\/nosuch/ },
  { from: 'shop/api', to: 'shop/db:sql', message: /shop\/db has no port called "sql"/ },
  { from: 'shop/api', to: 'db:sql', message: /db has no port called "sql"/ },
  { from: 'shop/api', to: 'db:99999', message: /is no URL, name or address/ },
] as const;

t.test('reach() refuses who is not there', async (t) => {
  using folder = createFolder({ 'world.yaml': WORLD });
  const desk = reachInMemory([folder.path]);
  for (const { from, to, message } of WRONG)
    await t.rejects(desk.reach({ from, to: [to], namespace: 'shop' }), { message });
});

const JUDGED = [
  { row: '{from: shop/api, to: shop/db, expect: allow}', outcome: 'met' },
  { row: '{from: shop/web, to: shop/db, expect: allow}', outcome: 'failed' },
  {
    row: '{from: shop/web, to: shop/db, expect: deny}',
    outcome: 'met',
    control: /shop\/api reaches it|answers its own Pod/,
  },
  {
    row: '{from: shop/web, to: shop/db, port: log, expect: deny}',
    outcome: 'met',
    control: /answers its own Pod/,
  },
  { row: '{from: shop/api, to: shop/db, expect: deny}', outcome: 'failed' },
  { row: '{from: shop/web, to: shop/db, port: 81, expect: deny}', outcome: 'unproven' },
  { row: '{from: shop/web, to: svc/dead, expect: deny}', outcome: 'unproven' },
  { row: '{from: shop/web, to: "nosuch:80", expect: deny}', outcome: 'unproven' },
  { row: '{from: shop/web, to: db, expect: deny}', outcome: 'met', control: /./ },
  { row: '{from: shop/api, to: svc/store, expect: deny}', outcome: 'failed' },
  { row: '{from: shop/api, to: svc/store, expect: allow}', outcome: 'failed' },
  { row: '{from: outside, to: svc/db, expect: deny}', outcome: 'met', control: /./ },
  {
    row: '{from: shop/new, to: shop/db, protocol: SCTP, port: 80, expect: deny}',
    outcome: 'met',
    control: /^without policies it is delivered to/,
  },
] as const;

for (const isDecided of [false, true]) {
  t.test(`judge() with isDecided ${isDecided}`, async (t) => {
    using folder = createFolder({ 'world.yaml': WORLD });
    const { expectations } = await reachInMemory([folder.path]).expect({
      file: '',
      shown: 'expect.yaml',
      input: JUDGED.map(({ row }) => `- ${row}\n`).join(''),
      namespace: 'shop',
      isDecided,
    });
    for (const [index, { row, outcome, ...more }] of JUDGED.entries()) {
      const judged = expectations[index];
      // A decision knows nothing of who listens.
      const isBlind = isDecided && row.includes('port: 81');
      t.equal(judged?.outcome, isBlind ? 'met' : outcome, `${row}: ${judged?.flow.why}`);
      t.match(judged, { file: 'expect.yaml', line: index + 1 });
      if ('control' in more && !isDecided) t.match(judged?.control, more.control, row);
    }
  });
}

t.test('judge() tells the line of an expectation about who is not there', async (t) => {
  using folder = createFolder({ 'world.yaml': WORLD });
  const input =
    '- {from: shop/web, to: shop/db, expect: deny}\n- {from: shop/nosuch, to: shop/db, expect: deny}\n';
  const asked = reachInMemory([folder.path]).expect({
    file: '',
    shown: 'e.yaml',
    input,
    namespace: 'shop',
  });
  await t.rejects(asked, { code: 'ERR_OPTION', position: { file: 'e.yaml', line: 2 } });
});

t.test('matrix() has a row for each Pod and a column for each target', async (t) => {
  using folder = createFolder({ 'world.yaml': WORLD });
  const desk = reachInMemory([folder.path]);
  const found = await desk.matrix({
    namespace: 'shop',
    labelSelector: 'app in (web, api, db)',
    hasServices: true,
    port: 'http',
  });
  t.same(found.rows, ['shop/api', 'shop/db', 'shop/web']);
  t.same(found.columns.slice(0, 3), found.rows);
  t.equal(found.flows.length, found.rows.length * found.columns.length);
  const verdict = (from: string, to: string): string | undefined =>
    found.flows.find((flow) => flow.from === from && flow.to === to)?.verdict;
  t.equal(verdict('shop/web', 'shop/db'), 'denied');
  t.equal(verdict('shop/web', 'svc/db.shop'), 'denied');
  t.equal(verdict('shop/api', 'svc/db.shop'), 'allowed');
  t.equal(verdict('shop/web', 'shop/web'), 'allowed');
  await t.rejects(desk.matrix({ namespace: 'shop', labelSelector: 'a in (' }), { message: /./ });
  await t.rejects(desk.matrix({ namespace: 'shpo' }), { message: /there is no namespace "shpo"/ });
});

const NODES = ['node-1', 'node-2', 'node-3'];

t.test('reach() from outside enters at a Node that a load balancer would choose', async (t) => {
  const worlds = NODES.map((nodeName) => [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: nodeName, labels: { app: nodeName } },
      spec: {
        nodeName,
        containers: [{ name: 'main', image: 'echo', ports: [{ containerPort: 8080 }] }],
      },
    },
    service(nodeName, {
      service: {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        ports: [{ port: 80, targetPort: 8080 }],
      },
    }),
  ]);
  using folder = createFolder({ 'all.yaml': manifest(...worlds) });
  const to = NODES.map((name) => `svc/${name}`);
  const results = await reachInMemory([folder.path]).reach({ to, namespace: 'default' });
  t.same(
    results.map(({ verdict }) => verdict),
    NODES.map(() => 'allowed'),
  );
});
