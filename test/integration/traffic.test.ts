/** Objects change, and connections go where the cluster says now. In this process, so that `settled` tells when. */
import t, { type Test } from 'tap';
import type { KubeObject } from '../../src/index.ts';
import {
  connectError,
  digShort,
  doorOf,
  get,
  lacks,
  podsAt,
  reachOf,
  tcpEcho,
  udpEcho,
} from '../harness/clients.ts';
import { createFolder, startInProcess, type InProcess } from '../harness/instance.ts';
import { app, deployment, DRAINING, manifest, service } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const ranges = await claimRanges();

async function up(
  t: Test,
  ...objects: readonly (object | readonly object[])[]
): Promise<InProcess> {
  const folder = createFolder({ 'manifests.yaml': manifest(...objects) });
  t.teardown(() => folder[Symbol.dispose]());
  return startInProcess({ ranges, paths: [folder.path] });
}

/** Changes an object and waits until everybody knows. */
async function update(
  { cluster }: InProcess,
  [kind, name]: readonly [kind: string, name: string],
  change: (object: KubeObject) => object,
): Promise<void> {
  const object = cluster.store.get<string>(kind, 'default', name);
  if (object === undefined) throw new Error(`no ${kind} ${name}`);
  cluster.store.update(change(structuredClone<KubeObject>(object)) as KubeObject); // of the same kind
  await cluster.settled();
}

const withReplicas =
  (replicas: number) =>
  (object: KubeObject): object => ({
    ...object,
    spec: { ...(object['spec'] as object), replicas },
  }); // a Deployment's

function podNames({ cluster }: InProcess, labelSelector: string): readonly string[] {
  return cluster.store.list('Pod', { labelSelector }).map(({ metadata }) => metadata.name);
}

t.test('clients meet as many Pods as there are, after scaling up and down', async (t) => {
  await using instance = await up(t, app('web', { replicas: 2 }));
  const place = reachOf(instance.status(), 'web');
  t.same(await podsAt(place, { count: 2 }), new Set(podNames(instance, 'app=web')));
  await update(instance, ['Deployment', 'web'], withReplicas(4));
  t.equal((await podsAt(place, { count: 4 })).size, 4);
  await update(instance, ['Deployment', 'web'], withReplicas(1));
  // Pods that are going serve nobody new.
  const left = await podsAt(place, { count: 2, limit: 40 });
  t.equal(left.size, 1);
  t.ok(podNames(instance, 'app=web').includes([...left][0] ?? ''));
});

t.test(
  'a Service without endpoints refuses connections, and takes them when Pods come',
  async (t) => {
    await using instance = await up(t, app('web', { replicas: 0 }));
    const [ip = ''] =
      instance.status().services.find(({ name }) => name === 'web')?.clusterIPs ?? [];
    const alias = ip.replace(/^10\./, '127.');
    const ports = [80, 20_080];
    for (const port of ports)
      t.equal(await connectError({ address: alias, port }), 'ECONNREFUSED', String(port));
    await update(instance, ['Deployment', 'web'], withReplicas(1));
    const place = reachOf(instance.status(), 'web');
    t.equal(place.address, alias);
    t.equal((await get(place)).status, 200);
    await update(instance, ['Deployment', 'web'], withReplicas(0));
    t.equal(await connectError(place), 'ECONNREFUSED');
  },
);

t.test(
  'a deleted Service is gone from its address and from DNS, a deleted Deployment from both',
  async (t) => {
    await using instance = await up(t, app('web'), app('api'));
    const status = instance.status();
    const { cluster } = instance;
    cluster.store.delete({ kind: 'Service', namespace: 'default', name: 'web' });
    await cluster.settled();
    t.equal(await connectError(reachOf(status, 'web')), 'ECONNREFUSED');
    const names = cluster.names;
    t.same((await names.resolveAs('web', { kind: 'node', name: 'node-1' })).addresses, []);
    t.equal((await get(reachOf(status, 'api'))).status, 200, 'the other one is not touched');
    cluster.store.delete({ kind: 'Deployment', namespace: 'default', name: 'api' });
    await cluster.settled();
    t.equal(await connectError(reachOf(status, 'api')), 'ECONNREFUSED');
    t.match((await names.resolveAs('api', { kind: 'node', name: 'node-1' })).addresses, [/^10\./]);
  },
);

t.test('a changed template replaces every Pod, and no request fails meanwhile', async (t) => {
  await using instance = await up(t, app('web', { replicas: 3, lifecycle: DRAINING }));
  const place = reachOf(instance.status(), 'web');
  const before = await podsAt(place, { count: 3 });
  const statuses: number[] = [];
  const rolled = new AbortController();
  const client = (async () => {
    while (!rolled.signal.aborted) statuses.push((await get(place)).status);
  })();
  await update(instance, ['Deployment', 'web'], (object) => {
    const { spec } = object as unknown as {
      spec: { template: { spec: { containers: { image: string }[] } } };
    }; // a Deployment
    for (const container of spec.template.spec.containers) container.image = 'example.org/app:2';
    return object;
  });
  rolled.abort();
  await client;
  t.same(new Set(statuses), new Set([200]));
  const after = await podsAt(place, { count: 3 });
  t.equal(after.size, 3);
  t.same(
    [...after].filter((pod) => before.has(pod)),
    [],
  );
});

t.test('an annotation makes a Pod unready, and ready again', async (t) => {
  await using instance = await up(t, app('web', { replicas: 2 }));
  const place = reachOf(instance.status(), 'web');
  const [first = ''] = podNames(instance, 'app=web');
  const annotate =
    (ready: string | undefined) =>
    (object: KubeObject): object => ({
      ...object,
      metadata: {
        ...object.metadata,
        annotations: ready === undefined ? {} : { 'podlane.dev/ready': ready },
      },
    });
  await update(instance, ['Pod', first], annotate('false'));
  t.same(instance.status().services.find(({ name }) => name === 'web')?.endpoints, {
    ready: 1,
    total: 2,
  });
  const others = await podsAt(place, { count: 2, limit: 30 });
  t.notOk(others.has(first));
  await update(instance, ['Pod', first], annotate(undefined));
  t.ok((await podsAt(place, { count: 2 })).has(first));
});

t.test('a Pod whose readiness probe fails is left out until it passes', async (t) => {
  await using instance = await up(
    t,
    app('web', {
      image: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
      pod: {
        containers: [
          {
            name: 'main',
            image: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
            args: ['netexec', '--http-port=8080'],
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: { tcpSocket: { port: 9999 }, periodSeconds: 1 },
          },
        ],
      },
    }),
  );
  const [{ endpoints } = { endpoints: undefined }] = instance
    .status()
    .services.filter(({ name }) => name === 'web');
  t.same(endpoints, { ready: 0, total: 1 });
});

const PROBED = [
  { name: 'HTTP', probe: { httpGet: { path: '/', port: 8080 } } },
  { name: 'TCP', probe: { tcpSocket: { port: 'http' } } },
  { name: 'gRPC', probe: { grpc: { port: 8080 } } },
];
for (const { name, probe } of PROBED) {
  t.test(
    `the first ${name} probe of a Pod finds it, beside a sidecar that starts first`,
    async (t) => {
      const ports = [{ name: 'http', containerPort: 8080 }];
      const image = 'example.org/app:1';
      await using instance = await up(
        t,
        app('web', {
          pod: {
            initContainers: [
              {
                name: 'sidecar',
                image,
                restartPolicy: 'Always',
                ports: [{ containerPort: 9102 }],
                startupProbe: { tcpSocket: { port: 9102 }, periodSeconds: 60 },
              },
            ],
            containers: [
              { name: 'main', image, ports, readinessProbe: { ...probe, periodSeconds: 60 } },
            ],
          },
        }),
      );
      t.same(instance.status().services.find((known) => known.name === 'web')?.endpoints, {
        ready: 1,
        total: 1,
      });
      t.equal((await get(reachOf(instance.status(), 'web'))).status, 200);
    },
  );
}

t.test('TCP and UDP ports of one Service carry bytes and datagrams', async (t) => {
  await using instance = await up(
    t,
    app('echo', {
      containerPorts: [
        { name: 'line', containerPort: 7000 },
        { name: 'datagram', containerPort: 7000, protocol: 'UDP' },
      ],
      service: {
        type: 'NodePort',
        ports: [
          { name: 'line', port: 7, targetPort: 'line' },
          { name: 'datagram', port: 7, targetPort: 'datagram', protocol: 'UDP' },
        ],
      },
    }),
  );
  const [tcp, udp] = instance.status().services.find(({ name }) => name === 'echo')?.ports ?? [];
  t.same([tcp?.protocol, udp?.protocol], ['TCP', 'UDP']);
  for (const via of ['clusterIP', 'nodePort'] as const) {
    const line = tcp?.reach.find((way) => way.via === via);
    const datagram = udp?.reach.find((way) => way.via === via);
    if (line === undefined || datagram === undefined) throw new Error(`no ${via}`);
    const text = 'x'.repeat(100_000);
    t.equal(await tcpEcho(line, text), text, `TCP through ${via}`);
    t.equal(await udpEcho(datagram, 'ping'), 'ping', `UDP through ${via}`);
  }
});

t.test('an ExternalName is an alias in DNS and nothing else', { skip: lacks('dig') }, async (t) => {
  await using instance = await up(t, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'mail' },
    spec: { type: 'ExternalName', externalName: 'smtp.example.org' },
  });
  const status = instance.status();
  t.same(await digShort(doorOf(status, 'dns'), 'mail.default.svc.cluster.local'), [
    'smtp.example.org.',
  ]);
  t.match(
    status.services.find(({ name }) => name === 'mail'),
    { type: 'ExternalName', externalName: 'smtp.example.org', clusterIPs: [], ports: [] },
  );
});

t.test('an ExternalName for a Service of the cluster resolves to its address', async (t) => {
  await using instance = await up(t, app('web'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'alias' },
    spec: { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' },
  });
  const resolve = (name: string): Promise<readonly string[]> =>
    instance.cluster.names
      .resolveAs(name, { kind: 'node', name: 'node-1' })
      .then(({ addresses }) => addresses);
  t.same(await resolve('alias'), await resolve('web'));
  t.equal((await resolve('web')).length, 1);
});

t.test(
  'an Ingress with TLS shows the certificate of its Secret, and the client behind X-Forwarded headers',
  async (t) => {
    await using instance = await up(t, app('web'), {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web' },
      spec: {
        rules: [
          {
            host: 'web.example.org',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'web', port: { name: 'http' } } },
                },
              ],
            },
          },
        ],
      },
    });
    const http = doorOf(instance.status(), 'http');
    const { body } = await get(http, { host: 'web.example.org', path: '/a' });
    const { headers } = JSON.parse(body) as { headers: Record<string, string> }; // the echo workload's answer
    t.match(headers, {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'web.example.org',
    });
    await update(instance, ['Deployment', 'web'], withReplicas(0));
    t.equal((await get(http, { host: 'web.example.org' })).status, 503, 'no Pod is left');
  },
);

t.test('selectorless Services lead to a process of this host', async (t) => {
  const { createServer } = await import('node:http');
  const server = createServer((_, response) => response.end('from the host'));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number }; // it listens on TCP
  await using instance = await up(
    t,
    { ...service('db'), spec: { ports: [{ name: 'sql', port: 5432 }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'db-host', labels: { 'kubernetes.io/service-name': 'db' } },
      addressType: 'IPv4',
      ports: [{ name: 'sql', port }],
      endpoints: [{ addresses: ['10.0.0.1'] }],
    },
  );
  t.equal((await get(reachOf(instance.status(), 'db'))).body, 'from the host');
});

t.test('two containers of a Pod share its address', async (t) => {
  const container = (name: string, containerPort: number): object => ({
    name,
    image: `example.org/${name}`,
    ports: [{ name, containerPort }],
  });
  await using instance = await up(
    t,
    deployment('pair', { pod: { containers: [container('one', 8001), container('two', 8002)] } }),
    service('pair', {
      service: {
        ports: [
          { name: 'one', port: 81, targetPort: 'one' },
          { name: 'two', port: 82, targetPort: 'two' },
        ],
      },
    }),
  );
  const status = instance.status();
  const ask = async (port: number): Promise<string> =>
    (await get(reachOf(status, 'pair', { port }))).body;
  const [one, two] = [JSON.parse(await ask(81)), JSON.parse(await ask(82))] as {
    pod: string;
    podIP: string;
  }[]; // the echo workload's answers
  t.equal(one?.podIP, two?.podIP);
  t.equal(one?.pod, two?.pod);
});
