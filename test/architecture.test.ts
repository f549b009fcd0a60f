/**
 * The architecture as a test: which folder may import which, and which files may touch the world.
 * Changing a line here is an architectural decision; say why in the commit.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import t from 'tap';

const SRC = join(import.meta.dirname, '../src');

/** What each folder may import besides itself. A row may only name rows above it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  net: [],
  observe: ['net'],
  'json-path': ['net'],
  api: ['net', 'observe', 'json-path'],
  ipam: ['net', 'observe', 'api'],
  policy: ['net', 'observe', 'api'],
  proxy: ['net', 'observe', 'api'],
  datapath: ['net', 'observe', 'api', 'policy', 'proxy'],
  controllers: ['net', 'observe', 'api', 'ipam'],
  dns: ['net', 'observe', 'api'],
  ingress: ['net', 'observe', 'api'],
  pods: ['net', 'observe', 'api', 'ipam'],
  entry: ['net', 'observe', 'api'],
  control: ['net', 'observe', 'api'],
  apiserver: ['net', 'observe', 'api'],
  persistence: ['net', 'observe', 'api'],
  ui: ['net', 'observe', 'api'],
  // The composition root knows every part.
  cluster: [
    'net',
    'observe',
    'api',
    'ipam',
    'policy',
    'proxy',
    'datapath',
    'controllers',
    'dns',
    'ingress',
    'pods',
    'entry',
    'control',
    'apiserver',
    'persistence',
    'ui',
  ],
  root: [], // index.ts: the library's entry; its imports are not checked
  // Commands that talk to a running instance load its client alone: they must start fast.
  cli: ['net', 'observe', 'json-path', 'control', 'root'],
};

/** The only files that open sockets, files or processes, read the clock, or roll dice. */
const EDGES: readonly string[] = [
  'api/data-file.ts',
  'api/manifests/read.ts',
  'api/manifests/watch.ts',
  'apiserver/health.ts',
  'apiserver/server.ts',
  'apiserver/subresources/proxy.ts',
  'apiserver/webhooks/call-webhook.ts',
  'cli/enter-start-up.ts',
  'cli/environment-checks.ts',
  'cli/main.ts',
  'cli/node-util.ts',
  'cli/package-version.ts',
  'cli/send-request.ts',
  'cli/terminal.ts',
  'cluster/ask-pod.ts',
  'cluster/compare/index.ts',
  'cluster/dial-door.ts',
  'cluster/credentials-file.ts',
  'cluster/kubeconfig-file.ts',
  'cluster/reach/expectation-file.ts',
  'cluster/reach/time-limit.ts',
  'cluster/instance.ts',
  'control/client.ts',
  'control/server.ts',
  'control/socket-path.ts',
  'controllers/run.ts',
  'dns/host-files.ts',
  'dns/host-upstreams.ts',
  'dns/http-endpoints.ts',
  'dns/plugins/forward/exchange.ts',
  'dns/plugins/forward/host-names.ts',
  'dns/plugins/forward/https-stream.ts',
  'dns/plugins/forward/tls-stream.ts',
  'dns/secure/serve-grpc.ts',
  'dns/secure/serve-https.ts',
  'dns/secure/serve-tls.ts',
  'dns/workers/thread.ts',
  'dns/workers/workers.ts',
  'entry/http-proxy.ts',
  'ingress/attempt-log.ts',
  'ingress/http2/acceptor.ts',
  'ingress/http2/client-stream.ts',
  'ingress/http2/upstream-http2.ts',
  'ingress/metrics-server.ts',
  'ingress/request-log.ts',
  'ingress/self-signed.ts',
  'ingress/server.ts',
  'ingress/subrequest.ts',
  'ingress/tls.ts',
  'ingress/upstream-wrapping.ts',
  'net/connected-udp.ts',
  'net/listen.ts',
  'net/node-http.ts',
  'net/open-files.ts',
  'net/port-holder.ts',
  'net/relay-socket.ts',
  'net/udp-channel.ts',
  'observe/system-clock.ts',
  'persistence/data-folder.ts',
  'pods/probe-handler.ts',
  'pods/workloads/http-client.ts',
  'pods/workloads/http-service.ts',
  'pods/workloads/shell/programs/http-exchange.ts',
  'proxy/health/process-metrics.ts',
  'proxy/health/server.ts',
];

const WORLD =
  /^import (?!type )[^;]*'node:(?:child_process|dgram|dns|fs|http|http2|https|net|tls|worker_threads)[/']|\b(?:nodeHttp|Date\.now|Math\.random|setTimeout|setInterval)\(|\bnew Date\(\)|\bprocess\./m;

/** Comments talk of the world without touching it. */
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/(?<![:'"`])\/\/.*$/gm, '');

const files = globSync('**/*.ts', { cwd: SRC, exclude: ['**/*.test.ts'] });
const read = (file: string): string => readFileSync(join(SRC, file), 'utf8');
const folderOf = (file: string): string => file.match(/^[^/]+(?=\/)/)?.[0] ?? 'root';

/** Relative imports and re-exports of `file`, as paths below src; type-only ones included. */
function importsOf(file: string): string[] {
  return [...read(file).matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, specifier = '']) =>
    relative(SRC, join(SRC, dirname(file), specifier)),
  );
}

/** Imports that leave their folder. */
const crossings = files
  .filter((file) => folderOf(file) !== 'root')
  .flatMap((from) => importsOf(from).map((to) => ({ from, to })))
  .filter(({ from, to }) => folderOf(from) !== folderOf(to));

const show = ({ from, to }: { from: string; to: string }): string => `${from} -> ${to}`;

t.test('the table points downwards only', async (t) => {
  const rows = Object.keys(MAY_IMPORT);
  const upward = rows.filter((row, index) =>
    MAY_IMPORT[row]?.some((target) => !rows.slice(0, index).includes(target)),
  );
  t.same(upward, []);
});

t.test('folders import only what the table allows', async (t) => {
  const forbidden = crossings.filter(
    ({ from, to }) => !MAY_IMPORT[folderOf(from)]?.includes(folderOf(to)),
  );
  t.same(forbidden.map(show), []);
});

t.test('folders are entered through their index.ts', async (t) => {
  const sideDoors = crossings.filter(({ to }) => !/^([^/]+\/)?index\.ts$/.test(to));
  t.same(sideDoors.map(show), []);
});

t.test('only the edges touch the world', async (t) => {
  const touching = files.filter(
    (file) => !EDGES.includes(file) && WORLD.test(withoutComments(read(file))),
  );
  t.same(touching, []);
});

t.test('one file says where data/ is, from a depth that the bundle has, too', async (t) => {
  const places = files.filter((file) =>
    withoutComments(read(file)).includes('import.meta.dirname'),
  );
  t.same(places, ['api/data-file.ts']);
});

/** Slow to load: more than what the whole of podlane may take to serve its first answer is soon gone on a few of them. */
const SLOW =
  /^import (?!type )[^;]*'(?:node:(?:crypto|http|https|http2|readline|tls|util|zlib)|@peculiar\/x509|prom-client|ws|yaml)'/m;

/** How much code a start may load, in kB without comments. A line that raises this says what it gives to every start. */
const MOST_KB = 2505;

t.test('what starts an instance imports little, and nothing slow', async (t) => {
  const reached = new Set(['cli/main.ts', 'cli/run.ts', 'cli/commands/up.ts']);
  for (const file of reached) for (const to of staticImportsOf(file)) reached.add(to);
  const slow = [...reached].filter((file) => SLOW.test(withoutComments(read(file))));
  t.same(slow, []);
  // A start runs from a bundle: modules cost nothing there, their code does. What the first answers do not need is
  // loaded when it is needed.
  const kB = Math.round(
    [...reached].reduce((sum, file) => sum + withoutComments(read(file)).length, 0) / 1000,
  );
  t.ok(kB <= MOST_KB, `${kB} kB of code are loaded, and not ${MOST_KB}`);
});

/** Relative imports and re-exports that are carried out when `file` is loaded. */
function staticImportsOf(file: string): readonly string[] {
  const statements = read(file).matchAll(/^(?:import|export) (?!type )[^;']*from '(\.[^']+)';/gm);
  return [...statements].map(([, specifier = '']) =>
    relative(SRC, join(SRC, dirname(file), specifier)),
  );
}
