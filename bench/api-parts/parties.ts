/** The servers that are measured: processes of their own, each with nothing in it but what it starts with. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { parse } from 'yaml';
import { createClient, type Address } from './client.ts';

/** A server that answers. */
export interface Party extends AsyncDisposable {
  readonly address: Address;
  /** From the start of its first process to the first answer of `/readyz`. */
  readonly readyMs: number;
  /** Resident memory of all its processes. */
  readonly memoryMB: () => number;
  /** User and system time of all its processes so far. */
  readonly cpuMs: () => number;
}

export interface Contender {
  readonly name: string;
  readonly start: () => Promise<Party>;
}

const ROOT = join(import.meta.dirname, '../..');
/** What people install; without `npm run build` it is the sources, which take longer to load. */
const BUILT = join(ROOT, 'dist/cli/main.js');
const TOKEN = 'bench-token';

/** podlane, and podlane that keeps its state; the real API server where its binaries are. */
export function contenders(print: (line: string) => void): readonly Contender[] {
  const own: readonly Contender[] = [
    { name: 'podlane', start: () => startPodlane([]) },
    { name: 'podlane --data-dir', start: () => startPodlane(['--data-dir']) },
  ];
  const [apiserver, etcd] = [findBinary('kube-apiserver'), findBinary('etcd')];
  if (apiserver !== undefined && etcd !== undefined)
    return [...own, { name: 'kube-apiserver', start: () => startDefault(apiserver, etcd) }];
  print(
    'kube-apiserver and etcd: not on PATH nor in $KUBEBUILDER_ASSETS, left out (go build k8s.io/kubernetes/cmd/kube-apiserver, go.etcd.io/etcd/server/v3)',
  );
  return own;
}

/** Where a server's binary is; undefined where it is not. */
export function findBinary(name: string): string | undefined {
  const folders = [
    process.env['KUBEBUILDER_ASSETS'] ?? '',
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

async function startPodlane(options: readonly string[]): Promise<Party> {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-bench-'));
  const kubeconfig = join(folder, 'config');
  const data = options.flatMap((option) => [option, join(folder, 'state')]);
  const free = '127.0.0.1:0';
  const doors = ['dns', 'http', 'https', 'entry', 'api'].flatMap((door) => [`--${door}`, free]);
  const off = ['proxy-health', 'proxy-metrics'].flatMap((door) => [`--${door}`, 'off']);
  const name = `bench-api-${process.pid}${options.join('')}`;
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      existsSync(BUILT) ? BUILT : join(ROOT, 'scripts/podlane.js'),
      'up',
      '-o',
      'json',
      '--name',
      name,
      '--no-aliases',
      ...doors,
      ...off,
      '--kubeconfig',
      kubeconfig,
      ...data,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, XDG_RUNTIME_DIR: folder } },
  );
  const failed = once(child, 'exit').then(() => Promise.reject(new Error('podlane did not start')));
  await Promise.race([once(child.stdout, 'data'), failed]);
  failed.catch(() => {});
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig; // as `up` writes it
  const address = { url: clusters[0].cluster.server, token: users[0].user.token };
  return partyOf({ address, started, folder, children: [child] });
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string } }];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

/** With what a cluster runs it with and ours has, too: roles, and a token of its ServiceAccount in every Pod. */
async function startDefault(apiserver: string, etcd: string): Promise<Party> {
  const flags = ['--authorization-mode', 'Node,RBAC'];
  const party = await startUpstream({ apiserver, etcd, flags });
  using client = createClient(party.address);
  await client.ask({
    method: 'POST',
    path: '/api/v1/namespaces/default/serviceaccounts',
    body: JSON.stringify({ metadata: { name: 'default' } }),
  });
  return party;
}

/** Paths of the binaries, and what kube-apiserver is told besides where it listens. */
export interface Upstream {
  readonly apiserver: string;
  readonly etcd: string;
  readonly flags: readonly string[];
}

/** What a controller manager beside it is started with. */
export interface UpstreamParty extends Party {
  /** File of the key that signs the tokens of ServiceAccounts. */
  readonly key: string;
  /** File of the certificate that it made itself. */
  readonly certificate: string;
}

/** kube-apiserver with an etcd of its own. */
export async function startUpstream({ apiserver, etcd, flags }: Upstream): Promise<UpstreamParty> {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-bench-'));
  const [client = 0, peer = 0, secure = 0] = await freePorts(3);
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const key = join(folder, 'sa.key');
  writeFileSync(key, privateKey);
  const tokens = join(folder, 'tokens.csv');
  writeFileSync(tokens, `${TOKEN},admin,admin,"system:masters"\n`);
  const started = performance.now();
  const stdio = 'ignore';
  const store = spawn(
    etcd,
    [
      '--data-dir',
      join(folder, 'etcd'),
      '--listen-client-urls',
      `http://127.0.0.1:${client}`,
      '--advertise-client-urls',
      `http://127.0.0.1:${client}`,
      '--listen-peer-urls',
      `http://127.0.0.1:${peer}`,
      '--initial-advertise-peer-urls',
      `http://127.0.0.1:${peer}`,
      '--initial-cluster',
      `default=http://127.0.0.1:${peer}`,
    ],
    { stdio },
  );
  const server = spawn(
    apiserver,
    [
      '--etcd-servers',
      `http://127.0.0.1:${client}`,
      '--bind-address',
      '127.0.0.1',
      '--secure-port',
      `${secure}`,
      '--cert-dir',
      join(folder, 'certs'),
      '--service-cluster-ip-range',
      '10.96.0.0/16',
      '--service-account-issuer',
      'https://bench',
      '--service-account-key-file',
      key,
      '--service-account-signing-key-file',
      key,
      '--token-auth-file',
      tokens,
      ...flags,
    ],
    { stdio },
  );
  const address = { url: `https://127.0.0.1:${secure}`, token: TOKEN };
  const party = await partyOf({ address, started, folder, children: [store, server] });
  return { ...party, key, certificate: join(folder, 'certs', 'apiserver.crt') };
}

interface Parts {
  readonly address: Address;
  readonly started: number;
  readonly folder: string;
  readonly children: readonly ChildProcess[];
}

async function partyOf({ address, started, folder, children }: Parts): Promise<Party> {
  // A measurement that fails or is ended leaves nothing behind.
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL');
  });
  await untilReady(address);
  const readyMs = performance.now() - started;
  const sum = (figure: (pid: number) => number): number =>
    children.map(({ pid = 0 }) => figure(pid)).reduce((a, b) => a + b, 0);
  return {
    address,
    readyMs,
    memoryMB: () => sum(residentMB),
    cpuMs: () => sum(cpuMsOf),
    [Symbol.asyncDispose]: async () => {
      for (const child of children) {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const PATIENCE_MS = 120_000;

async function untilReady(address: Address): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    using client = createClient(address);
    try {
      await client.ask({ path: '/readyz' });
      await client.ask({ path: '/api/v1/namespaces/default' });
      return;
    } catch {
      // Not yet.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`${address.url} does not become ready`);
}

function residentMB(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4096) / 1e6;
}

/** Clock ticks of the system, which are 10 ms nearly everywhere. */
const TICKS = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;

function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports = await Promise.all(
    servers.map(async (server) => {
      if (!server.listening) await once(server, 'listening');
      return (server.address() as AddressInfo).port; // TCP servers have one
    }),
  );
  for (const server of servers) server.close();
  return ports;
}
