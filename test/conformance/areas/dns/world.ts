/** A store filled from the fixture, and servers over it. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import {
  createKindRegistry,
  createStore,
  KINDS,
  type KindRow,
  type KubeObject,
  type Store,
} from '../../../../src/api/index.ts';
import {
  createClusterDns,
  serveDns,
  type AnswerBytes,
  type ClusterDns,
} from '../../../../src/dns/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../../../src/observe/index.ts';
import type { ServerFields } from './table.ts';

/** The fixture holds objects that the API refuses, and says so: kinds keep their defaults, and refuse nothing. */
const LENIENT: readonly KindRow[] = KINDS.map((row) =>
  row.defaults === undefined
    ? { name: row.name }
    : { name: row.name, defaults: row.defaults.bind(row) },
);

export function createEmptyStore(now: () => number): Store {
  return createStore({ kinds: createKindRegistry(LENIENT), now, random: Math.random });
}

export function createFilledStore(fixture: string, now: () => number): Store {
  const store = createEmptyStore(now);
  for (const document of parseAllDocuments(readFileSync(fixture, 'utf8')))
    applyObject(store, document.toJS());
  return store;
}

/** Creates or replaces; what only a server sets (status, deletion) is set in steps of its own. */
export function applyObject(store: Store, manifest: unknown): void {
  const object = manifest as KubeObject; // a document of the fixture
  const { deletionTimestamp, deletionGracePeriodSeconds, ...metadata } = object.metadata;
  const given: KubeObject = { ...object, metadata };
  const kind = object.apiVersion.startsWith('multicluster')
    ? `${object.kind}.multicluster.x-k8s.io`
    : object.kind;
  const isThere = store.get<string>(kind, metadata.namespace, metadata.name) !== undefined;
  if (isThere) store.update(given);
  else store.create(given);
  if (object['status'] !== undefined) store.update(given, { subresource: 'status' });
  if (deletionTimestamp === undefined) return;
  const { namespace = '', name } = metadata;
  store.delete({ kind, namespace, name }, { gracePeriodSeconds: deletionGracePeriodSeconds ?? 30 });
}

export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  readonly dns: ClusterDns;
  /** Lines printed so far. */
  readonly lines: readonly string[];
  /** Queries come from this address, whatever the socket says. */
  clientAddress: string | undefined;
}

export interface ServerPlan {
  readonly corefile: string;
  readonly store: Store;
  readonly server: ServerFields;
  readonly now: () => number;
  /** Threads that answer. @default 1 */
  readonly workers?: number | undefined;
  /** What `{$NAME}` stands for. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The names that a Corefile serves, without sockets. */
export function createNames(
  { store, server, now, variables = {} }: Omit<ServerPlan, 'corefile'>,
  print: (line: string) => void = () => {},
): ClusterDns {
  const { resolvSearch: search = [] } = server;
  return createClusterDns({
    store,
    clock: { now, setTimer: (delayMs, run) => SYSTEM_CLOCK.setTimer(delayMs, run) },
    random: Math.random,
    log: SILENT,
    print,
    resolvConf: () => ({ nameservers: [], search, options: [] }),
    localAddresses: () => server.localIPs ?? [],
    hasSynced: () => server.synced !== false,
    variables,
    portFor: () => 0,
  });
}

/** Serves a Corefile on a free port of 127.0.0.1, over UDP and TCP. */
export async function serveCorefile(plan: ServerPlan): Promise<RunningServer> {
  const stack = new AsyncDisposableStack();
  const lines: string[] = [];
  const dns = stack.use(createNames(plan, (line) => lines.push(line)));
  await dns.load({ file: 'Corefile', text: plan.corefile });
  const client: { address?: string } = {};
  const answerBytes: AnswerBytes = (octets, from, space) =>
    dns.answerBytes(octets, { ...from, ...client }, space);
  const door = stack.use(
    await serveDns({
      addresses: [{ address: '127.0.0.1', port: 0 }],
      answerBytes,
      workers: { count: plan.workers ?? 1, finished: dns.finished, revision: dns.revision },
      log: SILENT,
    }),
  );
  await dns.start();
  return {
    port: door.addresses[0]?.port ?? 0,
    dns,
    lines,
    get clientAddress() {
      return client.address;
    },
    set clientAddress(address) {
      if (address === undefined) delete client.address;
      else client.address = address;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
