/**
 * The ingress beside nginx, HAProxy, Caddy and http-proxy: one worker each, one backend, in turns of short rounds.
 *
 * The figure that counts is CPU time per request, from /proc: it does not depend on what else the machine does. Then a
 * changed Ingress: how long after it was written a request is answered by it, at 1 000 Ingresses.
 *
 * `BENCH_ROUNDS`, `BENCH_SECONDS`, `BENCH_ONLY` (names of scenarios, `many-hosts` or `change`, comma-separated) and `BENCH_PARTIES`
 * make it shorter; what `BENCH_ONLY` leaves out keeps the figures of the run before.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figuresBefore, isChosen, machine, spreadOf, type Bench, type Report } from './bench.ts';
import { load, type Load, type Scenario } from './ingress-parts/load.ts';
import { freePorts, startChild, startPeer, type Party } from './ingress-parts/party.ts';
import {
  backendPeer,
  caddyPeer,
  haproxyPeer,
  nginxPeer,
  type Peer,
  type PeerPlan,
} from './ingress-parts/peers.ts';
import { hostName } from './ingress-parts/world.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);

const SCENARIOS: readonly Scenario[] = [
  { name: 'small', hosts: 1, scheme: 'http', connections: 32 },
  { name: 'small-1000-hosts', hosts: 1000, scheme: 'http', connections: 32 },
  { name: 'big', hosts: 1, scheme: 'http', isBig: true, connections: 8 },
  { name: 'one-shot', hosts: 1, scheme: 'http', isOneShot: true, connections: 32 },
  { name: 'tls', hosts: 1, scheme: 'https', connections: 32 },
  { name: 'tls-one-shot', hosts: 1, scheme: 'https', isOneShot: true, connections: 16 },
  { name: 'h2', hosts: 1, scheme: 'https', isHttp2: true, connections: 8 },
];

/** What podlane's requests per CPU second must be of another's. */
const TARGETS: Readonly<Record<string, number>> = {
  haproxy: 0.8,
  nginx: 0.75,
  caddy: 4,
  'http-proxy': 5,
};

interface Figures {
  readonly cpuPerRequestUs: number;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  readonly memoryMB: number;
  readonly failed: number;
}

export const bench: Bench = async (print) => {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-bench-ingress-'));
  try {
    const report: Report = {
      ...figuresBefore('ingress'),
      machine: machine(),
      rounds: ROUNDS,
      seconds: SECONDS,
    };
    for (const scenario of SCENARIOS.filter(({ name }) => isChosen(name))) {
      const figures = await measure(scenario, folder);
      report[scenario.name] = Object.fromEntries(figures);
      for (const line of sentences(scenario, figures)) print(line);
    }
    if (isChosen('many-hosts')) {
      const ratio = await measureManyHosts(folder);
      report['manyHosts'] = ratio;
      print(
        `1 000 hosts cost ${ratio.median.toFixed(2)} × one (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}) ${verdict(ratio.median <= 1.1)} (1.1)`,
      );
    }
    if (isChosen('change')) {
      const changes = await measureChanges(folder);
      report['change'] = changes;
      print(
        `a changed Ingress of 1 000 is served after ${changes.median.toFixed(1)} ms, at most ${changes.max.toFixed(1)} ${verdict(changes.median <= 10)} (10)`,
      );
    }
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** What a request costs with 1 000 hosts, in parts of what it costs with one; the two take turns. */
async function measureManyHosts(folder: string): Promise<ReturnType<typeof spreadOf>> {
  await using stack = new AsyncDisposableStack();
  const [few, many] = SCENARIOS.filter(({ name }) => name.startsWith('small'));
  if (few === undefined || many === undefined) throw new Error('the scenarios are not there');
  const [backendPort = 0] = await freePorts(1);
  const none = { http: backendPort, https: 0 };
  stack.use(await startPeer('backend', backendPeer(folder, backendPort), none));
  const start = async ({ name, hosts }: Scenario): Promise<Party> =>
    stack.use(await startChild(name, 'podlane', String(backendPort), String(hosts)));
  const [one, thousand] = [await start(few), await start(many)];
  const costs = async (seconds: number): Promise<number> => {
    const before = await round(one, { scenario: few, folder, seconds });
    const after = await round(thousand, { scenario: many, folder, seconds });
    return after.cpuPerRequestUs / before.cpuPerRequestUs;
  };
  await costs(1);
  const ratios: number[] = [];
  for (let index = 0; index < 2 * ROUNDS; index += 1) ratios.push(await costs(SECONDS));
  return spreadOf(ratios);
}

async function measure(scenario: Scenario, folder: string): Promise<Map<string, Figures>> {
  await using stack = new AsyncDisposableStack();
  const parties = await startAll(scenario, folder, stack);
  const rounds = new Map<string, Figures[]>(parties.map(({ name }) => [name, []]));
  for (const party of parties) await round(party, { scenario, folder, seconds: 1 });
  for (let index = 0; index < ROUNDS; index += 1)
    for (const party of parties)
      rounds.get(party.name)?.push(await round(party, { scenario, folder, seconds: SECONDS }));
  return new Map([...rounds].map(([name, all]) => [name, medians(all)]));
}

async function startAll(
  scenario: Scenario,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<readonly Party[]> {
  const { hosts, scheme } = scenario;
  const ports = await freePorts(7);
  const [backendPort = 0] = ports;
  const files = certificateIn(folder);
  writeFileSync(join(folder, 'big.bin'), Buffer.alloc(1_048_576, 'x'));
  const none = { http: backendPort, https: 0 };
  stack.use(await startPeer('backend', backendPeer(folder, backendPort), none));
  const wanted = process.env['BENCH_PARTIES']?.split(',');
  const isWanted = (name: string): boolean => wanted === undefined || wanted.includes(name);
  const parties: Party[] = [];
  const add = (party: Party): void => void parties.push(stack.use(party));
  if (isWanted('podlane'))
    add(
      await startChild(
        'podlane',
        'podlane',
        String(backendPort),
        String(hosts),
        files.certificate,
        files.key,
      ),
    );
  const peers: Readonly<Record<string, (plan: PeerPlan) => Peer>> = {
    nginx: nginxPeer,
    haproxy: haproxyPeer,
    caddy: caddyPeer,
  };
  let at = 1;
  for (const [name, make] of Object.entries(peers)) {
    if (!isWanted(name) || spawnSync(name, ['-h']).error !== undefined) continue;
    const [http = 0, https = 0] = ports.slice(at, at + 2);
    at += 2;
    const plan = { folder, backendPort, http, https, hosts, ...files };
    add(await startPeer(name, make(plan), { http, https }));
  }
  if (isWanted('http-proxy') && scheme === 'http' && hosts === 1)
    add(await startChild('http-proxy', 'http-proxy', String(backendPort)));
  return parties;
}

interface Round {
  readonly scenario: Scenario;
  readonly folder: string;
  readonly seconds: number;
}

async function round(party: Party, { scenario, folder, seconds }: Round): Promise<Figures> {
  const before = party.cpuSeconds();
  const port = scenario.scheme === 'http' ? party.http : party.https;
  const done: Load = await load({ scenario, port, folder, seconds });
  return {
    cpuPerRequestUs: ((party.cpuSeconds() - before) * 1e6) / done.requests,
    requestsPerSecond: done.requests / done.seconds,
    p99Ms: done.p99Ms,
    memoryMB: party.memoryMB(),
    failed: done.failed,
  };
}

function medians(rounds: readonly Figures[]): Figures {
  const of = (key: keyof Figures): number => spreadOf(rounds.map((each) => each[key])).median;
  return {
    cpuPerRequestUs: of('cpuPerRequestUs'),
    requestsPerSecond: of('requestsPerSecond'),
    p99Ms: of('p99Ms'),
    memoryMB: of('memoryMB'),
    failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
  };
}

function sentences({ name }: Scenario, figures: ReadonlyMap<string, Figures>): string[] {
  const ours = figures.get('podlane');
  return [...figures].map(([party, theirs]) => {
    const facts = `${theirs.cpuPerRequestUs.toFixed(1)} µs CPU, ${theirs.requestsPerSecond.toFixed(0)}/s, p99 ${theirs.p99Ms.toFixed(1)} ms, ${theirs.memoryMB.toFixed(0)} MB${theirs.failed > 0 ? `, ${theirs.failed} FAILED` : ''}`;
    const target = TARGETS[party];
    if (ours === undefined || target === undefined) return `${name}: ${party} ${facts}`;
    const ratio = theirs.cpuPerRequestUs / ours.cpuPerRequestUs;
    const p99 =
      party === 'haproxy' && !Number.isNaN(ours.p99Ms)
        ? `; p99 ${(ours.p99Ms / theirs.p99Ms).toFixed(2)} × ${verdict(ours.p99Ms <= 2 * theirs.p99Ms)} (2)`
        : '';
    return `${name}: ${party} ${facts}; podlane ${ratio.toFixed(2)} × its requests per CPU second ${verdict(ratio >= target)} (${target})${p99}`;
  });
}

/** From writing an Ingress to the first answer by its new path, the way through the store included. */
async function measureChanges(folder: string): Promise<ReturnType<typeof spreadOf>> {
  await using stack = new AsyncDisposableStack();
  const [backendPort = 0] = await freePorts(1);
  stack.use(
    await startPeer('backend', backendPeer(folder, backendPort), { http: backendPort, https: 0 }),
  );
  const party = stack.use(await startChild('podlane', 'podlane', String(backendPort), '1000'));
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  for (let index = 0; index < 50; index += 1) {
    const { path, writtenAt } = (await party.ask(String(index))) as {
      path: string;
      writtenAt: number;
    }; // as world.ts answers
    while ((await statusOf(party.http, { path, agent })) !== 200) continue;
    times.push(performance.timeOrigin + performance.now() - writtenAt);
  }
  agent.destroy();
  return spreadOf(times.slice(10));
}

function statusOf(port: number, { path, agent }: { path: string; agent: Agent }): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request({ host: '127.0.0.1', port, path, agent, headers: { host: hostName(0) } }, (response) => {
    response.resume().on('end', () => resolve(response.statusCode ?? 0));
  })
    .on('error', reject)
    .end();
  return promise;
}

function certificateIn(folder: string): { pem: string; certificate: string; key: string } {
  const [pem, certificate, key] = ['all.pem', 'tls.crt', 'tls.key'].map((name) =>
    join(folder, name),
  ) as [string, string, string]; // three names, three paths
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=bench.example',
      '-addext',
      // wrk names no server, and Caddy looks for a certificate of its own address then.
      'subjectAltName=DNS:*.bench.example,IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  );
  writeFileSync(pem, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'));
  return { pem, certificate, key };
}

function verdict(isKept: boolean): string {
  return isKept ? 'kept' : 'MISSED';
}
