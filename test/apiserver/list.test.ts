import t from 'tap';
import { ask, askJson } from './ask.ts';
import { testExchanges, type Exchange } from './exchange.ts';
import { startTestServer } from './test-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());
for (const index of [0, 1, 2, 3, 4])
  server.store.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `c${index}`, namespace: 'default', labels: { index: String(index) } },
  });

interface List {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

const namesOf = ({ items }: List): readonly string[] => items.map(({ metadata }) => metadata.name);

t.test('listObjects() pages through one state, whatever happens meanwhile', async (t) => {
  const first = await askJson<List>(server, { path: `${CONFIG_MAPS}?limit=2` });
  t.same(namesOf(first), ['c0', 'c1']);
  t.equal(first.metadata.remainingItemCount, 3);
  server.store.delete({ kind: 'ConfigMap', namespace: 'default', name: 'c2' });
  const second = await askJson<List>(server, {
    path: `${CONFIG_MAPS}?limit=2&continue=${first.metadata.continue}`,
  });
  t.same(namesOf(second), ['c2', 'c3']);
  t.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const last = await askJson<List>(server, {
    path: `${CONFIG_MAPS}?limit=2&continue=${second.metadata.continue}`,
  });
  t.same(namesOf(last), ['c4']);
  t.equal(last.metadata.continue, undefined);
  t.equal(last.metadata.remainingItemCount, undefined);
});

t.test('listObjects() does not count what remains under a selector', async (t) => {
  const list = await askJson<List>(server, {
    path: `${CONFIG_MAPS}?limit=1&labelSelector=${encodeURIComponent('index in (3,4)')}`,
  });
  t.same(namesOf(list), ['c3']);
  t.not(list.metadata.continue, undefined);
  t.equal(list.metadata.remainingItemCount, undefined);
});

const forgotten = Buffer.from(
  JSON.stringify({ v: 'meta.k8s.io/v1', rv: 1, start: 'default\u0000c1' }),
).toString('base64url');

const lists: readonly Exchange[] = [
  {
    name: 'a token of a list that is forgotten',
    path: `${CONFIG_MAPS}?limit=1&continue=${forgotten}`,
    status: 410,
    reason: 'Expired',
  },
  {
    name: 'a token that is none',
    path: `${CONFIG_MAPS}?limit=1&continue=garbage`,
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'a token beside a version',
    path: `${CONFIG_MAPS}?continue=${forgotten}&resourceVersion=4`,
    status: 400,
    says: 'specifying resource version is not allowed when using continue',
  },
  {
    name: 'a limit that is no number',
    path: `${CONFIG_MAPS}?limit=x`,
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'a version that is no number',
    path: `${CONFIG_MAPS}?resourceVersion=x`,
    status: 400,
    says: /invalid resource version/,
  },
  {
    name: 'a version that is not reached',
    path: `${CONFIG_MAPS}?resourceVersion=99999`,
    status: 504,
    reason: 'Timeout',
    has: { details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 } },
  },
  {
    name: 'any version',
    path: `${CONFIG_MAPS}?resourceVersion=0`,
    status: 200,
    has: { kind: 'ConfigMapList' },
  },
  {
    name: 'a version that is passed',
    path: `${CONFIG_MAPS}?resourceVersion=1&resourceVersionMatch=NotOlderThan`,
    status: 200,
  },
  {
    name: 'a match without a version',
    path: `${CONFIG_MAPS}?resourceVersionMatch=Exact`,
    status: 422,
    says: 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  },
  {
    name: 'an exact match of any version',
    path: `${CONFIG_MAPS}?resourceVersionMatch=Exact&resourceVersion=0`,
    status: 422,
    says: 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  },
  {
    name: 'a match that is none',
    path: `${CONFIG_MAPS}?resourceVersionMatch=Some&resourceVersion=1`,
    status: 422,
    says: /Unsupported value: \\"Some\\": supported values: \\"Exact\\", \\"NotOlderThan\\"/,
  },
  {
    name: 'an exact version that is gone',
    path: `${CONFIG_MAPS}?resourceVersionMatch=Exact&resourceVersion=1`,
    status: 410,
    reason: 'Expired',
  },
  {
    name: 'a list that asks for its events',
    path: `${CONFIG_MAPS}?sendInitialEvents=true`,
    status: 422,
    says: /sendInitialEvents is forbidden for list/,
  },
  {
    name: 'a label selector that cannot be read',
    path: `${CONFIG_MAPS}?labelSelector=a b`,
    status: 400,
    says: "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
  },
  {
    name: 'a field selector that cannot be read',
    path: `${CONFIG_MAPS}?fieldSelector=a`,
    status: 400,
    says: "invalid selector: 'a'; can't understand 'a'",
  },
  {
    name: 'a field that cannot be selected by',
    path: `${CONFIG_MAPS}?fieldSelector=data.a=b`,
    status: 400,
    says: '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
  },
  {
    name: 'a field of Pods that cannot be selected by',
    path: '/api/v1/pods?fieldSelector=spec.none=b',
    status: 400,
    says: 'field label not supported: spec.none',
  },
  {
    name: 'a list of a namespace that is not there',
    path: '/api/v1/namespaces/none/configmaps',
    status: 200,
    has: { items: [] },
  },
  {
    name: 'a list of metadata',
    path: `${CONFIG_MAPS}?fieldSelector=metadata.name=c1`,
    headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
    status: 200,
    has: {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'c1' } }],
    },
  },
  {
    name: 'a Table with objects',
    path: `${CONFIG_MAPS}?fieldSelector=metadata.name=c1&includeObject=Object`,
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    status: 200,
    has: { kind: 'Table', rows: [{ cells: ['c1', '0'], object: { kind: 'ConfigMap' } }] },
  },
  {
    name: 'a Table without objects',
    path: `${CONFIG_MAPS}?fieldSelector=metadata.name=c1&includeObject=None`,
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    status: 200,
    has: { rows: [{ object: null }] },
  },
  {
    name: 'an includeObject that is none',
    path: `${CONFIG_MAPS}?includeObject=Some`,
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'a group that is not served',
    path: '/apis/none.example.org/v1/things',
    status: 404,
    says: /^404 page not found\n$/,
  },
  {
    name: 'a resource that is not served',
    path: '/api/v1/things',
    status: 404,
    says: 'the server could not find the requested resource',
  },
  {
    name: 'an object that is not there',
    path: `${CONFIG_MAPS}/none`,
    status: 404,
    says: 'configmaps "none" not found',
    has: { details: { kind: 'configmaps', name: 'none' } },
  },
  {
    name: 'types that nobody serves',
    path: CONFIG_MAPS,
    headers: { accept: 'text/html' },
    status: 406,
    reason: 'NotAcceptable',
  },
  {
    name: 'protobuf alone',
    path: CONFIG_MAPS,
    headers: { accept: 'application/vnd.kubernetes.protobuf' },
    status: 406,
  },
  {
    name: 'protobuf with a way out',
    path: CONFIG_MAPS,
    headers: { accept: 'application/vnd.kubernetes.protobuf,application/json' },
    status: 200,
    has: { kind: 'ConfigMapList' },
  },
  {
    name: 'YAML',
    path: `${CONFIG_MAPS}/c0`,
    headers: { accept: 'application/yaml' },
    status: 200,
    says: /^apiVersion: v1\nkind: ConfigMap\nmetadata:\n[^]*resourceVersion: "\d+"/,
  },
  {
    name: 'OPTIONS',
    method: 'OPTIONS',
    path: CONFIG_MAPS,
    status: 405,
    reason: 'MethodNotAllowed',
  },
  { name: 'PUT to a collection', method: 'PUT', path: CONFIG_MAPS, body: {}, status: 405 },
  { name: 'POST to an object', method: 'POST', path: `${CONFIG_MAPS}/c0`, body: {}, status: 405 },
  {
    name: 'a token that is not known',
    path: CONFIG_MAPS,
    headers: { authorization: 'Bearer wrong' },
    status: 401,
    reason: 'Unauthorized',
  },
  {
    name: 'the paths that there are',
    path: '/',
    status: 200,
    has: { paths: ['/api', '/api/v1', '/apis'] },
  },
];
testExchanges(t, lists, server);

t.test('route() answers HEAD with the head alone, where it is no resource', async (t) => {
  const answer = await ask(server, { method: 'HEAD', path: '/version' });
  t.match({ ...answer }, { status: 200, text: '' });
  const refused = await ask(server, { method: 'HEAD', path: CONFIG_MAPS });
  t.match({ ...refused }, { status: 405, text: '' });
});

t.test('encodeResponse() compresses large answers for who takes it', async (t) => {
  for (let index = 0; index < 40; index += 1)
    server.store.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `s${index}`, namespace: 'default' },
      data: { a: 'YWFh'.repeat(1500) },
    });
  const path = '/api/v1/secrets';
  const plain = await ask(server, { path });
  const small = await ask(server, { path, headers: { 'accept-encoding': 'gzip' } });
  t.equal(plain.headers['content-encoding'], undefined);
  t.equal(small.headers['content-encoding'], 'gzip');
  t.equal(small.headers['vary'], 'Accept-Encoding');
});
