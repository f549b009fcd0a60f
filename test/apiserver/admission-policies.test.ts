import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { ask, type Answer } from './ask.ts';
import { startTestServer, type TestServer } from './test-server.ts';

interface Row {
  readonly method?: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: object;
}

interface Recorded extends Row {
  readonly status: number;
  /** Of the Status, where it is refused. */
  readonly says?: string;
  readonly reason?: string;
  readonly warns?: string;
  /** Of the object, as it was answered. */
  readonly has?: object;
}

interface Recording {
  readonly setup: readonly Row[];
  readonly requests: readonly Recorded[];
}

function readRecording(file: string): Recording {
  return parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as Recording;
}

function send(server: TestServer, { method, path, type, body }: Row): Promise<Answer> {
  return ask(server, {
    method: method ?? 'GET',
    path,
    headers: { 'content-type': type ?? 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

for (const file of ['admission-policies.yaml', 'admission-requests.yaml'])
  t.test(
    `ValidatingAdmissionPolicies say what kube-apiserver 1.36.3 says to ${file}`,
    async (t) => {
      await using server = await startTestServer();
      const { setup, requests } = readRecording(file);
      for (const row of setup) t.match(await send(server, row), { status: 201 }, row.path);
      for (const row of requests) checkRecorded(t, row, await send(server, row));
    },
  );

function checkRecorded(t: Test, row: Recorded, { headers, status, text }: Answer): void {
  const { kind, metadata } = (row.body ?? {}) as {
    readonly kind?: string;
    readonly metadata?: { readonly name?: string };
  };
  const name = `${row.method} ${row.path} ${kind ?? ''} ${metadata?.name ?? ''}`;
  t.equal(status, row.status, name);
  if (row.says !== undefined)
    t.match(JSON.parse(text), { message: row.says, reason: row.reason, code: status }, name);
  if (row.has !== undefined) t.match(JSON.parse(text), row.has, name);
  const warning = headers['warning'];
  t.equal(warning, row.warns === undefined ? undefined : `299 - "${row.warns}"`, name);
}

const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';

function policy(name: string, spec: object): Row {
  const metadata = { name };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return {
    method: 'POST',
    path: POLICIES,
    body: { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata, spec },
  };
}

function binding(name: string, spec: object = {}): Row {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return {
    method: 'POST',
    path: `${POLICIES.slice(0, -3)}ybindings`,
    body: {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'], ...spec },
    },
  };
}

const CONFIG_MAPS = {
  resourceRules: [
    { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
  ],
};
const CONFIG_MAP: Row = {
  method: 'POST',
  path: '/api/v1/namespaces/default/configmaps',
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
};

const cases: readonly {
  readonly name: string;
  readonly spec: object;
  readonly bound?: object;
  readonly status: number;
}[] = [
  {
    name: 'that fails and is to be ignored',
    spec: { failurePolicy: 'Ignore', validations: [{ expression: 'object.nothing == 1' }] },
    status: 201,
  },
  {
    name: 'that fails',
    spec: { validations: [{ expression: 'object.nothing == 1' }] },
    status: 422,
  },
  {
    name: 'that cannot be read and is to be ignored',
    spec: { failurePolicy: 'Ignore', validations: [{ expression: 'a +' }] },
    status: 201,
  },
  {
    name: 'for another object',
    spec: {
      matchConstraints: {
        ...CONFIG_MAPS,
        excludeResourceRules: [{ ...CONFIG_MAPS.resourceRules[0], resourceNames: ['a'] }],
      },
      validations: [{ expression: 'false' }],
    },
    status: 201,
  },
  {
    name: 'for labelled objects',
    spec: {
      matchConstraints: { ...CONFIG_MAPS, objectSelector: { matchLabels: { a: 'b' } } },
      validations: [{ expression: 'false' }],
    },
    status: 201,
  },
  {
    name: 'whose parameters are missing',
    spec: {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: 'true' }],
    },
    bound: { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } },
    status: 422,
  },
  {
    name: 'whose parameters may be missing',
    spec: {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: 'false' }],
    },
    bound: { paramRef: { name: 'none', parameterNotFoundAction: 'Allow' } },
    status: 201,
  },
  {
    name: 'with a reason of its own',
    spec: { validations: [{ expression: 'false', reason: 'RequestEntityTooLarge' }] },
    status: 413,
  },
];

for (const { name, spec, bound, status } of cases)
  t.test(`ValidatingAdmissionPolicies: one ${name} is answered ${status}`, async (t) => {
    await using server = await startTestServer();
    await send(server, policy('p', { matchConstraints: CONFIG_MAPS, ...spec }));
    await send(server, binding('p', bound));
    const answer = await send(server, CONFIG_MAP);
    t.equal(answer.status, status, answer.text);
  });

t.test('a policy without a binding, and one that went, say nothing', async (t) => {
  await using server = await startTestServer();
  await send(
    server,
    policy('p', { matchConstraints: CONFIG_MAPS, validations: [{ expression: 'false' }] }),
  );
  t.equal(
    (await send(server, { ...CONFIG_MAP, path: `${CONFIG_MAP.path}?dryRun=All` })).status,
    201,
  );
  await send(server, binding('p'));
  t.equal((await send(server, CONFIG_MAP)).status, 422);
  await send(server, { method: 'DELETE', path: `${POLICIES}/p` });
  t.equal((await send(server, CONFIG_MAP)).status, 201);
});
