import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findBinary,
  startUpstream as startServer,
  type UpstreamParty,
} from '../../bench/api-parts/parties.ts';
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

const NODE_LIFE = [
  'node-lifecycle-controller',
  'taint-eviction-controller',
  'pod-garbage-collector-controller',
];

/** The API server's flags; the last one that says the same counts. */
const SERVER_FLAGS = [
  '--endpoint-reconciler-type=none',
  `--service-cluster-ip-range=${SERVICE_CIDRS.join(',')}`,
  '--authorization-mode=AlwaysAllow',
];

/** Starts the real control plane, ended and removed on disposal. */
export async function startUpstream(
  { etcd, apiserver, manager }: Binaries,
  { withNodeLifecycle = false }: SideOptions = {},
): Promise<Side> {
  const server = await startServer({ etcd, apiserver, flags: SERVER_FLAGS });
  const folder = mkdtempSync(join(tmpdir(), 'podlane-differential-'));
  const agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false });
  const ask = (question: Request): Promise<Answer> => askOver(agent, server.address, question);
  await untilOk(() => ask({ method: 'GET', path: '/api/v1/namespaces/kube-system' }));
  const without = withNodeLifecycle ? [] : NODE_LIFE;
  const log = openSync(join(folder, 'manager.log'), 'w');
  const child = spawn(manager, managerArguments(server, folder, without), {
    stdio: ['ignore', log, log],
  });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
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
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
      await server[Symbol.asyncDispose]();
    },
  };
}

function managerArguments(
  { address: { url, token }, key, certificate }: UpstreamParty,
  folder: string,
  without: readonly string[],
): readonly string[] {
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'it',
      clusters: [{ name: 'it', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'it', user: { token } }],
      contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    }),
  );
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    // Nobody asks it anything.
    '--secure-port=0',
    '--leader-elect=false',
    `--service-account-private-key-file=${key}`,
    `--root-ca-file=${certificate}`,
    `--controllers=${['*', ...without.map((name) => `-${name}`)].join(',')}`,
    // Its limits would only make runs slow.
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
  ];
}

function askOver(
  agent: Agent,
  { url, token }: UpstreamParty['address'],
  { method, path, body }: Request,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const headers = { authorization: `Bearer ${token}`, 'content-type': type };
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
