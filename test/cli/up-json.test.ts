/** `up -o json` prints the object of the contract, on one line, when everything answers. */
import t from 'tap';
import { digShort, doorOf, get, lacks, reachOf } from '../harness/clients.ts';
import { createFolder, run, startProgram, upArguments, uniqueName } from '../harness/instance.ts';
import { app, manifest, service } from '../harness/manifests.ts';
import { claimRanges } from '../harness/ranges.ts';

const ranges = await claimRanges();
const folder = createFolder({
  'web.yaml': manifest(
    app('web', {
      replicas: 3,
      service: {
        type: 'NodePort',
        ports: [
          { name: 'http', port: 80, targetPort: 'http' },
          { name: 'other', port: 81, targetPort: 9 },
        ],
      },
    }),
    app('public', { service: { type: 'LoadBalancer' } }),
    service('mail', { service: { type: 'ExternalName', externalName: 'smtp.example.org' } }),
    { ...service('headless'), spec: { clusterIP: 'None', selector: { app: 'web' } } },
    app('none', { replicas: 0 }),
  ),
  'odd.yaml': `apiVersion: v1
kind: Service
metadata:
  name: lost
spec:
  selector:
    app: nosuch
  ports:
  - port: 80
`,
});
const program = await startProgram({ ranges, args: ['--seed', '5', folder.path] });
t.teardown(async () => {
  await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
const { status } = program;
const serviceOf = (name: string): unknown => status.services.find((known) => known.name === name);

const PLACE = { address: /^[\d.:]+$/, port: Number };

t.test('one line, with the name, the time and every front door', async (t) => {
  t.equal(program.stdout(), `${program.line}\n`);
  t.match(status, {
    name: program.name,
    readyMs: Number,
    pid: program.child.pid,
    seed: 5,
    dns: PLACE,
    ingress: { http: PLACE, https: PLACE },
    entry: PLACE,
    services: Array,
    warnings: Array,
  });
  t.ok(status.readyMs > 0 && status.readyMs < 60_000);
  t.match(status, { api: { server: /^https:\/\/127\.0\.0\.1:\d+$/, kubeconfig: /^\// } });
});

const SERVICES = [
  {
    name: 'web',
    is: {
      namespace: 'default',
      type: 'NodePort',
      clusterIPs: [/^10\.\d+\.\d+\.\d+$/],
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: Number },
        { name: 'other', protocol: 'TCP', port: 81, targetPort: 9, nodePort: Number },
      ],
      endpoints: { ready: 3, total: 3 },
    },
  },
  {
    name: 'public',
    is: { type: 'LoadBalancer', ports: [{ reach: Array }], endpoints: { ready: 1, total: 1 } },
  },
  {
    name: 'mail',
    is: { type: 'ExternalName', externalName: 'smtp.example.org', clusterIPs: [], ports: [] },
  },
  { name: 'headless', is: { clusterIPs: [], ports: [], endpoints: { ready: 3, total: 3 } } },
  { name: 'none', is: { endpoints: { ready: 0, total: 0 }, ports: [{ reach: Array }] } },
  { name: 'kube-dns', is: { namespace: 'kube-system' } },
] as const;
for (const { name, is } of SERVICES)
  t.test(`service ${name} is told`, async (t) => void t.match(serviceOf(name), is));

t.test('reach names every way, and each way answers', async (t) => {
  const ways = (name: string): readonly string[] =>
    status.services
      .filter((known) => known.name === name)
      .flatMap(({ ports }) => ports.flatMap(({ reach }) => reach.map(({ via }) => via)));
  t.same(new Set(ways('web')), new Set(['clusterIP', 'nodePort']));
  t.same(new Set(ways('public')), new Set(['clusterIP', 'nodePort', 'loadBalancer']));
  const places = status.services
    .filter(({ name }) => name === 'web' || name === 'public')
    .flatMap(({ ports }) => ports.filter(({ port }) => port === 80).flatMap(({ reach }) => reach));
  for (const { address, port, via } of places)
    t.equal((await get({ address, port })).status, 200, `${via} ${address}:${port}`);
});

t.test('when the line is out, DNS answers', { skip: lacks('dig') }, async (t) => {
  const [ip] = await digShort(doorOf(status, 'dns'), 'web.default.svc.cluster.local');
  t.equal(reachOf(status, 'web').address, ip?.replace(/^10\./, '127.'));
});

t.test('warnings name object, file and line', async (t) => {
  const [warning] = status.warnings.filter(({ object }) => object?.includes('lost') === true);
  t.match(warning, {
    object: /^Service (default\/)?lost$/,
    file: /odd\.yaml$/,
    line: Number,
    message: /selector/,
  });
});

t.test('doors that are off are absent', async (t) => {
  await using other = await startProgram({
    args: ['--dns', 'off', '--http', 'off', '--https', 'off', '--entry', 'off'],
  });
  t.notOk('dns' in other.status || 'ingress' in other.status || 'entry' in other.status);
  const refused = await other.run('curl', 'http://web');
  t.equal(refused.code, 5);
  t.match(refused.stderr, /has no entry\n {2}Start it without `--entry off`/);
  t.equal((await other.run('dig', 'kubernetes.default.svc.cluster.local')).code, 0);
});

t.test('doors that were chosen are where they were asked for', async (t) => {
  using runtime = createFolder();
  await using first = await startProgram({ runtime });
  const { port } = doorOf(first.status, 'entry');
  await first.end();
  await using second = await startProgram({ runtime, args: ['--entry', `127.0.0.2:${port}`] });
  t.same(second.status.entry, { address: '127.0.0.2', port });
});

t.test('--expose opens a door to other machines', async (t) => {
  await using exposed = await startProgram({ args: ['--expose', '--entry', '0.0.0.0:0'] });
  t.match(exposed.status.entry, { address: '0.0.0.0', port: /^\d+$/ });
});

t.test('--nodes makes so many Nodes, and Node objects take their place', async (t) => {
  await using many = await startProgram({ args: ['--nodes', '5'] });
  t.match((await many.run('get', 'nodes', '-o', 'name')).stdout, /^(node\/node-\d\n){5}$/);
  using nodes = createFolder({
    'n.yaml': `apiVersion: v1
kind: Node
metadata: {name: only}
status: {addresses: [{type: InternalIP, address: 10.0.0.77}]}
`,
  });
  await using one = await startProgram({ args: [nodes.path] });
  t.equal((await one.run('get', 'nodes', '-o', 'name')).stdout, 'node/only\n');
  t.match(one.status.pods, { ready: 2, total: 2, unready: [] });
});

t.test('without manifests there is an empty cluster', async (t) => {
  await using empty = await startProgram();
  t.same(
    empty.status.services.map(({ namespace, name }) => `${namespace}/${name}`),
    ['default/kubernetes', 'kube-system/kube-dns'],
  );
});

t.test('the table for people says what the JSON says', async (t) => {
  const { stdout } = await program.run('status');
  for (const { name, clusterIPs, endpoints } of status.services.filter(
    ({ type }) => type !== 'ExternalName',
  )) {
    const [ip = 'None'] = clusterIPs;
    const row = new RegExp(
      `^\\S+ +${name} +\\S+ +${ip.replaceAll('.', '\\.')} .* ${endpoints.ready}/${endpoints.total}$`,
      'm',
    );
    t.match(stdout, row, name);
  }
  t.match(stdout, /⚠ warning: .*odd\.yaml:\d+:\d+: Service (default\/)?lost: /);
});

t.test('a name of 40 characters is taken, one of 41 is not', async (t) => {
  await using long = await startProgram({ name: `a${uniqueName()}${'x'.repeat(40)}`.slice(0, 40) });
  t.equal(long.status.name.length, 40);
  using runtime = createFolder();
  const { code } = await run(upArguments('x'.repeat(41)), {
    env: { XDG_RUNTIME_DIR: runtime.path },
  });
  t.equal(code, 2);
});
