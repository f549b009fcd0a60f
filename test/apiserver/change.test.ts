import t from 'tap';
import { askJson } from './ask.ts';
import {
  APPLY_PATCH,
  exchange,
  JSON_BODY,
  JSON_PATCH,
  MERGE_PATCH,
  STRATEGIC_PATCH,
  testExchanges,
  type Exchange,
} from './exchange.ts';
import { startTestServer } from './test-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const config = (name: string, rest: object = {}): object => ({ metadata: { name }, ...rest });

const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());
for (const name of ['a', 'b', 'c'])
  server.store.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: { name } },
    data: { a: '1' },
  });

const patches: readonly Exchange[] = [
  {
    name: 'a merge patch',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: MERGE_PATCH,
    body: '{"data":{"b":"2"}}',
    status: 200,
    has: { data: { a: '1', b: '2' } },
  },
  {
    name: 'a strategic merge patch',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: STRATEGIC_PATCH,
    body: '{"data":{"b":null}}',
    status: 200,
    has: { data: { a: '1' } },
  },
  {
    name: 'a JSON patch',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: JSON_PATCH,
    body: '[{"op":"add","path":"/data/c","value":"3"}]',
    status: 200,
    has: { data: { c: '3' } },
  },
  {
    name: 'a JSON patch that fails',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: JSON_PATCH,
    body: '[{"op":"test","path":"/data/c","value":"4"}]',
    status: 422,
    reason: 'Invalid',
  },
  {
    name: 'a patch of another life',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: MERGE_PATCH,
    body: '{"metadata":{"resourceVersion":"1"}}',
    status: 409,
    reason: 'Conflict',
  },
  {
    name: 'a patch of no type',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: JSON_BODY,
    body: '{}',
    status: 415,
    says: '415: Unsupported Media Type',
  },
  {
    name: 'a patch of what is not there',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/none`,
    headers: MERGE_PATCH,
    body: '{}',
    status: 404,
  },
  {
    name: 'a patch that is none',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: MERGE_PATCH,
    body: '[',
    status: 400,
  },
  {
    name: 'an apply without a manager',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: APPLY_PATCH,
    body: 'apiVersion: v1\nkind: ConfigMap\n',
    status: 422,
    says: /fieldManager: Required value: is required for apply patch/,
  },
  {
    name: 'an old version',
    method: 'PUT',
    path: `${CONFIG_MAPS}/a`,
    body: { metadata: { name: 'a', resourceVersion: '1' } },
    status: 409,
    says: 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  },
  {
    name: 'another name',
    method: 'PUT',
    path: `${CONFIG_MAPS}/a`,
    body: config('b'),
    status: 400,
    reason: 'BadRequest',
  },
  {
    name: 'what is not there',
    method: 'PUT',
    path: `${CONFIG_MAPS}/none`,
    body: config('none'),
    status: 404,
  },
  {
    name: 'no version',
    method: 'PUT',
    path: `${CONFIG_MAPS}/a`,
    body: config('a', { data: { z: '1' } }),
    status: 200,
    has: { data: { z: '1' } },
  },
  {
    name: 'what is made by a PUT with a uid',
    method: 'PUT',
    path: '/api/v1/namespaces/default/endpoints/absent',
    body: { metadata: { name: 'absent', uid: 'x' } },
    status: 409,
    says: /Key: \/services\/endpoints\/default\/absent, .* UID in precondition: x, UID in object meta: "/,
  },
  {
    name: 'a patch of the name',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: MERGE_PATCH,
    body: '{"metadata":{"name":"b"}}',
    status: 400,
    says: 'the name of the object (b) does not match the name on the URL (a)',
  },
  {
    name: 'a patch of the namespace',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: MERGE_PATCH,
    body: '{"metadata":{"namespace":"other"}}',
    status: 400,
    says: /namespace of the provided object does not match/,
  },
  {
    name: 'a patch of the kind',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a`,
    headers: MERGE_PATCH,
    body: '{"kind":"Secret"}',
    status: 422,
    says: /Secret in version|unknown conversion/,
  },
  {
    name: 'a patch that retains nothing',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?dryRun=All`,
    headers: STRATEGIC_PATCH,
    body: '{"$retainKeys":["data"],"data":{"z":"2"}}',
    status: 400,
    says: 'the name of the object (a based on URL) was undeterminable: name must be provided',
  },
  {
    name: 'a patch without its metadata',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?dryRun=All`,
    headers: MERGE_PATCH,
    body: '{"metadata":null}',
    status: 400,
    says: 'the name of the object (a based on URL) was undeterminable: name must be provided',
  },
  {
    name: 'a patch of the uid',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?dryRun=All`,
    headers: MERGE_PATCH,
    body: '{"metadata":{"uid":"x"}}',
    status: 422,
    says: 'ConfigMap "a" is invalid: metadata.uid: Invalid value: "x": field is immutable',
  },
  {
    name: 'a patch of a version that is none',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?dryRun=All`,
    headers: MERGE_PATCH,
    body: '{"metadata":{"resourceVersion":"x"}}',
    status: 500,
    says: 'strconv.ParseUint: parsing "x": invalid syntax',
  },
  {
    name: 'a strategic patch that says it is something else',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?dryRun=All`,
    headers: STRATEGIC_PATCH,
    body: '{"kind":"Secret","apiVersion":"v9"}',
    status: 200,
    has: { kind: 'ConfigMap', apiVersion: 'v1' },
  },
  {
    name: 'a strategic patch that leaves no object, with its quotes as they are',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?dryRun=All`,
    headers: STRATEGIC_PATCH,
    body: { data: { a: { x: '"q"' } } },
    status: 422,
    says: String.raw` "" is invalid: patch: Invalid value: "map[data:map[a:map[x:\"q\"]]]": unrecognized type: string`,
  },
  {
    name: 'an operation of a JSON patch that is none',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?dryRun=All`,
    headers: JSON_PATCH,
    body: '[{"op":"test","path":"/kind","value":"ConfigMap"},5]',
    status: 400,
    says: 'error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp',
  },
  {
    name: 'an operation with a member too many',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?dryRun=All`,
    headers: JSON_PATCH,
    body: '[{"op":"test","path":"/kind","value":"ConfigMap","more":1}]',
    status: 200,
    warns: /json patch unknown field \\"\[0\].more\\"/,
  },
  {
    name: 'an unknown field of a patch that is refused',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?dryRun=All`,
    headers: MERGE_PATCH,
    body: '{"nothing":1,"data":{"bad key":"x"}}',
    status: 422,
    warns: /unknown field \\"nothing\\"/,
  },
  {
    name: 'every option of a patch that is wrong',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/a?force=true&dryRun=Bad&fieldValidation=Bad`,
    headers: MERGE_PATCH,
    body: '{}',
    status: 422,
    says: 'PatchOptions.meta.k8s.io "" is invalid: [force: Forbidden: may not be specified for non-apply patch, dryRun: Unsupported value: ["Bad"]: supported values: "All", fieldValidation: Unsupported value: "Bad": supported values: "", "Ignore", "Strict", "Warn"]',
  },
];
testExchanges(t, patches, server);

t.test('readmit() gives a Pod that is put back the tolerations of every Pod', async (t) => {
  const pods = '/api/v1/namespaces/default/pods';
  const body = (image: string): string =>
    JSON.stringify({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image }] } });
  await askJson(server, { method: 'POST', path: pods, body: body('i') });
  const put = { method: 'PUT', path: `${pods}/p`, body: body('j') };
  const { spec } = await askJson<{ readonly spec: { readonly tolerations: readonly object[] } }>(
    server,
    put,
  );
  t.equal(spec.tolerations.length, 2);
});

const deletes: readonly Exchange[] = [
  {
    name: 'a delete of another uid',
    method: 'DELETE',
    path: `${CONFIG_MAPS}/b`,
    body: { preconditions: { uid: 'x' } },
    status: 409,
    reason: 'Conflict',
  },
  {
    name: 'a delete of another version',
    method: 'DELETE',
    path: `${CONFIG_MAPS}/b`,
    body: { preconditions: { resourceVersion: '1' } },
    status: 409,
    reason: 'Conflict',
  },
  {
    name: 'a policy that is none',
    method: 'DELETE',
    path: `${CONFIG_MAPS}/b?propagationPolicy=Some`,
    status: 422,
    reason: 'Invalid',
  },
  {
    name: 'a grace period that is none',
    method: 'DELETE',
    path: `${CONFIG_MAPS}/b`,
    body: { gracePeriodSeconds: 'x' },
    status: 400,
    says: 'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
  },
  {
    name: 'a dry run that is none',
    method: 'DELETE',
    path: `${CONFIG_MAPS}/b`,
    body: { dryRun: ['Some'] },
    status: 422,
    says: /dryRun: Unsupported value: \[\\"Some\\"\]/,
  },
  {
    name: 'a delete that is tried',
    method: 'DELETE',
    path: `${CONFIG_MAPS}/b?dryRun=All`,
    status: 200,
  },
  {
    name: 'a collection that is tried',
    method: 'DELETE',
    path: `${CONFIG_MAPS}?labelSelector=name=b&dryRun=All`,
    status: 200,
    has: { items: [{ metadata: { name: 'b' } }] },
  },
  { name: 'what was only tried to delete', path: `${CONFIG_MAPS}/b`, status: 200 },
  {
    name: 'a delete',
    method: 'DELETE',
    path: `${CONFIG_MAPS}/b`,
    status: 200,
    has: { kind: 'Status', status: 'Success', details: { name: 'b', kind: 'configmaps' } },
  },
  {
    name: 'a collection by its labels',
    method: 'DELETE',
    path: `${CONFIG_MAPS}?labelSelector=name=c`,
    status: 200,
    has: { kind: 'ConfigMapList', items: [{ metadata: { name: 'c' } }] },
  },
  { name: 'what was deleted', path: `${CONFIG_MAPS}/c`, status: 404 },
];
testExchanges(t, deletes, server);

t.test('patchObject() keeps the version where nothing changes', async (t) => {
  const path = `${CONFIG_MAPS}/a`;
  const { revision } = server.store;
  const apply = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {q: "1"}\n';
  const first = await exchange(t, server, {
    name: 'an apply',
    method: 'PATCH',
    path: `${path}?fieldManager=me`,
    headers: APPLY_PATCH,
    body: apply,
    status: 200,
  });
  t.ok(server.store.revision > revision);
  const again = await askJson<object>(server, {
    method: 'PATCH',
    path: `${path}?fieldManager=me`,
    headers: APPLY_PATCH,
    body: apply,
  });
  t.same(again, JSON.parse(first.text));
});

/** `asked` are deletes one after the other; `left` are the finalizers then, undefined where the object is gone. */
const POLICIES = [
  { name: 'a ConfigMap', kind: 'ConfigMap', asked: [''], left: undefined },
  {
    name: 'a ConfigMap in the foreground, and again',
    kind: 'ConfigMap',
    asked: ['?propagationPolicy=Foreground', ''],
    left: ['foregroundDeletion'],
  },
  {
    name: 'a ConfigMap in the foreground, then in the background',
    kind: 'ConfigMap',
    asked: ['?propagationPolicy=Foreground', '?propagationPolicy=Background'],
    left: undefined,
  },
  { name: 'a Job, whose Pods stay', kind: 'Job', asked: [''], left: ['orphan'] },
  {
    name: 'a Job in the foreground, and again',
    kind: 'Job',
    asked: ['?propagationPolicy=Foreground', ''],
    left: ['foregroundDeletion'],
  },
  {
    name: 'a Job whose Pods are to go',
    kind: 'Job',
    asked: [{ orphanDependents: false }],
    left: undefined,
  },
  {
    name: 'a ConfigMap whose dependents are to stay',
    kind: 'ConfigMap',
    asked: [{ orphanDependents: true }],
    left: ['orphan'],
  },
] as const;
for (const { name, kind, asked, left } of POLICIES) {
  t.test(`deleteObject() deletes ${name}`, async (t) => {
    const isJob = kind === 'Job';
    server.store.create({
      apiVersion: isJob ? 'batch/v1' : 'v1',
      kind,
      metadata: { name: 'gone', namespace: 'default' },
      ...(isJob && {
        spec: {
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c' }] } },
        },
      }),
    });
    const folder = isJob ? '/apis/batch/v1/namespaces/default/jobs' : CONFIG_MAPS;
    for (const one of asked)
      await askJson(server, {
        method: 'DELETE',
        path: `${folder}/gone${typeof one === 'string' ? one : ''}`,
        ...(typeof one === 'object' && { headers: JSON_BODY, body: JSON.stringify(one) }),
      });
    const found = server.store.get<string>(kind, 'default', 'gone');
    t.same(found?.metadata.finalizers, left);
    if (found === undefined) return;
    const ref = { kind, namespace: 'default', name: 'gone' };
    server.store.delete(ref, { propagationPolicy: 'Background' });
  });
}
