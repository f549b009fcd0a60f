import {
  ApiError,
  bootstrapObjects,
  createKindRegistry,
  createStore,
  KINDS,
  toApiStatus,
} from '../../src/api/index.ts';
import {
  ADMIN,
  route,
  Snapshots,
  SUBRESOURCES,
  type ApiContext,
} from '../../src/apiserver/index.ts';
import { createControllers, runControllers } from '../../src/controllers/index.ts';
import { createServiceAllocator } from '../../src/ipam/index.ts';
import { createLogger, SYSTEM_CLOCK } from '../../src/observe/index.ts';
import { SERVICE_CIDRS, type Answer, type ApiObject, type Request, type Side } from './side.ts';

/** What a real cluster's controller manager does not do, or what would need kubelets. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'default-scheduler',
  'node-lifecycle-controller',
  'node-lease-controller',
  'node-ipam-controller',
  'service-lb-controller',
  'pod-garbage-collector-controller',
]);

const REQUEST_TIMEOUT_MS = 30_000;

/** podlane's store, API and controllers in this process, at the pace of the clock. */
export function startOwn(): Side {
  const kinds = createKindRegistry(KINDS);
  const clock = SYSTEM_CLOCK;
  const store = createStore({
    kinds,
    allocators: [createServiceAllocator({ serviceCIDRs: SERVICE_CIDRS })],
    hasServiceAccounts: true,
    now: () => clock.now(),
    random: Math.random,
  });
  const controllers = createControllers({
    loadBalancerCIDR: 'off',
    rootCertificate: () => 'authority',
  }).filter(({ name }) => !LEFT_OUT.has(name));
  const log = createLogger('error', (line) => console.error(line));
  const running = runControllers({ store, clock, log, controllers });
  for (const object of bootstrapObjects({ kubernetesServiceIPs: ['10.96.0.1'] }))
    store.create(object);
  const context: ApiContext = {
    store,
    kinds,
    clock,
    random: Math.random,
    log,
    snapshots: new Snapshots(),
    subresources: SUBRESOURCES,
  };
  return {
    name: 'podlane',
    ask: (request) => askOwn(context, request),
    revision: async () => {
      await running.settled();
      return String(store.revision);
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function textOf(answer: Awaited<ReturnType<typeof route>>): string {
  if (answer.kind === 'bytes') return Buffer.from(answer.bytes).toString();
  return answer.kind === 'object' ? JSON.stringify(answer.object) : '{}';
}

async function askOwn(context: ApiContext, { method, path, body }: Request): Promise<Answer> {
  const [pathname = '', query = ''] = path.split('?');
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  try {
    const answer = await route(
      {
        method,
        path: pathname,
        query: new URLSearchParams(query),
        headers: { 'content-type': type, accept: 'application/json' },
        body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
        user: ADMIN,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      },
      context,
    );
    // A copy, as a client would read it; the API's answers are objects with metadata.
    return { status: answer.status, body: JSON.parse(textOf(answer)) as ApiObject };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const status = toApiStatus(error) as unknown as ApiObject; // a metav1.Status has metadata too
    return { status: error.status, body: status };
  }
}
