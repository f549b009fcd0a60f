/**
 * Time from process start until DNS and the ingress answer, and the memory then, for 50 Services and 200 Pods; from the
 * sources and from `dist/` (when it is built). The peer is a bare `node -e 0`: what the runtime alone takes.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { machine, spreadOf, type Bench } from './bench.ts';

const RUNS = 10;
const SERVICES = 50;
const PODS_PER_SERVICE = 4;
const BUDGET_MS = 300;
const BUDGET_MB = 100;

interface Measured {
  readonly readyMs: number;
  readonly answeredMs: number;
  readonly memoryMB: number;
}

export const bench: Bench = async (print) => {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-bench-'));
  try {
    writeFileSync(join(folder, 'manifests.yaml'), manifests());
    const root = join(import.meta.dirname, '..');
    const programs = {
      source: join(root, 'src/cli/main.ts'),
      dist: join(root, 'dist/cli/main.js'),
    };
    const report: Record<string, unknown> = {
      machine: machine(),
      runs: RUNS,
      services: SERVICES,
      pods: SERVICES * PODS_PER_SERVICE,
    };
    const bare = spreadOf(Array.from({ length: RUNS }, bareNodeMs));
    report['bareNodeMs'] = bare;
    print(`node -e 0: median ${bare.median.toFixed(0)} ms`);
    for (const [name, program] of Object.entries(programs)) {
      if (!existsSync(program)) {
        print(`${name}: not built, left out (npm run build)`);
        continue;
      }
      await measure(program, folder); // fills the compile cache, as a first start does
      const runs: Measured[] = [];
      for (let run = 0; run < RUNS; run += 1) runs.push(await measure(program, folder));
      const answered = spreadOf(runs.map(({ answeredMs }) => answeredMs));
      const memory = spreadOf(runs.map(({ memoryMB }) => memoryMB));
      report[name] = {
        answeredMs: answered,
        readyMs: spreadOf(runs.map(({ readyMs }) => readyMs)),
        memoryMB: memory,
      };
      print(
        `${name}: DNS and ingress answer after median ${answered.median.toFixed(0)} ms (${answered.min.toFixed(0)}–${answered.max.toFixed(0)}), ` +
          `${(answered.median / bare.median).toFixed(1)} × a bare node, budget ${BUDGET_MS} ms ${answered.median < BUDGET_MS ? 'kept' : 'MISSED'}; ` +
          `memory ${memory.median.toFixed(0)} MB, budget ${BUDGET_MB} MB ${memory.median < BUDGET_MB ? 'kept' : 'MISSED'}`,
      );
    }
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

function bareNodeMs(): number {
  const start = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - start;
}

async function measure(program: string, folder: string): Promise<Measured> {
  const start = performance.now();
  const child = spawn(
    process.execPath,
    [
      program,
      'up',
      folder,
      '-o',
      'json',
      '--name',
      `bench-${process.pid}`,
      '--dns',
      '127.0.0.1:0',
      '--http',
      '127.0.0.1:0',
      '--https',
      '127.0.0.1:0',
      '--entry',
      '127.0.0.1:0',
      // Beside an instance that runs already.
      '--service-cidr=10.112.0.0/16',
      '--pod-cidr=10.113.0.0/16',
      '--load-balancer-cidr=127.114.0.0/24',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit').then(([code]) => {
        throw new Error(
          `podlane ended with ${code} before it was ready; is another instance running?`,
        );
      }),
    ])) as [string];
    const status = JSON.parse(line) as {
      readyMs: number;
      dns: { port: number };
      ingress: { http: { port: number } };
    };
    await Promise.all([askDns(status.dns.port), askIngress(status.ingress.http.port)]);
    return {
      readyMs: status.readyMs,
      answeredMs: performance.now() - start,
      memoryMB: memoryOf(child),
    };
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

/** One A query for a Service, over UDP. */
async function askDns(port: number): Promise<void> {
  const labels = ['svc-7', 'default', 'svc', 'cluster', 'local']
    .map((label) => `${String.fromCharCode(label.length)}${label}`)
    .join('');
  const query = Buffer.concat([
    Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    Buffer.from(`${labels}\0`, 'latin1'),
    Buffer.from([0, 1, 0, 1]),
  ]);
  const socket = createSocket('udp4');
  socket.send(query, port, '127.0.0.1');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  if (answer.readUInt16BE(6) !== 1) throw new Error('the DNS answer has no address');
}

async function askIngress(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  get(
    { host: '127.0.0.1', port, headers: { host: 'shop.example.org' }, agent: false },
    (response) => {
      response.resume();
      resolve(response.statusCode);
    },
  ).once('error', reject);
  const status = await promise;
  if (status !== 200) throw new Error(`the ingress answered ${status}`);
}

/** Resident memory, where the OS tells. */
function memoryOf({ pid }: ChildProcess): number {
  const status = `/proc/${pid}/status`;
  const kilobytes = existsSync(status)
    ? /VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]
    : undefined;
  return Number(kilobytes) / 1024;
}

function manifests(): string {
  const services = Array.from({ length: SERVICES }, (_, index) => service(`svc-${index}`));
  return [...services, ingress()].join('---\n');
}

function service(name: string): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  selector: { app: ${name} }
  ports: [{ name: http, port: 80, targetPort: http }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  replicas: ${PODS_PER_SERVICE}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - name: main
          image: example.org/${name}:1
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: http } }
`;
}

function ingress(): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - host: shop.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: svc-0, port: { name: http } } } }] }
`;
}
