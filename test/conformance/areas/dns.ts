/** Plays `dns/search-path.json` and `dns/cases.json`, each row's Corefile over real sockets. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../../src/api/index.ts';
import { CorefileError } from '../../../src/dns/index.ts';
import type { AreaContext, CaseResult } from '../area.ts';
import { serveMockUpstream, type MockUpstream } from './dns/mock-upstream.ts';
import { playConfig } from './dns/play-config.ts';
import { playObservability } from './dns/play-observability.ts';
import { playQuery } from './dns/play-query.ts';
import { playSequence } from './dns/play-sequence.ts';
import { playPolicy, playSearch, type SearchTable } from './dns/search-path.ts';
import type {
  DnsTable,
  ObservabilityCase,
  QueryCase,
  SequenceCase,
  ServerFields,
} from './dns/table.ts';
import {
  createEmptyStore,
  createFilledStore,
  serveCorefile,
  type RunningServer,
} from './dns/world.ts';

/** Runs every row. */
export async function* run({ casesDir, dnsWorkers }: AreaContext): AsyncIterable<CaseResult> {
  // The form of each table is its own `meta`.
  const search = readTable(join(casesDir, 'dns/search-path.json')) as SearchTable | undefined;
  for (const row of search?.cases ?? []) yield playSearch(row);
  for (const row of search?.dnsPolicyCases ?? []) yield playPolicy(row);
  const table = readTable(join(casesDir, 'dns/cases.json')) as DnsTable | undefined;
  if (table !== undefined)
    yield* runNames(table, { fixture: join(casesDir, 'dns/fixture.yaml'), workers: dnsWorkers });
}

interface Setting {
  readonly fixture: string;
  /** Threads that answer. */
  readonly workers: number | undefined;
}

async function* runNames(table: DnsTable, setting: Setting): AsyncIterable<CaseResult> {
  await using upstream = await serveMockUpstream(table.upstream);
  await using servers = new Servers(table, setting, upstream);
  for (const row of table.cases) yield await attempt(row, () => playRow(row, servers));
  for (const row of table.sequenceCases ?? [])
    yield await attempt(row, () => playTimes(row, servers));
  for (const row of table.configCases ?? [])
    yield await attempt(row, () => playConfig(row, createEmptyStore(Date.now)));
  for (const row of table.observabilityCases ?? [])
    yield await attempt(row, () => playWatched(row, servers));
}

/** A row whose Corefile is refused has failed, and says why. */
async function attempt(
  { id, group = id }: { readonly id: string; readonly group?: string },
  play: () => Promise<CaseResult>,
): Promise<CaseResult> {
  try {
    return await play();
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    return { id, title: group, ok: false, actual: `${error.position.line}: ${error.message}` };
  }
}

async function playRow(row: QueryCase, servers: Servers): Promise<CaseResult> {
  const server = await servers.serverFor(row);
  server.clientAddress = row.client;
  return playQuery(row, server.port, servers.upstream);
}

async function playTimes(row: SequenceCase, servers: Servers): Promise<CaseResult> {
  const startedAt = Date.now();
  let present = startedAt;
  const now = (): number => present;
  const store = createFilledStore(servers.fixture, now);
  const corefile = servers.corefileOf(row);
  const { server: fields } = servers.table.defaults;
  await using server = await serveCorefile({
    corefile,
    store,
    server: fields,
    now,
    workers: servers.workers,
  });
  const { upstream } = servers;
  const result = await playSequence(row, {
    port: server.port,
    store,
    now,
    upstream,
    moveTo: (seconds) => {
      present = startedAt + seconds * 1000;
    },
  });
  await upstream.setDown(false);
  return result;
}

async function playWatched(row: ObservabilityCase, servers: Servers): Promise<CaseResult> {
  const corefile = servers.corefileOf(row);
  const isSynced = row.id !== 'http-ready-before-sync';
  const fields = { ...servers.table.defaults.server, synced: isSynced };
  const store = servers.storeFor(fields);
  await using server = await serveCorefile({
    corefile,
    store,
    server: fields,
    now: Date.now,
    workers: servers.workers,
  });
  return await playObservability(row, server, servers.upstream.address);
}

/** One server for each Corefile, started when a row needs it. */
class Servers implements AsyncDisposable {
  readonly table: DnsTable;
  readonly fixture: string;
  readonly workers: number | undefined;
  readonly upstream: MockUpstream;
  readonly #stack = new AsyncDisposableStack();
  readonly #servers = new Map<string, RunningServer>();
  readonly #folder: string;
  #filled: Store | undefined;

  constructor(table: DnsTable, { fixture, workers }: Setting, upstream: MockUpstream) {
    this.table = table;
    this.fixture = fixture;
    this.workers = workers;
    this.upstream = upstream;
    this.#folder = writeFiles(table.files ?? {});
    this.#stack.defer(() => rmSync(this.#folder, { recursive: true }));
  }

  corefileOf({ corefile = 'default', corefilePluginOptions }: Partial<QueryCase>): string {
    const { corefiles, defaults } = this.table;
    const options = corefilePluginOptions ?? defaults.corefilePluginOptions;
    return (corefiles[corefile] ?? '')
      .replace('@KUBERNETES@', () => options)
      .replaceAll('@UPSTREAM@', this.upstream.address)
      .replaceAll('@EMPTYFILE@', join(this.#folder, 'empty'))
      .replaceAll('@FILES@', join(this.#folder, 'files'));
  }

  async serverFor(row: QueryCase): Promise<RunningServer> {
    const corefile = this.corefileOf(row);
    const fields = { ...this.table.defaults.server, ...row.server };
    const key = JSON.stringify([corefile, fields]);
    const running = this.#servers.get(key);
    if (running !== undefined) return running;
    const store = this.storeFor(fields);
    const server = this.#stack.use(
      await serveCorefile({
        corefile,
        store,
        server: fields,
        now: Date.now,
        workers: this.workers,
      }),
    );
    this.#servers.set(key, server);
    return server;
  }

  storeFor({ synced }: ServerFields): Store {
    if (synced === false) return createEmptyStore(Date.now);
    this.#filled ??= createFilledStore(this.fixture, Date.now);
    return this.#filled;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** A folder with an empty file, and the table's in `files`. */
function writeFiles(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'podlane-dns-'));
  mkdirSync(join(folder, 'files'));
  writeFileSync(join(folder, 'empty'), '');
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, 'files', name), text);
  return folder;
}

function readTable(path: string): unknown {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
