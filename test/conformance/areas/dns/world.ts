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
  composeChain,
  createAnswerBytes,
  createForward,
  createKubernetes,
  routeTo,
  serveDns,
  type Plugin,
  type Resolve,
} from '../../../../src/dns/index.ts';
import { SILENT } from '../../../../src/observe/index.ts';
import type { PluginPlan } from './corefile.ts';
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
}

export interface ServerPlan {
  readonly plugins: readonly PluginPlan[];
  readonly store: Store;
  readonly server: ServerFields;
  readonly now: () => number;
}

/** Serves a chain on a free port of 127.0.0.1, over UDP and TCP. */
export async function serveChain({
  plugins,
  store,
  server,
  now,
}: ServerPlan): Promise<RunningServer> {
  const stack = new AsyncDisposableStack();
  let chain: Resolve | undefined;
  const resolve: Resolve = (query) => chain?.(query);
  let revision: (() => number) | undefined;
  const links: Plugin[] = plugins.map((plan) => {
    if (plan.kind === 'forward')
      return stack.use(createForward({ ...plan.options, random: Math.random })).plugin;
    const kubernetes = stack.use(
      createKubernetes(plan.options, {
        store,
        now,
        resolve,
        localAddresses: () => server.localIPs ?? [],
        hasSynced: () => server.synced !== false,
      }),
    );
    revision = kubernetes.revision;
    return kubernetes.plugin;
  });
  chain = composeChain(links);
  const answerBytes = createAnswerBytes({
    route: routeTo(resolve),
    hasAllClasses: plugins.some(({ kind }) => kind === 'forward'),
    ...(revision === undefined ? {} : { revision }),
  });
  const dns = stack.use(
    await serveDns({ addresses: [{ address: '127.0.0.1', port: 0 }], answerBytes, log: SILENT }),
  );
  return { port: dns.addresses[0]?.port ?? 0, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
