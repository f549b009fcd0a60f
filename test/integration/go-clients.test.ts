/** Clients written in Go, unmodified: informers, a controller with leader election, Helm, CoreDNS' kubernetes plugin. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { createApiClient, type ApiClient } from '../harness/api-client.ts';
import { buildGo, findProgram, type Found } from '../harness/go-programs.ts';
import { createFolder, ROOT, startProgram, type Program } from '../harness/instance.ts';

/** How many changes the informers see; the full measure is 10 000. */
const CHANGES = Number(process.env['PODLANE_GO_CHANGES'] ?? 1000);
t.setTimeout(300_000);

/** A program that says `ok …` or `FAIL …`, line by line. */
interface Talker extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves with the line that begins with `ok WORD`. @throws Error for `FAIL`, and when the program ends. */
  until(word: string): Promise<string>;
  say(line: string): void;
}

function talk(path: string, kubeconfig: string): Talker {
  const child = spawn(path, { env: { ...process.env, KUBECONFIG: kubeconfig } });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    until: async (word) => {
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
        if (line.value.startsWith(`ok ${word}`)) return line.value;
        if (line.value.startsWith('FAIL')) throw new Error(line.value);
      }
      throw new Error(`it ended without "ok ${word}":\n${errors}`);
    },
    say: (line) => child.stdin.write(`${line}\n`),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // TCP servers have one
  server.close();
  return port;
}

/** The kubeconfig of an instance, copied: its own goes with the instance. */
function kubeconfigOf({ status }: Program, folder: string): string {
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, readFileSync(status.api?.kubeconfig ?? ''));
  return path;
}

/** Reads until the answer is as wanted; the watch of the path tells when to look again. */
async function untilTrue(look: () => Promise<boolean>): Promise<boolean> {
  for (let turn = 0; turn < 600; turn += 1) {
    if (await look()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

const informers = buildGo('informers');
const manager = buildGo('manager');
const helm = findProgram('helm', 'helm.sh/helm/v4/cmd/helm@latest');
const coredns = findProgram('coredns', 'github.com/coredns/coredns@latest');
const dig = findProgram('dig', "from Debian's bind9-dnsutils");

/** Why a test cannot be run; false where all it needs is there. */
function skipWithout(...programs: readonly Found[]): { readonly skip: string | false } {
  const missing = programs.find((found) => found.kind === 'missing');
  return { skip: missing === undefined ? false : missing.reason };
}

/** @throws Error where a test is run without what it needs. */
function pathOf(found: Found): string {
  if (found.kind === 'missing') throw new Error(found.reason);
  return found.path;
}

t.test(
  `informers and a controller stay in sync through ${CHANGES} changes and a restart`,
  skipWithout(informers, manager),
  async (t) => {
    t.setTimeout(300_000);
    using data = createFolder();
    const api = ['--api', `127.0.0.1:${await freePort()}`, '--nodes', '1'];
    const args = [...api, '--data-dir', join(data.path, 'state')];
    await using first = await startProgram({ args });
    const kubeconfig = kubeconfigOf(first, data.path);
    await using following = talk(pathOf(informers), kubeconfig);
    await using controlling = talk(pathOf(manager), kubeconfig);
    await following.until('synced');
    await controlling.until('leading');
    following.say(`write ${CHANGES / 2}`);
    following.say('compare');
    t.match(await following.until('equal'), /: \d+ objects/);
    following.say(`write ${CHANGES / 2}`);
    await first.end('SIGKILL');
    await first[Symbol.asyncDispose]();
    await using second = await startProgram({ args });
    await following.until('wrote');
    following.say('compare');
    t.match(await following.until('equal'), /: \d+ objects/);
    using client = createApiClient(second.status.api?.kubeconfig ?? '');
    await copies(client);
    const secrets = await untilTrue(async () => (await secretsOf(client)).join() === 'a=1,b=2,c=3');
    t.ok(secrets, 'the controller goes on after the restart');
    t.equal(controlling.child.exitCode, null, 'it is the leader still');
  },
);

/** Objects that the controller has work with. */
async function copies(client: ApiClient): Promise<void> {
  for (const [index, name] of ['a', 'b', 'c'].entries())
    await client.ask('POST', '/api/v1/namespaces/default/configmaps', {
      metadata: { name, labels: { copy: 'wanted' } },
      data: { change: `${index + 1}` },
    });
}

async function secretsOf(client: ApiClient): Promise<readonly string[]> {
  const { object } = await client.ask('GET', '/api/v1/namespaces/default/secrets');
  return (object.items ?? []).map(
    ({ metadata, data }) =>
      `${metadata.name}=${Buffer.from(data?.['change'] ?? '', 'base64').toString()}`,
  );
}

t.test(
  'Helm installs, upgrades, rolls back and uninstalls a chart',
  skipWithout(helm),
  async (t) => {
    await using program = await startProgram({ args: ['--api', '127.0.0.1:0'] });
    using home = createFolder();
    const kubeconfig = kubeconfigOf(program, home.path);
    using client = createApiClient(kubeconfig);
    const run = async (...args: readonly string[]): Promise<string> => {
      const child = spawn(pathOf(helm), args, {
        env: { ...process.env, KUBECONFIG: kubeconfig, HOME: home.path },
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const [code] = (await once(child, 'close')) as [number];
      t.equal(code, 0, `helm ${args.join(' ')}: ${code === 0 ? 'ok' : text}`);
      return text;
    };
    const shown = async (): Promise<readonly unknown[]> => {
      const { object } = await client.ask(
        'GET',
        '/apis/apps/v1/namespaces/default/deployments/shop',
      );
      const map = await client.ask('GET', '/api/v1/namespaces/default/configmaps/shop');
      const { replicas } = (object['spec'] ?? {}) as { readonly replicas?: number };
      return [replicas, map.object.data?.['message']];
    };
    const chart = join(ROOT, 'fixtures/chart');
    t.match(await run('install', 'shop', chart, '--wait', '--timeout', '60s'), /STATUS: deployed/);
    t.same(await shown(), [1, 'hello']);
    await run('upgrade', 'shop', chart, '--set', 'replicas=2,message=again', '--wait');
    t.same(await shown(), [2, 'again']);
    t.match(await run('list'), /shop\s+default\s+2\s.*deployed/);
    await run('rollback', 'shop', '1', '--wait');
    t.same(await shown(), [1, 'hello']);
    t.match(await run('history', 'shop'), /Rollback to 1/);
    await run('uninstall', 'shop', '--wait');
    t.same(await shown(), [undefined, undefined]);
  },
);

t.test(
  "CoreDNS' kubernetes plugin answers from our API as we do, and follows it",
  skipWithout(coredns, dig),
  async (t) => {
    await using program = await startProgram({
      args: [join(ROOT, 'fixtures/guestbook'), '--api', '127.0.0.1:0'],
    });
    using folder = createFolder();
    const kubeconfig = kubeconfigOf(program, folder.path);
    const port = await freePort();
    const corefile = folder.write(
      'Corefile',
      `.:${port} {\n  bind 127.0.0.1\n  ready 127.0.0.1:0\n  kubernetes cluster.local in-addr.arpa ip6.arpa {\n    kubeconfig ${kubeconfig}\n    pods insecure\n    fallthrough in-addr.arpa ip6.arpa\n    ttl 30\n  }\n}\n`,
    );
    const child = spawn(pathOf(coredns), ['-conf', corefile], { stdio: 'ignore' });
    t.teardown(() => child.kill('SIGKILL'));
    const ours = program.status.dns?.port ?? 0;
    const ask = (at: number, name: string, type: string): string => answerOf(at, name, type);
    const questions = QUESTIONS.flatMap(([name, types]) =>
      types.map((type) => [name, type] as const),
    );
    for (const [name, type] of questions) {
      const same = await untilTrue(async () => ask(port, name, type) === ask(ours, name, type));
      if (!same) t.equal(ask(port, name, type), ask(ours, name, type), `${name} ${type}`);
      else t.pass(`${name} ${type}: ${ask(ours, name, type).replaceAll('\n', ' ')}`);
    }
    using client = createApiClient(kubeconfig);
    const made = await client.ask('POST', '/api/v1/namespaces/default/services', {
      metadata: { name: 'later' },
      spec: { ports: [{ name: 'http', port: 80 }] },
    });
    const { clusterIP = '' } = made.object['spec'] as { readonly clusterIP?: string };
    const follows = (text: string) => () =>
      Promise.resolve(ask(port, 'later.default.svc.cluster.local.', 'A').includes(text));
    t.ok(await untilTrue(follows(`A ${clusterIP}`)), 'a new Service is answered');
    await client.ask('DELETE', '/api/v1/namespaces/default/services/later');
    t.ok(await untilTrue(follows('NXDOMAIN')), 'one that is deleted is not');
    const pods = ['redis.default.svc.cluster.local.', 'A'] as const;
    const before = ask(ours, ...pods);
    await client.ask('PATCH', '/apis/apps/v1/namespaces/default/statefulsets/redis', {
      spec: { template: { metadata: { annotations: { restarted: 'now' } } } },
    });
    const hasFollowed = async (): Promise<boolean> => {
      const { object } = await client.ask(
        'GET',
        '/apis/apps/v1/namespaces/default/statefulsets/redis',
      );
      const { updateRevision, currentRevision } = object['status'] as Record<string, string>;
      const [own, theirs] = [ask(ours, ...pods), ask(port, ...pods)];
      return updateRevision === currentRevision && own !== before && own === theirs;
    };
    t.ok(await untilTrue(hasFollowed), `a rollout is followed: ${ask(port, ...pods)}`);
  },
);

/** The names that everybody asks for. */
const QUESTIONS: readonly (readonly [name: string, types: readonly string[]])[] = [
  ['kubernetes.default.svc.cluster.local.', ['A', 'AAAA', 'SRV']],
  ['_https._tcp.kubernetes.default.svc.cluster.local.', ['SRV']],
  ['kube-dns.kube-system.svc.cluster.local.', ['A']],
  ['_dns._udp.kube-dns.kube-system.svc.cluster.local.', ['SRV']],
  ['web.default.svc.cluster.local.', ['A', 'AAAA', 'SRV', 'TXT']],
  ['_http._tcp.api.default.svc.cluster.local.', ['SRV']],
  ['_nosuch._tcp.api.default.svc.cluster.local.', ['SRV']],
  ['redis.default.svc.cluster.local.', ['A', 'SRV']],
  ['redis-0.redis.default.svc.cluster.local.', ['A']],
  ['redis-9.redis.default.svc.cluster.local.', ['A']],
  ['mail.default.svc.cluster.local.', ['CNAME']],
  ['*.default.svc.cluster.local.', ['A']],
  ['nosuch.default.svc.cluster.local.', ['A', 'SRV']],
  ['default.svc.cluster.local.', ['A']],
  ['svc.cluster.local.', ['A']],
  ['cluster.local.', ['A']],
  ['nosuch.svc.cluster.local.', ['A']],
  ['1.0.96.10.in-addr.arpa.', ['PTR']],
  ['10-244-1-3.default.pod.cluster.local.', ['A']],
  ['dns-version.cluster.local.', ['TXT']],
];

/** The rcode and the records, in order. */
function answerOf(port: number, name: string, type: string): string {
  const args = [
    '@127.0.0.1',
    '-p',
    `${port}`,
    '+tries=1',
    '+time=2',
    '+noall',
    '+comments',
    '+answer',
    name,
    type,
  ];
  const { stdout } = spawnSync('dig', args, { encoding: 'utf8' });
  const rcode = /status: (\w+)/.exec(stdout)?.[1] ?? 'none';
  const records = stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
    // Times to live run down.
    .map((line) => line.replace(/\s+/g, ' ').replace(/^(\S+) \d+ /, '$1 '))
    .toSorted();
  return [rcode, ...records].join('\n');
}
