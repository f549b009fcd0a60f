/** CoreDNS beside this server: the same objects, Corefile and queries give the same replies. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Store } from '../../../src/api/index.ts';
import { serveApi } from '../../../bench/dns-parts/api.ts';
import { freePort } from '../../../bench/dns-parts/party.ts';
import {
  createClusterDns,
  CorefileError,
  readHostResolvConf,
  type ClusterDns,
} from '../../../src/dns/index.ts';
import { listenTcp } from '../../../src/net/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../../src/observe/index.ts';
import { applyObject, createEmptyStore } from '../../conformance/areas/dns/world.ts';
import { Dice, type Target } from '../target.ts';
import { findCoreDns, startCoreDns, type CoreDns } from './core-dns.ts';
import { describeReply, showAsked } from './describe.ts';
import { generateCorefile } from './generate-corefile.ts';
import { generateQuestion, type Asked } from './generate-question.ts';
import { generateWorld } from './generate-world.ts';
import { serveUpstream } from './upstream.ts';

/** Queries a round. */
const QUESTIONS = 150;
/** What differs is asked again after. */
const AGAIN_MS = 300;
/** Asked at once. */
const LOT = 10;

/** What one seed makes. */
interface Round {
  readonly seed: number;
}

export interface Difference {
  readonly asked: string;
  readonly theirs: string;
  readonly ours: string;
}

/** What both are given, and what differed. */
export interface Outcome {
  readonly corefile: string;
  readonly differences: readonly Difference[];
}

/** What rounds share: the upstream, and a folder. */
class Bench implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly folder: string = mkdtempSync(join(tmpdir(), 'podlane-coredns-'));
  readonly program: string;
  upstream = '';

  constructor(program: string) {
    this.program = program;
    this.#stack.defer(() => rmSync(this.folder, { recursive: true }));
  }

  async start(): Promise<void> {
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(this.folder, name), text);
    const server = this.#stack.use(await serveUpstream());
    this.upstream = `127.0.0.1:${server.addresses[0]?.port}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

const program = findCoreDns();
let bench: Promise<Bench> | undefined;

async function openBench(path: string): Promise<Bench> {
  const opened = new Bench(path);
  await opened.start();
  return opened;
}

/** One world and one Corefile for both, and what they say to the same queries. */
export async function compare({ seed }: Round, path: string): Promise<Outcome> {
  const { folder, upstream } = await (bench ??= openBench(path));
  const dice = new Dice(seed);
  const store = createEmptyStore(Date.now);
  for (const object of generateWorld(dice)) applyObject(store, object);
  const text = generateCorefile(dice, { upstream, files: folder });
  const asked = Array.from({ length: QUESTIONS }, () => generateQuestion(dice));
  await using api = await openApi(store);
  const port = await freePort();
  const corefile = text
    .replaceAll('@PORT@', String(port))
    .replace('@ENDPOINT@', `endpoint http://127.0.0.1:${api.port}`);
  await using servers = new AsyncDisposableStack();
  const keep = <T extends AsyncDisposable>(server: T | string): T | string =>
    typeof server === 'string' ? server : servers.use(server);
  const theirs = keep(await startCoreDns({ program: path, corefile, folder, port }));
  const ours = keep(await startOurs(text, store));
  if (typeof theirs === 'string' || typeof ours === 'string')
    return { corefile: text, differences: compareRefusals(theirs, ours) };
  const differences: Difference[] = [];
  for (let at = 0; at < asked.length; at += LOT) {
    const lot = asked.slice(at, at + LOT);
    const found = await Promise.all(lot.map((each) => compareReplies(each, theirs, ours)));
    differences.push(...found.filter((difference) => difference !== undefined));
  }
  return { corefile: text, differences };
}

function compareRefusals(
  theirs: CoreDns | string,
  ours: ClusterDns | string,
): readonly Difference[] {
  if (typeof theirs === 'string' && typeof ours === 'string') return [];
  const said = (server: CoreDns | ClusterDns | string): string =>
    typeof server === 'string' ? `refuses: ${server}` : 'serves';
  return [{ asked: 'the Corefile', theirs: said(theirs), ours: said(ours) }];
}

async function compareReplies(
  asked: Asked,
  theirs: CoreDns,
  ours: ClusterDns,
): Promise<Difference | undefined> {
  const difference = await askBoth(asked, theirs, ours);
  if (difference === undefined) return undefined;
  // A second may have passed between the two, and CoreDNS may not have all objects yet.
  await setTimeout(AGAIN_MS);
  return askBoth(asked, theirs, ours);
}

async function askBoth(
  asked: Asked,
  theirs: CoreDns,
  ours: ClusterDns,
): Promise<Difference | undefined> {
  const [one, other] = await Promise.all([theirs.ask(asked), askOurs(asked, ours)]);
  const [said, expected] = [describeReply(other), describeReply(one)];
  if (said === expected) return undefined;
  return { asked: showAsked(asked), theirs: expected, ours: said };
}

async function askOurs(
  { bytes, transport, from }: Asked,
  dns: ClusterDns,
): Promise<Buffer | undefined> {
  return dns.answerBytes(bytes, { address: from, port: 5353, transport });
}

async function openApi(store: Store): Promise<AsyncDisposable & { readonly port: number }> {
  const server = serveApi(store);
  const listener = await listenTcp({
    address: '127.0.0.1',
    port: 0,
    onConnection: (socket) => void server.emit('connection', socket),
  });
  return {
    port: listener.port,
    [Symbol.asyncDispose]: async () => {
      await listener.close();
      server.closeAllConnections();
    },
  };
}

/** @returns What is wrong with the Corefile. */
async function startOurs(text: string, store: Store): Promise<ClusterDns | string> {
  const corefile = text.replaceAll('@PORT@', '53').replace('@ENDPOINT@', '');
  const dns = createClusterDns({
    store,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log: SILENT,
    print: () => {},
    resolvConf: readHostResolvConf,
    localAddresses: () => [],
    hasSynced: () => true,
    portFor: () => 0,
  });
  try {
    await dns.load({ file: 'Corefile', text: corefile });
    return dns;
  } catch (error) {
    await dns[Symbol.asyncDispose]();
    if (error instanceof CorefileError) return error.message;
    throw error;
  }
}

const FILES: Readonly<Record<string, string>> = {
  hosts: `192.0.2.80 filed.corp.test
192.0.2.81 filed.corp.test www.example.org
::1 localhost
`,
  'db.corp.test': `$ORIGIN corp.test.
$TTL 300
@ IN SOA ns.corp.test. admin.corp.test. 2026010101 7200 3600 1209600 60
@ IN NS ns.corp.test.
@ IN MX 10 www
ns IN A 192.0.2.10
www IN A 192.0.2.11
www IN A 192.0.2.12
www IN AAAA 2001:db8::11
alias IN CNAME www
out IN CNAME www.example.org.
loop1 IN CNAME loop2
loop2 IN CNAME loop1
a.ent IN A 192.0.2.13
*.wild IN A 192.0.2.14
*.wild IN TXT "wild"
sub IN NS ns.sub
ns.sub IN A 192.0.2.15
dn IN DNAME example.org.
_http._tcp IN SRV 0 5 80 www
one IN TXT "one" "two"
`,
};

function show({ seed }: Round): string {
  return `the world and the Corefile of ${seed}`;
}

/** A round starts a process: few of them. */
const SHARE = 0.002;

const REPLIES: Target<Round> = {
  name: 'replies',
  share: SHARE,
  generate: (dice) => ({ seed: dice.below(2 ** 31) }),
  check: async (round) => {
    if (program === undefined) return;
    const { corefile, differences } = await compare(round, program);
    const [first] = differences;
    if (first === undefined) return;
    throw new Error(
      `${differences.length} replies differ\n${corefile}\n${first.asked}\nCoreDNS:\n${first.theirs}\nhere:\n${first.ours}`,
    );
  },
  show,
};

/** Without CoreDNS there is nothing to compare with. */
export const targets: readonly Target[] =
  program === undefined ? [] : [REPLIES as unknown as Target]; // what it generates is what it checks

export const skipped: string | undefined =
  program === undefined ? 'CoreDNS is not installed: replies are not compared' : undefined;

/** Ends what rounds share. */
export async function close(): Promise<void> {
  await (await bench)?.[Symbol.asyncDispose]();
  bench = undefined;
}
