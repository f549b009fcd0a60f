/** An API server over a store of its own, on a free port of 127.0.0.1. */
import {
  bootstrapObjects,
  createKindRegistry,
  createStore,
  KINDS,
  type KindRegistry,
  type Store,
} from '../../src/api/index.ts';
import {
  ADMIN,
  bootstrapPolicy,
  cleanCustomResources,
  createCredentials,
  isSameSecret,
  route,
  routeUpgrade,
  serveApi,
  Snapshots,
  SUBRESOURCES,
  type ApiContext,
  type ApiServer,
  type ServerCredentials,
} from '../../src/apiserver/index.ts';
import { createServiceAllocator } from '../../src/ipam/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';

export interface TestServer extends AsyncDisposable {
  readonly server: ApiServer;
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly credentials: ServerCredentials;
  readonly token: string;
  readonly context: ApiContext;
}

let known: Promise<ServerCredentials> | undefined;

/** @param changes parts of the handlers' context that differ from the usual */
export async function startTestServer(changes: Partial<ApiContext> = {}): Promise<TestServer> {
  const kinds = createKindRegistry(KINDS);
  const random = Math.random;
  const { clock = SYSTEM_CLOCK } = changes;
  const store = createStore({
    kinds,
    now: () => clock.now(),
    random,
    allocators: [createServiceAllocator({ serviceCIDRs: ['10.96.0.0/16'] })],
  });
  for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
    store.create(object);
  bootstrapPolicy(store);
  const context: ApiContext = {
    store,
    kinds,
    clock,
    random,
    log: SILENT,
    snapshots: new Snapshots(),
    subresources: SUBRESOURCES,
    ...changes,
  };
  known ??= createCredentials([], Date.now());
  const credentials = await known;
  const token = 'secret-token';
  const server = await serveApi({
    address: '127.0.0.1',
    port: 0,
    tls: { ...credentials.server, clientCA: credentials.ca },
    answer: async (request) => route(request, context),
    upgrade: (upgrade) => routeUpgrade(upgrade, context),
    review: (given) => (isSameSecret(given, token) ? ADMIN : undefined),
    log: SILENT,
  });
  const cleaning = cleanCustomResources(store, kinds);
  return {
    server,
    store,
    kinds,
    credentials,
    token,
    context,
    [Symbol.asyncDispose]: () => {
      cleaning[Symbol.dispose]();
      return server[Symbol.asyncDispose]();
    },
  };
}
