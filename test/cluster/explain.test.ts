/** Who asks, and what each way into the cluster says. */
import t from 'tap';
import { explain } from '../../src/cluster/explain.ts';
import { get } from '../harness/clients.ts';
import { createFolder, startInProcess, type InProcess } from '../harness/instance.ts';
import { app, manifest, service } from '../harness/manifests.ts';

const PATHS = [
  { path: '/', backend: 'web' },
  { path: '/gone', backend: 'gone' },
  { path: '/portless', backend: 'web', port: 81 },
  { path: '/nobody', backend: 'nobody' },
  { path: '/elsewhere', backend: 'elsewhere' },
];
const USERS = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'users' } };
const NGINX = 'nginx.ingress.kubernetes.io';
const toWeb = { service: { name: 'web', port: { number: 80 } } };
const rule = (host: string) => ({
  host,
  http: { paths: [{ path: '/', pathType: 'Prefix', backend: toWeb }] },
});
const ingress = (name: string, ingressClassName: string, annotations = {}) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, annotations },
  spec: { ingressClassName, rules: [rule(`${name}.example.org`)] },
});

const folder = createFolder({
  'all.yaml': manifest(
    app('web', { replicas: 2, service: { type: 'NodePort' } }),
    app('nobody', { replicas: 0 }),
    app('local', {
      pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } },
      service: { type: 'NodePort', externalTrafficPolicy: 'Local' },
    }),
    app('echo', {
      containerPorts: [{ name: 'echo', containerPort: 7777, protocol: 'UDP' }],
      service: { ports: [{ port: 7, protocol: 'UDP', targetPort: 'echo' }] },
    }),
    app('balanced', {
      pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } },
      service: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
    }),
    { ...USERS, stringData: { auth: 'me:{PLAIN}secret' } },
    ingress('closed', 'nginx', {
      [`${NGINX}/auth-type`]: 'basic',
      [`${NGINX}/auth-secret`]: 'users',
    }),
    ingress('asked', 'nginx', {
      [`${NGINX}/auth-url`]: 'http://nobody.default.svc.cluster.local/',
    }),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'other' },
      spec: { controller: 'traefik.io/ingress-controller' },
    },
    ingress('foreign', 'other'),
    service('alias', {
      service: { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' },
    }),
    service('elsewhere', { service: { type: 'ExternalName', externalName: 'example.org' } }),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web' },
      spec: {
        rules: ['web.example.org', '*.wild.example.org', 'web.default'].map((host) => ({
          host,
          http: {
            paths: PATHS.map(({ path, backend: name, port: number = 80 }) => ({
              path,
              pathType: 'Prefix',
              backend: { service: { name, port: { number } } },
            })),
          },
        })),
      },
    },
  ),
});
const instance: InProcess = await startInProcess({ paths: [folder.path] });
t.teardown(async () => {
  await instance[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const { cluster } = instance;
const nodePortOf = (name: string): number =>
  cluster.store.get('Service', 'default', name)?.spec?.ports?.[0]?.nodePort ?? 0;
const door = `127.0.0.1:${cluster.ingress?.http[0]?.port}`;

interface Case {
  readonly from?: string;
  readonly to: string;
  readonly asks: string | RegExp;
  readonly verdict: string;
  readonly summary?: RegExp;
  readonly steps?: RegExp;
}

const balanced = cluster.store.get('Service', 'default', 'balanced')?.status?.loadBalancer;
const balancer = balanced?.ingress?.[0]?.ip ?? '';

const CASES: readonly Case[] = [
  {
    to: `http://${balancer}/`,
    asks: 'outside',
    verdict: 'answered',
    steps: /service the load balancer chooses the Node: node-2/,
  },
  {
    to: 'http://asked.example.org/',
    asks: 'outside',
    verdict: 'refused',
    summary: /^the ingress itself answers 500$/,
    steps:
      /answered 500: auth-url: http:\/\/nobody\.default\.svc\.cluster\.local\/ was asked first/,
  },
  {
    to: 'http://closed.example.org/',
    asks: 'outside',
    verdict: 'refused',
    summary: /^the ingress itself answers 401$/,
    steps: /route answered 401: auth-type/,
  },
  {
    to: 'http://foreign.example.org/',
    asks: 'outside',
    verdict: 'unreachable',
    summary: /^Ingress default\/foreign has this host, but no controller serves class other$/,
  },
  {
    to: 'http://wbe',
    asks: 'node-1',
    verdict: 'unresolved',
    summary: /clients see an unknown host\. Did you mean "web"\?$/,
  },
  {
    to: 'http://wbe.example.org/a',
    asks: 'node-1',
    verdict: 'unresolved',
    summary:
      /^wbe\.example\.org is the host of no Ingress, and no name of the cluster\. Did you mean "web\.example\.org"\?$/,
    steps: /^ingress no Ingress has the host wbe\.example\.org; web\.example\.org is the nearest/,
  },
  {
    to: 'http://web.example.org:9999/',
    asks: 'node-1',
    verdict: 'unresolved',
    summary: /clients see an unknown host$/,
  },
  {
    to: 'http://web',
    asks: 'node-1',
    verdict: 'answered',
    steps: /from no Pod is named: the entry asks as node-1, and searches names as a Pod in default/,
  },
  {
    to: 'http://web.default:80',
    asks: 'node-1',
    verdict: 'answered',
    summary: /^answered by pod default\/web-/,
  },
  { from: 'deploy/web', to: 'http://web', asks: /^default\/web-/, verdict: 'answered' },
  {
    from: 'deploy/web',
    to: 'http://web.example.org',
    asks: /^default\/web-/,
    verdict: 'unresolved',
  },
  {
    to: `127.0.0.1:${nodePortOf('web')}`,
    asks: 'outside',
    verdict: 'answered',
    steps: /from no Pod is named: the request comes from outside of the cluster/,
  },
  { to: `http://10.0.0.12:${nodePortOf('local')}`, asks: 'outside', verdict: 'answered' },
  { to: `http://127.0.0.12:${nodePortOf('local')}`, asks: 'outside', verdict: 'answered' },
  { to: `http://127.0.0.11:${nodePortOf('local')}`, asks: 'outside', verdict: 'dropped' },
  {
    to: 'http://web.example.org/a?b=c',
    asks: 'outside',
    verdict: 'answered',
    summary: /^answered by pod default\/web-\S+ through the ingress: HTTP 200 OK$/,
    steps: /it sees [^\n]*x-forwarded-for: 127\.0\.0\.1/i,
  },
  {
    to: `http://x.wild.example.org/`,
    asks: 'outside',
    verdict: 'answered',
    summary: /through the ingress/,
  },
  { to: `http://${door}/`, asks: 'outside', verdict: 'refused', summary: /itself answers 404/ },
  {
    to: 'http://web.example.org/gone',
    asks: 'outside',
    verdict: 'refused',
    summary: /^Service default\/gone does not exist: the client gets 503$/,
  },
  {
    to: 'http://web.example.org/portless',
    asks: 'outside',
    verdict: 'refused',
    summary: /^Service default\/web has no port 81: /,
  },
  {
    to: 'http://web.example.org/nobody',
    asks: 'outside',
    verdict: 'refused',
    summary: /^Service default\/nobody port 80 has no ready endpoint: /,
  },
  {
    to: 'http://web.example.org/elsewhere',
    asks: 'outside',
    verdict: 'refused',
    summary: /another name of example\.org/,
  },
  {
    from: 'deploy/web',
    to: 'udp://echo:7',
    asks: /^default\/web-/,
    verdict: 'answered',
    summary: /^answered by pod default\/echo-\S+: a datagram of 15 bytes$/,
    steps: /a datagram of 15 bytes: podlane explain/,
  },
  { to: 'udp://echo.default:7', asks: 'node-1', verdict: 'answered' },
  {
    from: 'deploy/web',
    to: 'udp://kube-dns.kube-system:53',
    asks: /^default\/web-/,
    verdict: 'answered',
    summary: /a DNS answer, NOERROR$/,
  },
  {
    from: 'deploy/web',
    to: 'udp://web:80',
    asks: /^default/,
    verdict: 'refused',
    summary: /has no port 80\/UDP/,
  },
  {
    from: 'deploy/web',
    to: 'tcp://web:80',
    asks: /^default/,
    verdict: 'answered',
    summary: /: connected$/,
  },
];

for (const { from, to, asks, verdict, summary, steps } of CASES) {
  t.test(`explain() of ${from ?? 'nobody'} -> ${to}`, async (t) => {
    const result = await explain(cluster, {
      to,
      namespace: 'default',
      ...(from === undefined ? {} : { from }),
    });
    t.match(result, { from: asks, to, verdict, ...(summary === undefined ? {} : { summary }) });
    const text = result.steps.map(({ part, what }) => `${part} ${what}`).join('\n');
    if (steps !== undefined) t.match(text, steps);
  });
}

t.test(
  'explain() tells each reason of a name once, and a missing family as no fault',
  async (t) => {
    const { steps } = await explain(cluster, { to: 'http://alias', namespace: 'default' });
    const names = steps.filter(({ part }) => part === 'dns');
    const texts = names.map(({ what, object }) => `${what} ${object ?? ''}`);
    t.same(texts, [...new Set(texts)]);
    t.match(
      names.find(({ what }) => what.endsWith('AAAA: NODATA')),
      { outcome: 'skip' },
    );
  },
);

t.test('statusOf() gives Ingresses of other controllers a reason, and no URL', async (t) => {
  const { ingresses, warnings } = instance.status();
  const why =
    'IngressClass other: controller traefik.io/ingress-controller is not served (served are podlane.dev/ingress and k8s.io/ingress-nginx)';
  t.match(
    ingresses.find(({ name }) => name === 'foreign'),
    { urls: [], unserved: why },
  );
  t.match(
    warnings.find(
      ({ object }) => object === 'Ingress foreign' || object === 'Ingress default/foreign',
    ),
    { message: why },
  );
});

const UNAVAILABLE = [
  { path: '/gone', says: 'Ingress default/web: Service default/gone does not exist' },
  { path: '/portless', says: 'Ingress default/web: Service default/web has no port 81' },
  {
    path: '/nobody',
    says: 'Ingress default/web: Service default/nobody port 80 has no ready endpoint',
  },
] as const;
for (const { path, says } of UNAVAILABLE) {
  t.test(`the ingress says why it answers 503 to ${path}`, async (t) => {
    const place = { address: '127.0.0.1', port: cluster.ingress?.http[0]?.port ?? 0 };
    const { status, body } = await get(place, { host: 'web.example.org', path });
    t.equal(status, 503);
    t.match(body, says);
  });
}
