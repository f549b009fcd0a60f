import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  SERVICE_CIDRS,
  type Answer,
  type ApiObject,
  type Request,
  type Side,
  type SideOptions,
} from './side.ts';

/** Where the programs of a control plane are. */
export interface Binaries {
  readonly etcd: string;
  readonly apiserver: string;
  readonly manager: string;
}

/** The programs on PATH or in `KUBEBUILDER_ASSETS`, or which one is missing. */
export function findBinaries(): Binaries | string {
  const [etcd, apiserver, manager] = ['etcd', 'kube-apiserver', 'kube-controller-manager'].map(
    findBinary,
  );
  if (etcd !== undefined && apiserver !== undefined && manager !== undefined)
    return { etcd, apiserver, manager };
  return 'etcd, kube-apiserver and kube-controller-manager are not all on PATH nor in $KUBEBUILDER_ASSETS (go build k8s.io/kubernetes/cmd/NAME)';
}

function findBinary(name: string): string | undefined {
  const folders = [
    process.env['KUBEBUILDER_ASSETS'] ?? '',
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

const TOKEN = 'differential';
const NODE_LIFE = [
  'node-lifecycle-controller',
  'taint-eviction-controller',
  'pod-garbage-collector-controller',
];

/** Starts the real control plane in a folder of its own, ended and removed on disposal. */
export async function startUpstream(
  binaries: Binaries,
  { withNodeLifecycle = false }: SideOptions = {},
): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-differential-'));
  const children: ChildProcess[] = [];
  const run = (path: string, args: readonly string[]): void => {
    const log = openSync(join(folder, `${children.length}.log`), 'w');
    children.push(spawn(path, args, { stdio: ['ignore', log, log] }));
  };
  const end = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.once('exit', end);
  const ports = await freePorts(4);
  const [client = 0, peer = 0, secure = 0, managerPort = 0] = ports;
  const url = `https://127.0.0.1:${secure}`;
  const files = writeFiles(folder, url);
  run(binaries.etcd, etcdArguments(join(folder, 'etcd'), client, peer));
  run(binaries.apiserver, apiserverArguments(files, { folder, client, secure }));
  const agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false });
  const ask = (question: Request): Promise<Answer> => askOver(agent, url, question);
  await untilOk(() => ask({ method: 'GET', path: '/api/v1/namespaces/kube-system' }));
  const without = withNodeLifecycle ? [] : NODE_LIFE;
  run(binaries.manager, managerArguments(files, { folder, port: managerPort, without }));
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  await untilOk(() => ask({ method: 'GET', path: account }));
  return {
    name: 'kube-controller-manager',
    ask,
    revision: async () => {
      const { body } = await ask({ method: 'GET', path: '/api/v1/resourcequotas?limit=1' });
      return body.metadata.resourceVersion ?? '';
    },
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      process.off('exit', end);
      end();
      for (const child of children)
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Files {
  readonly key: string;
  readonly tokens: string;
  readonly kubeconfig: string;
  readonly authority: string;
}

function writeFiles(folder: string, server: string): Files {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const files = {
    key: join(folder, 'sa.key'),
    tokens: join(folder, 'tokens.csv'),
    kubeconfig: join(folder, 'kubeconfig'),
    authority: join(folder, 'certs', 'apiserver.crt'),
  };
  writeFileSync(files.key, privateKey);
  writeFileSync(files.tokens, `${TOKEN},admin,admin,"system:masters"\n`);
  writeFileSync(
    files.kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'it',
      clusters: [{ name: 'it', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'it', user: { token: TOKEN } }],
      contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    }),
  );
  return files;
}

function etcdArguments(data: string, client: number, peer: number): readonly string[] {
  return [
    `--data-dir=${data}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    '--unsafe-no-fsync',
  ];
}

function apiserverArguments(
  { key, tokens }: Files,
  { folder, client, secure }: { folder: string; client: number; secure: number },
): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${client}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${secure}`,
    '--endpoint-reconciler-type=none',
    `--cert-dir=${join(folder, 'certs')}`,
    `--service-cluster-ip-range=${SERVICE_CIDRS.join(',')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${tokens}`,
    '--authorization-mode=AlwaysAllow',
  ];
}

function managerArguments(
  { key, kubeconfig, authority }: Files,
  { folder, port, without }: { folder: string; port: number; without: readonly string[] },
): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'manager-certs')}`,
    '--leader-elect=false',
    `--service-account-private-key-file=${key}`,
    `--root-ca-file=${authority}`,
    `--controllers=${['*', ...without.map((name) => `-${name}`)].join(',')}`,
    // Its limits would only make runs slow.
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
  ];
}

function askOver(agent: Agent, url: string, { method, path, body }: Request): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': type };
  const outgoing = request(`${url}${path}`, { agent, method, headers }, (incoming) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', reject);
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      // Whatever is not JSON is an error's text.
      const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : { metadata: {}, text };
      resolve({ status: incoming.statusCode ?? 0, body: parsed as ApiObject });
    });
  });
  outgoing.on('error', reject);
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

const PATIENCE_MS = 120_000;

async function untilOk(ask: () => Promise<Answer>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    try {
      if ((await ask()).status === 200) return;
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the control plane does not become ready');
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
