/** Plays `dns/search-path.json`, and of `dns/cases.json` what errors, kubernetes and forward answer, over real sockets. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../../src/api/index.ts';
import type { AreaContext, CaseResult } from '../area.ts';
import { planOf, type Plan } from './dns/corefile.ts';
import { serveMockUpstream, type MockUpstream } from './dns/mock-upstream.ts';
import { playQuery } from './dns/play-query.ts';
import { playSequence } from './dns/play-sequence.ts';
import { playPolicy, playSearch, type SearchTable } from './dns/search-path.ts';
import type { DnsTable, QueryCase, SequenceCase } from './dns/table.ts';
import {
  createEmptyStore,
  createFilledStore,
  serveChain,
  type RunningServer,
} from './dns/world.ts';

const LATER = '(issue: Corefile and plugins)';

/** Runs every row. */
export async function* run({ casesDir }: AreaContext): AsyncIterable<CaseResult> {
  // The form of each table is its own `meta`.
  const search = readTable(join(casesDir, 'dns/search-path.json')) as SearchTable | undefined;
  for (const row of search?.cases ?? []) yield playSearch(row);
  for (const row of search?.dnsPolicyCases ?? []) yield playPolicy(row);
  const table = readTable(join(casesDir, 'dns/cases.json')) as DnsTable | undefined;
  if (table !== undefined) yield* runNames(table, join(casesDir, 'dns/fixture.yaml'));
}

async function* runNames(table: DnsTable, fixture: string): AsyncIterable<CaseResult> {
  await using upstream = await serveMockUpstream(table.upstream);
  await using servers = new Servers(table, fixture, upstream);
  for (const row of table.cases) yield await playRow(row, servers);
  for (const row of table.sequenceCases ?? []) yield await playTimes(row, servers);
  for (const { id } of table.configCases ?? [])
    yield { id, title: id, ok: false, skipped: `needs the Corefile parser ${LATER}` };
  for (const { id } of table.observabilityCases ?? [])
    yield { id, title: id, ok: false, skipped: `needs metrics, health and log ${LATER}` };
}

async function playRow(row: QueryCase, servers: Servers): Promise<CaseResult> {
  const plan = servers.planOf(row);
  if (plan.kind === 'skip') return skip(row, plan.reason);
  const server = await servers.serverFor(row, plan);
  return playQuery(row, server.port, servers.upstream);
}

async function playTimes(row: SequenceCase, servers: Servers): Promise<CaseResult> {
  const plan = servers.planOf(row);
  if (plan.kind === 'skip') return skip(row, plan.reason);
  const startedAt = Date.now();
  let present = startedAt;
  const now = (): number => present;
  const store = createFilledStore(servers.fixture, now);
  const { plugins } = plan;
  await using server = await serveChain({
    plugins,
    store,
    server: servers.table.defaults.server,
    now,
  });
  return await playSequence(row, {
    port: server.port,
    store,
    now,
    moveTo: (seconds) => {
      present = startedAt + seconds * 1000;
    },
  });
}

function skip({ id, group }: { id: string; group: string }, reason: string): CaseResult {
  return { id, title: group, ok: false, skipped: reason };
}

/** One server for each Corefile, started when a row needs it. */
class Servers implements AsyncDisposable {
  readonly table: DnsTable;
  readonly fixture: string;
  readonly upstream: MockUpstream;
  readonly #stack = new AsyncDisposableStack();
  readonly #servers = new Map<string, RunningServer>();
  #filled: Store | undefined;

  constructor(table: DnsTable, fixture: string, upstream: MockUpstream) {
    this.table = table;
    this.fixture = fixture;
    this.upstream = upstream;
  }

  planOf({ corefile = 'default', corefilePluginOptions }: Partial<QueryCase>): Plan {
    const { corefiles, defaults } = this.table;
    const options = corefilePluginOptions ?? defaults.corefilePluginOptions;
    const text = (corefiles[corefile] ?? '').replace('@KUBERNETES@', options);
    return planOf(text, this.upstream.address);
  }

  async serverFor(row: QueryCase, plan: Plan & { kind: 'plan' }): Promise<RunningServer> {
    const fields = { ...this.table.defaults.server, ...row.server };
    const key = JSON.stringify([plan.plugins, fields]);
    const running = this.#servers.get(key);
    if (running !== undefined) return running;
    const now = Date.now;
    this.#filled ??= createFilledStore(this.fixture, now);
    const store = fields.synced === false ? createEmptyStore(now) : this.#filled;
    const { plugins } = plan;
    const server = this.#stack.use(await serveChain({ plugins, store, server: fields, now }));
    this.#servers.set(key, server);
    return server;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

function readTable(path: string): unknown {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
