import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import t from 'tap';
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
    const requests = readRequests(text).map(({ method, url }) => `${method} ${url.href}`);
    t.same(requests, ['GET http://a.example/x', 'POST http://b.example/y']);
  });
}

t.test('readRequests() reads headers of either form', async (t) => {
  const object = readRequests('{"url":"http://a/","headers":{"X-A":"1"}}');
  const list = readRequests('{"url":"http://a/","headers":[{"name":"X-A","value":"1"}]}');
  t.same(object[0]?.headers, [['X-A', '1']]);
  t.same(list[0]?.headers, [['X-A', '1']]);
});

t.test('readRequests() tells which line cannot be read, and throws nothing else', async (t) => {
  t.throws(() => readRequests('http://a/\nftp://b/'), { code: 'ERR_OPTION', message: /request 2/ });
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        readRequests(text);
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
  t.same(same, { requests: 3, differences: [] });
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
