import t from 'tap';
import { normaliseHost } from '../../src/ingress/find-route.ts';
import { matchRoute } from '../../src/ingress/match.ts';
import {
  compileHost,
  type PathType,
  type Route,
  type RouteTable,
  type SpecificationHost,
} from '../../src/ingress/route-table.ts';

/** `Prefix /a svc`, as the tables below write routes. */
function route(text: string): Route {
  const [pathType = '', path = '', service = ''] = text.split(' ');
  return {
    pathType: pathType as PathType,
    path,
    backend: { namespace: 'default', service, port: 80 },
    source: {
      kind: 'Ingress',
      namespace: 'default',
      name: 'test',
      field: 'spec.rules[0].http.paths[0]',
    },
  };
}

function table(
  hosts: Readonly<Record<string, readonly string[]>>,
  defaultService?: string,
): RouteTable {
  const compiled = Object.entries(hosts).map(([host, routes]) =>
    compileHost(host, routes.map(route), undefined),
  );
  const named = (filter: (routes: SpecificationHost) => boolean): SpecificationHost[] =>
    compiled.filter(filter);
  const specification: RouteTable['specification'] = {
    hosts: new Map(
      named(({ host }) => host !== '' && !host.startsWith('*')).map((routes) => [
        routes.host,
        routes,
      ]),
    ),
    wildcards: new Map(
      named(({ host }) => host.startsWith('*')).map((routes) => [routes.host.slice(1), routes]),
    ),
    anyHost: compiled.find(({ host }) => host === ''),
    defaultRoute: defaultService === undefined ? undefined : route(`Prefix / ${defaultService}`),
  };
  const none = new Map<never, never>();
  const nginx = {
    hosts: none,
    wildcards: none,
    aliases: none,
    patterns: [],
    redirects: none,
    anyHost: undefined,
    defaultBackend: undefined,
  };
  return { specification, nginx };
}

const cases = [
  { hosts: { 'a.example': ['Prefix / root'] }, host: 'a.example', path: '/any/thing', to: 'root' },
  { hosts: { 'a.example': ['Exact /foo foo'] }, host: 'a.example', path: '/foo/', to: undefined },
  { hosts: { 'a.example': ['Exact /foo/ foo'] }, host: 'a.example', path: '/foo', to: undefined },
  { hosts: { 'a.example': ['Prefix /foo/ foo'] }, host: 'a.example', path: '/foo', to: 'foo' },
  {
    hosts: { 'a.example': ['Prefix /aaa/bbb b'] },
    host: 'a.example',
    path: '/aaa/bbbxyz',
    to: undefined,
  },
  {
    hosts: { 'a.example': ['Prefix /aaa/bbb b'] },
    host: 'a.example',
    path: '/aaa/bbb/ccc',
    to: 'b',
  },
  {
    hosts: { 'a.example': ['Prefix / r', 'Prefix /aaa a', 'Prefix /aaa/bbb b'] },
    host: 'a.example',
    path: '/aaa/x',
    to: 'a',
  },
  {
    hosts: { 'a.example': ['Prefix /foo p', 'Exact /foo e'] },
    host: 'a.example',
    path: '/foo',
    to: 'e',
  },
  { hosts: { 'a.example': ['Prefix /foo p'] }, host: 'a.example', path: '/FOO', to: undefined },
  { hosts: { '*.foo.example': ['Prefix / w'] }, host: 'bar.foo.example', path: '/', to: 'w' },
  {
    hosts: { '*.foo.example': ['Prefix / w'] },
    host: 'baz.bar.foo.example',
    path: '/',
    to: undefined,
  },
  { hosts: { '*.foo.example': ['Prefix / w'] }, host: 'foo.example', path: '/', to: undefined },
  {
    hosts: { '*.foo.example': ['Prefix / w'], 'bar.foo.example': ['Prefix / e'] },
    host: 'bar.foo.example',
    path: '/',
    to: 'e',
  },
  {
    hosts: { 'a.example': ['Prefix / a'], '': ['Prefix / any'] },
    host: 'b.example',
    path: '/',
    to: 'any',
  },
  {
    hosts: { 'a.example': ['Prefix /a a'], '': ['Prefix / any'] },
    host: 'a.example',
    path: '/b',
    to: 'any',
  },
  { hosts: { 'a.example': ['Prefix / a'] }, host: 'A.Example:8080', path: '/', to: 'a' },
  {
    hosts: { 'a.example': ['Prefix /a a'] },
    fallback: 'd',
    host: 'a.example',
    path: '/b',
    to: 'd',
  },
  { hosts: {}, fallback: 'd', host: '', path: '/', to: 'd' },
  { hosts: { 'a.example': ['Prefix / a'] }, host: 'a.example', path: '*', to: undefined },
  { hosts: { 'a.example': ['Prefix / a'] }, host: 'a.example', path: '//', to: 'a' },
  { hosts: { 'a.example': ['Prefix /a a'] }, host: 'a.example', path: '/b/a', to: undefined },
  { hosts: { 'a.example': ['Prefix /a/b a'] }, host: 'a.example', path: '/a/b//c', to: 'a' },
  { hosts: { 'a.example': ['Exact /a/ a'] }, host: 'a.example', path: '/a', to: undefined },
  {
    hosts: { 'a.example': ['Prefix /a first', 'Prefix /a second'] },
    host: 'a.example',
    path: '/a',
    to: 'first',
  },
] as const;
for (const { hosts, host, path, to, ...rest } of cases) {
  const fallback = 'fallback' in rest ? rest.fallback : undefined;
  t.test(`matchRoute() of ${JSON.stringify(hosts)} for ${host}${path}`, async (t) => {
    for (const isExplained of [false, true]) {
      const found = matchRoute(table(hosts, fallback), { host, path }, isExplained);
      const { match, steps } = found;
      t.equal(match.kind === 'specification' ? match.route.backend?.service : undefined, to);
      t.equal(steps.length > 0, isExplained);
    }
  });
}

t.test('matchRoute() says which paths the host has', async (t) => {
  const { steps } = matchRoute(
    table({ 'a.example': ['Prefix /a a', 'Exact /b b'] }),
    { host: 'a.example', path: '/c' },
    true,
  );
  t.match(steps, [
    {
      outcome: 'skip',
      what: 'host a.example: no path takes /c',
      because: 'it has Exact /b, Prefix /a',
    },
    { outcome: 'fail', what: 'no default backend either' },
  ]);
});

t.test('normaliseHost() drops port, case and trailing dot', async (t) => {
  t.equal(normaliseHost('A.Example.:80'), 'a.example');
  t.equal(normaliseHost('[::1]:8080'), '[::1]');
});
