import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import t, { type Test } from 'tap';
import { readRequests } from '../../src/cluster/compare/read-requests.ts';
import { compareManifests } from '../../src/index.ts';
import { PodlaneError } from '../../src/net/index.ts';

const texts = [
  { name: 'URLs', text: 'http://a.example/x\n\n# no\nPOST b.example/y' },
  {
    name: 'NDJSON',
    text: '{"url":"http://a.example/x"}\n{"method":"post","url":"http://b.example/y"}',
  },
  {
    name: 'a HAR',
    text: JSON.stringify({
      log: {
        entries: [
          { request: { method: 'GET', url: 'http://a.example/x', headers: [] } },
          { request: { method: 'POST', url: 'http://b.example/y', headers: [] } },
        ],
      },
    }),
  },
] as const;
for (const { name, text } of texts) {
  t.test(`readRequests() reads ${name}`, async (t) => {
    const requests = readRequests(text, 'urls.txt').map(
      ({ method, url }) => `${method} ${url.href}`,
    );
    t.same(requests, ['GET http://a.example/x', 'POST http://b.example/y']);
  });
}

t.test('readRequests() reads headers of either form', async (t) => {
  const object = readRequests('{"url":"http://a/","headers":{"X-A":"1"}}', 'a');
  const list = readRequests('{"url":"http://a/","headers":[{"name":"X-A","value":"1"}]}', 'a');
  t.same(object[0]?.headers, [['X-A', '1']]);
  t.same(list[0]?.headers, [['X-A', '1']]);
});

t.test('readRequests() tells which line cannot be read, and throws nothing else', async (t) => {
  const wrong = [
    ['http://a/\nftp://b/', 2],
    ['http://a/\n\nnot a url', 3],
    ['nonsense http://a/', 1],
    ['{"method":"GET"}', 1],
    ['{"url"', 1],
    ['{"log":{"entries":[{}]}}', 1],
  ] as const;
  for (const [text, line] of wrong)
    t.throws(() => readRequests(text, 'urls.txt'), {
      code: 'ERR_OPTION',
      position: { file: 'urls.txt', line },
    });
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        readRequests(text, 'urls.txt');
        return true;
      } catch (error) {
        return error instanceof PodlaneError;
      }
    }),
  );
});

const manifest = (ingressClass: string, annotations: string): string => `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: None, ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
endpoints: [{ addresses: [10.0.0.1] }]
ports: [{ port: 8080 }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, annotations: { ${annotations} } }
spec:
  ingressClassName: ${ingressClass}
  rules:
    - host: shop.example
      http:
        paths:
          - { path: /api, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
`;

const secret = `---
apiVersion: v1
kind: Secret
metadata: { name: users }
stringData: { auth: "me:{PLAIN}secret" }
`;
const other = `---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: other }
spec: { controller: traefik.io/ingress-controller }
`;
const nginx = (annotations: Readonly<Record<string, string>>): string =>
  Object.entries(annotations)
    .map(([name, value]) => `nginx.ingress.kubernetes.io/${name}: "${value}"`)
    .join(', ');
const basicAuth = nginx({ 'auth-type': 'basic', 'auth-secret': 'users' });
const canary = (weight: number): string => {
  const rules = nginx({ canary: 'true', 'canary-weight': String(weight) });
  const next = manifest('nginx', rules).replaceAll(/\bweb\b/g, 'next');
  return `${manifest('nginx', '')}---${next}`;
};

const sides: readonly {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly request?: string;
  readonly client?: string;
  readonly fields: readonly (readonly [field: string, before: unknown, after: unknown])[];
  readonly warnings?: readonly string[];
}[] = [
  {
    name: 'basic auth that goes',
    before: `${manifest('nginx', basicAuth)}${secret}`,
    after: `${manifest('nginx', '')}${secret}`,
    fields: [
      ['backend', undefined, 'default/web:80'],
      ['status', 401, 200],
      ['target', undefined, '/api'],
    ],
  },
  {
    name: 'basic auth, asked with the password',
    before: `${manifest('nginx', basicAuth)}${secret}`,
    after: `${manifest('nginx', '')}${secret}`,
    request: '{"url":"http://shop.example/api","headers":{"Authorization":"Basic bWU6c2VjcmV0"}}',
    fields: [['request authorization', undefined, 'Basic bWU6c2VjcmV0']],
  },
  {
    name: 'a canary of another weight',
    before: canary(20),
    after: canary(30),
    fields: [['canary', 'default/next:80, weight 20 of 100', 'default/next:80, weight 30 of 100']],
  },
  { name: 'a canary that stays', before: canary(20), after: canary(20), fields: [] },
  {
    name: 'another list of sources, neither with the client',
    before: manifest('nginx', nginx({ 'whitelist-source-range': '10.0.0.0/8' })),
    after: manifest('nginx', nginx({ 'whitelist-source-range': '10.1.0.0/16' })),
    fields: [['allow', ['10.0.0.0/8'], ['10.1.0.0/16']]],
  },
  {
    name: 'a list of sources with the client that is given',
    before: manifest('nginx', nginx({ 'whitelist-source-range': '10.0.0.0/8' })),
    after: manifest('nginx', nginx({ 'whitelist-source-range': '10.1.0.0/16' })),
    client: '10.2.0.1',
    fields: [
      ['backend', 'default/web:80', undefined],
      ['status', 200, 403],
      ['target', '/api', undefined],
      ['allow', ['10.0.0.0/8'], ['10.1.0.0/16']],
    ],
  },
  {
    name: 'a class of another controller',
    before: manifest('nginx', ''),
    after: `${manifest('other', '')}${other}`,
    fields: [
      ['backend', 'default/web:80', undefined],
      ['status', 200, 404],
      ['target', '/api', undefined],
    ],
    warnings: [
      '--after: Ingress default/web: IngressClass other: controller traefik.io/ingress-controller is not served (served are podlane.dev/ingress and k8s.io/ingress-nginx)',
    ],
  },
];

/** The paths of texts, for as long as the test runs. */
function filesOf(t: Test, contents: Readonly<Record<string, string>>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-compare-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return Object.fromEntries(
    Object.entries(contents).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return [name, join(folder, name)];
    }),
  );
}

for (const { name, client, warnings = [], ...side } of sides) {
  t.test(`compareManifests() compares ${name}`, async (t) => {
    const { request = 'http://shop.example/api' } = side;
    const files = filesOf(t, { 'a.yaml': side.before, 'b.yaml': side.after, urls: request });
    const result = await compareManifests({
      before: [files['a.yaml'] ?? ''],
      after: [files['b.yaml'] ?? ''],
      requests: files['urls'] ?? '',
      ...(client === undefined ? {} : { client }),
    });
    const found = result.differences.flatMap(({ fields }) =>
      fields.map(({ field, before, after }) => [field, before, after]),
    );
    t.same(found, side.fields);
    t.same(result.warnings, warnings);
  });
}

t.test('compareManifests() says which input cannot be read, and why', async (t) => {
  const files = filesOf(t, { 'a.yaml': manifest('nginx', ''), urls: 'http://shop.example/' });
  const paths = { before: [files['a.yaml'] ?? ''], after: [files['a.yaml'] ?? ''] };
  const requests = files['urls'] ?? '';
  await t.rejects(compareManifests({ ...paths, requests: 'no-file' }), {
    code: 'ERR_OPTION',
    message: 'no-file: the requests cannot be read: no such file',
  });
  await t.rejects(compareManifests({ ...paths, requests, client: 'me' }), { code: 'ERR_OPTION' });
  await t.rejects(compareManifests({ ...paths, after: ['no-folder'], requests }), {
    code: 'ERR_MANIFESTS',
    message: '1 error in the manifests of --after no-folder',
    problems: [{ message: 'no such file or folder', position: { file: 'no-folder' } }],
  });
});

t.test('compareManifests() tells where two classes part ways', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-compare-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const before = write(
    'before.yaml',
    manifest('nginx', 'nginx.ingress.kubernetes.io/rewrite-target: /v1'),
  );
  const after = write('after.yaml', manifest('podlane', ''));
  const requests = write(
    'urls.txt',
    ['http://shop.example/api', 'http://shop.example/API', 'http://other.example/'].join('\n'),
  );
  const same = await compareManifests({ before: [before], after: [before], requests });
  t.same(same, { requests: 3, differences: [], warnings: [] });
  const { differences } = await compareManifests({ before: [before], after: [after], requests });
  const found = differences.map(({ request, fields }) => [
    request,
    fields.map(({ field, before: was, after: is }) => [field, was, is]),
  ]);
  t.same(found, [
    ['GET http://shop.example/api', [['target', '/v1', '/api']]],
    [
      'GET http://shop.example/API',
      [
        ['backend', 'default/web:80', undefined],
        ['status', 200, 404],
        ['target', '/v1', undefined],
      ],
    ],
  ]);
});
