/** Limits, quotas, policies and webhooks of a cluster, as kubectl and the controllers meet them. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { patchOf, startWebhook } from '../apiserver/webhook-server.ts';
import { createAuthority } from '../conformance/areas/ingress/certificates.ts';
import { createFolder, startProgram, type Program } from '../harness/instance.ts';
import { runKubectl, type KubectlOutput } from '../harness/kubectl.ts';
import { app, deployment, manifest } from '../harness/manifests.ts';

const lacksKubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).error;
const skip = lacksKubectl === undefined ? false : 'kubectl is not installed';
const ADMISSION = 'admissionregistration.k8s.io/v1';

/** kubectl keeps what it has learned of a server there. */
const home = createFolder();
t.teardown(() => home[Symbol.dispose]());

/** `kubectl ARGS…` against the program. */
function kubectl(
  { status }: Program,
  args: readonly string[],
  input?: string,
): Promise<KubectlOutput> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home.path,
    KUBECONFIG: status.api?.kubeconfig ?? '',
  };
  return runKubectl(args, { env, ...(input !== undefined && { input }) });
}

const TEAM = 'team';
const RULED: readonly object[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: TEAM } },
  {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'sizes', namespace: TEAM },
    spec: { limits: [{ type: 'Container', default: { cpu: '500m' }, max: { cpu: '1' } }] },
  },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'room', namespace: TEAM },
    spec: { hard: { pods: '2', 'requests.cpu': '5' } },
  },
  deployment('web', { namespace: TEAM, replicas: 3 }),
  {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'names' },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            operations: ['CREATE'],
            apiGroups: [''],
            apiVersions: ['v1'],
            resources: ['configmaps'],
          },
        ],
      },
      validations: [{ expression: "object.metadata.name != 'bad'", message: 'a bad name' }],
    },
  },
  {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'names' },
    spec: { policyName: 'names', validationActions: ['Deny'] },
  },
  {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'shells' },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            operations: ['CONNECT'],
            apiGroups: [''],
            apiVersions: ['v1'],
            resources: ['pods/exec'],
          },
        ],
      },
      validations: [{ expression: "!('hostname' in object.command)", message: 'a bad command' }],
    },
  },
  {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'shells' },
    spec: { policyName: 'shells', validationActions: ['Deny'] },
  },
];

t.test('manifests bring limits, quotas and policies', { skip }, async (t) => {
  using folder = createFolder({ 'all.yaml': manifest(...RULED) });
  await using program = await startProgram({ args: ['--api', '127.0.0.1:0', folder.path] });
  const pods = await kubectl(program, [
    'get',
    'pods',
    '-n',
    TEAM,
    '-o',
    'jsonpath={range .items[*]}{.spec.containers[0].resources}{"\\n"}{end}',
  ]);
  const sized = '{"limits":{"cpu":"500m"},"requests":{"cpu":"500m"}}';
  t.equal(pods.stdout, `${sized}\n${sized}\n`, 'there is room for two of the three');
  const quota = await kubectl(program, ['get', 'quota', 'room', '-n', TEAM]);
  t.match(quota.stdout, /pods: 2\/2, requests\.cpu: 1\/5/);
  const events = await kubectl(program, ['get', 'events', '-n', TEAM]);
  t.match(
    events.stdout,
    /FailedCreate.*Error creating: pods "web-\w+-\w+" is forbidden: exceeded quota: room, requested: pods=1, used: pods=2, limited: pods=2/,
  );
  const big = await kubectl(program, [
    'run',
    'big',
    '-n',
    TEAM,
    '--image=x',
    '--restart=Never',
    '--overrides={"spec":{"containers":[{"name":"big","image":"x","resources":{"limits":{"cpu":"2"}}}]}}',
  ]);
  t.match(big.stderr, /maximum cpu usage per Container is 1, but limit is 2/);
  const bad = await kubectl(program, ['create', 'configmap', 'bad']);
  t.match(
    bad.stderr,
    /configmaps "bad" is forbidden: ValidatingAdmissionPolicy 'names' with binding 'names' denied request: a bad name/,
  );
  t.equal((await kubectl(program, ['create', 'configmap', 'good'])).code, 0);
  const shell = await kubectl(program, ['exec', '-n', TEAM, 'deploy/web', '--', 'hostname']);
  t.match(shell.stderr, /'shells' with binding 'shells' denied request: a bad command/);
  const allowed = await kubectl(program, ['exec', '-n', TEAM, 'deploy/web', '--', 'true']);
  t.equal(allowed.code, 0, allowed.stderr);
  const scaled = await kubectl(program, ['scale', 'deploy/web', '-n', TEAM, '--replicas=1']);
  t.equal(scaled.code, 0, scaled.stderr);
  const freed = await kubectl(program, [
    'wait',
    'quota/room',
    '-n',
    TEAM,
    '--timeout=60s',
    '--for=jsonpath={.status.used.pods}=1',
  ]);
  t.equal(freed.code, 0, freed.stderr);
});

t.test('manifests bring levels of security', { skip }, async (t) => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' };
  const team = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: TEAM, labels } };
  const web = deployment('web', { namespace: TEAM, pod: { hostPID: true } });
  using folder = createFolder({ 'all.yaml': manifest(team, web) });
  await using program = await startProgram({ args: ['--api', '127.0.0.1:0', folder.path] });
  const says = /violates? PodSecurity "baseline:latest": host namespaces \(hostPID=true\)/;
  const [warning] = program.status.warnings;
  t.match(warning, { object: `Deployment ${TEAM}/web`, message: says });
  const events = await kubectl(program, ['get', 'events', '-n', TEAM]);
  t.match(events.stdout, /FailedCreate.*Error creating: pods "web-\w+-\w+" is forbidden: violates/);
  const raise = [
    'label',
    'ns',
    TEAM,
    'pod-security.kubernetes.io/enforce=restricted',
    '--overwrite',
  ];
  t.equal((await kubectl(program, raise)).code, 0);
  const plain = await kubectl(program, ['run', 'x', '-n', TEAM, '--image=x', '--restart=Never']);
  t.match(
    plain.stderr,
    /^Error from server \(Forbidden\): pods "x" is forbidden: violates PodSecurity/,
  );
});

t.test('a process on this machine serves the webhook of a Service', { skip }, async (t) => {
  const authority = await createAuthority();
  await using webhook = await startWebhook(
    {
      '/mutate': ({ request }) =>
        patchOf(
          request.kind.kind === 'Pod'
            ? { op: 'add', path: '/spec/containers/-', value: { name: 'sidecar', image: 'x' } }
            : { op: 'add', path: '/metadata/labels', value: { seen: 'yes' } },
        ),
      '/validate': ({ request }) =>
        request.name === 'no'
          ? { allowed: false, status: { message: 'not this one', code: 403 } }
          : { allowed: true, warnings: ['looked at'] },
    },
    { ca: authority.certificate, server: await authority.issue(['hook.default.svc']) },
  );
  using folder = createFolder({
    'all.yaml': manifest(
      app('hook', {
        annotations: { 'podlane.dev/forward': `127.0.0.1:${webhook.port}` },
        containerPorts: [{ name: 'https', containerPort: 8443 }],
        service: { ports: [{ port: 443, targetPort: 'https' }] },
      }),
    ),
  });
  await using program = await startProgram({ args: ['--api', '127.0.0.1:0', folder.path] });
  const configured = ['Mutating', 'Validating'].map((type) => ({
    apiVersion: ADMISSION,
    kind: `${type}WebhookConfiguration`,
    metadata: { name: 'hook' },
    webhooks: [
      {
        name: 'hook.example.org',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        clientConfig: {
          service: {
            namespace: 'default',
            name: 'hook',
            path: `/${type.slice(0, -3).toLowerCase()}e`,
          },
          caBundle: webhook.caBundle,
        },
        rules: [
          {
            operations: ['CREATE'],
            apiGroups: [''],
            apiVersions: ['v1'],
            resources: ['configmaps', 'pods'],
          },
        ],
      },
    ],
  }));
  const list = { apiVersion: 'v1', kind: 'List', items: configured };
  const applied = await kubectl(program, ['apply', '-f', '-'], JSON.stringify(list));
  t.equal(applied.code, 0, applied.stderr);
  const made = await kubectl(program, [
    'create',
    'configmap',
    'yes',
    '-o',
    'jsonpath={.metadata.labels}',
  ]);
  t.equal(made.stdout, '{"seen":"yes"}', made.stderr);
  t.match(made.stderr, /Warning: looked at/);
  const refused = await kubectl(program, ['create', 'configmap', 'no']);
  t.match(refused.stderr, /admission webhook "hook.example.org" denied the request: not this one/);
  await kubectl(program, ['create', 'deployment', 'late', '--image=x', '--replicas=2']);
  const rolled = await kubectl(program, ['rollout', 'status', 'deploy/late', '--timeout=60s']);
  t.equal(rolled.code, 0, rolled.stderr);
  const pods = await kubectl(program, [
    'get',
    'pods',
    '-l',
    'app=late',
    '-o',
    'jsonpath={range .items[*]}{.spec.containers[*].name}{"\\n"}{end}',
  ]);
  t.equal(pods.stdout, 'x sidecar\nx sidecar\n', 'what controllers make is reviewed, too');
});

t.test(
  'a webhook whose image podlane stands for is passed over, and said to be',
  { skip },
  async (t) => {
    using folder = createFolder({
      'all.yaml': manifest(app('idle', { service: { ports: [{ port: 443 }] } })),
    });
    await using program = await startProgram({ args: ['--api', '127.0.0.1:0', folder.path] });
    const configuration = {
      apiVersion: ADMISSION,
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'idle' },
      webhooks: [
        {
          name: 'idle.example.org',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          failurePolicy: 'Fail',
          clientConfig: { service: { namespace: 'default', name: 'idle' } },
          rules: [
            { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
          ],
        },
      ],
    };
    const applied = await kubectl(program, ['apply', '-f', '-'], JSON.stringify(configuration));
    t.equal(applied.code, 0, applied.stderr);
    const { code, stderr } = await kubectl(program, ['create', 'configmap', 'some']);
    t.equal(code, 0, stderr);
    t.match(
      stderr,
      'Warning: admission webhook "idle.example.org" was not asked: podlane runs no image',
    );
  },
);
