/** What the routes say of servers before there is a request. */
import t from 'tap';
import { exchange, world, echo } from './world.ts';
import { object, route, type IngressFacts } from './routing.ts';

const web = { host: 'a.example', paths: ['Prefix / web'] } as const;
const ca = object('v1', 'Secret', {
  metadata: { name: 'ca', namespace: 'default' },
  data: { 'ca.crt': Buffer.from('authorities').toString('base64') },
});
const authTls = { 'auth-tls-secret': 'default/ca' } as const;

/** ingress-nginx with a flag. */
const controller = object('apps/v1', 'Deployment', {
  metadata: { namespace: 'ingress-nginx', name: 'ingress-nginx-controller' },
  spec: {
    selector: { matchLabels: { app: 'ingress-nginx' } },
    template: {
      metadata: { labels: { app: 'ingress-nginx' } },
      spec: {
        containers: [
          {
            name: 'controller',
            image: 'registry.k8s.io/ingress-nginx/controller:v1.15.1',
            args: ['/nginx-ingress-controller', '--enable-ssl-passthrough'],
          },
        ],
      },
    },
  },
});

t.test('RouteIndex knows which names matter before the handshake', async (t) => {
  using plain = route([web]);
  t.equal(plain.index.isServerNameNeeded, false);
  using asking = route([{ ...web, annotations: authTls }], [ca]);
  t.equal(asking.index.isServerNameNeeded, true);
  asking.store.delete({ kind: 'Ingress', namespace: 'default', name: 'web' });
  // The index follows in a microtask.
  await Promise.resolve();
  t.equal(asking.index.isServerNameNeeded, false);
  t.equal(asking.index.clientTlsFor('a.example'), undefined);
});

t.test('RouteIndex.clientTlsFor() is what the whole host asks', async (t) => {
  const other = { ...web, name: 'other', paths: ['Prefix /other web'] } as const;
  using routing = route([other, { ...web, annotations: authTls }], [ca]);
  t.match(routing.index.clientTlsFor('a.example'), { verify: 'on', ca: 'authorities' });
  t.equal(routing.index.clientTlsFor('b.example'), undefined);
  // Its other paths ask for it too, whichever Ingress they are of.
  for (const path of ['/', '/other'])
    t.match(routing.ask(`https://a.example${path}`).policy, {
      clientTls: { ca: 'authorities' },
    });
});

t.test(
  'RouteIndex.clientTlsFor() is that of rules for every host for names without rules',
  async (t) => {
    const every: IngressFacts = { ...web, host: '', annotations: authTls };
    using routing = route([every, { ...web, name: 'b', host: 'b.example' }], [ca]);
    t.match(routing.index.clientTlsFor(''), { ca: 'authorities' });
    t.match(routing.index.clientTlsFor('a.example'), { ca: 'authorities' });
    t.equal(routing.index.clientTlsFor('b.example'), undefined);
  },
);

const passing = { ...web, annotations: { 'ssl-passthrough': 'true' } } as const;
t.test('RouteIndex.passthroughFor() is the root backend, where the controller may', async (t) => {
  using forbidden = route([passing]);
  t.equal(forbidden.index.passthroughFor('a.example'), undefined);
  using routing = route([passing], [controller]);
  t.equal(routing.index.isServerNameNeeded, true);
  t.match(routing.index.passthroughFor('a.example'), { namespace: 'default', service: 'web' });
  t.equal(routing.index.passthroughFor('b.example'), undefined);
});

const served = [
  { servername: 'b.example', from: 'web' },
  { servername: 'c.example', from: 'web' },
  // The name with a star comes before the expression, for requests and so for certificates.
  { servername: 'www.example.org', from: 'star' },
  { servername: 'd.example', from: undefined },
] as const;
for (const { servername, from } of served) {
  t.test(`RouteIndex.certificateClaim() for ${servername} is of ${from}`, async (t) => {
    const aliases = String.raw`b.example, ~^c\.example$, ~^www\.example\.org$`;
    using routing = route([
      { ...web, tls: true, annotations: { 'server-alias': aliases } },
      { ...web, name: 'star', host: '*.example.org', tls: true },
    ]);
    const claim = routing.index.certificateClaim(servername, () => true);
    t.equal(claim?.secretName, from);
    t.equal(routing.ask(`https://${servername}/`).route?.source.name, from, 'as for requests');
  });
}

const classes = [
  { name: 'nothing', ingresses: [], isAlone: false },
  { name: 'its own', ingresses: [web], isAlone: true },
  { name: 'a default backend', ingresses: [{ default: 'web' }], isAlone: true },
  {
    name: 'another class beside it',
    ingresses: [web, { ...web, name: 'b', class: 'podlane' }],
    isAlone: false,
  },
  { name: 'another class', ingresses: [{ ...web, class: 'podlane' }], isAlone: false },
] as const;
for (const { name, ingresses, isAlone } of classes) {
  t.test(`RouteIndex.isNginxAlone with ${name} is ${isAlone}`, async (t) => {
    using routing = route(ingresses);
    t.equal(routing.index.isNginxAlone, isAlone);
  });
}

const tooLong = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`;
const unread = [
  {
    isAlone: true,
    request: tooLong,
    to: /^HTTP\/1\.1 400 [^]*Request Header Or Cookie Too Large<\/center>/,
  },
  { isAlone: false, request: tooLong, to: /^HTTP\/1\.1 431 [^]*text\/plain/ },
  {
    isAlone: true,
    request: 'GET / HTTP/1.1\r\n\r\n',
    to: /^HTTP\/1\.1 400 [^]*<h1>400 Bad Request<\/h1>/,
  },
] as const;
for (const { isAlone, request, to } of unread) {
  t.test(
    `serveIngress() answers an unreadable head, ${isAlone ? '' : 'not '}as nginx: ${to}`,
    async (t) => {
      await using w = await world({ backend: echo, isNginxAlone: () => isAlone });
      t.match(await exchange(w.port, request), to);
    },
  );
}
