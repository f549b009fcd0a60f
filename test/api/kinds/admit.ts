/** A store with every kind's row, for tests of what it makes of objects. */
import { Buffer } from 'node:buffer';
import {
  ApiError,
  createKindRegistry,
  createStore,
  KINDS,
  type KubeObject,
  type KindRow,
  prepareWrites,
  type Store,
} from '../../../src/api/index.ts';

export const NOW: number = Date.parse('2026-01-02T03:04:05Z');

/** Things that every admitted object has and that say nothing about its kind. */
const OF_THE_STORE: ReadonlySet<string> = new Set(['uid', 'resourceVersion', 'creationTimestamp']);

/** A store with the Namespace `default` and no allocators. */
export function createKindsStore(kinds: readonly KindRow[] = KINDS): Store {
  let dice = 1;
  const store = createStore({
    kinds: createKindRegistry(kinds),
    now: () => NOW,
    random: () => (dice = (dice * 16_807) % 2_147_483_647) / 2_147_483_647,
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  return store;
}

// A run has the rules for workloads once it has met one.
await prepareWrites([{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' } }]);

const API_VERSIONS: Readonly<Record<string, string>> = {
  CronJob: 'batch/v1',
  Job: 'batch/v1',
  ControllerRevision: 'apps/v1',
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  IngressClass: 'networking.k8s.io/v1',
  IPAddress: 'networking.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  ServiceCIDR: 'networking.k8s.io/v1',
};
const CLUSTER_SCOPED = [
  'Namespace',
  'Node',
  'PersistentVolume',
  'IngressClass',
  'ServiceCIDR',
  'IPAddress',
];

/** An object of `kind` in Namespace `default`; `body` holds everything but its type, and metadata over these. */
export function kindObject(kind: string, body: object, name = 'x'): KubeObject {
  const { metadata, ...rest } = body as { readonly metadata?: object };
  const namespace = CLUSTER_SCOPED.includes(kind) ? {} : { namespace: 'default' };
  return {
    apiVersion: API_VERSIONS[kind] ?? 'v1',
    kind,
    metadata: { name, ...namespace, ...metadata },
    ...rest,
  };
}

/** `object` without what the store gives to every object. */
export function contentOf({ metadata, ...rest }: KubeObject): object {
  const entries = Object.entries(metadata).filter(([field]) => !OF_THE_STORE.has(field));
  return { ...rest, metadata: Object.fromEntries(entries) };
}

/** What is wrong, a line a field as the API writes it; empty when nothing is. */
export function refusals(act: () => unknown): readonly string[] {
  try {
    act();
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.causes.map(({ field, message }) => `${field}: ${message}`);
  }
}

/** `refusals` of a create. */
export function refusalsOf(kind: string, body: object, name = 'x'): readonly string[] {
  return refusals(() => createKindsStore().create(kindObject(kind, body, name)));
}

/** `refusals` of an update of `before` to `after`. */
export function updateRefusals(kind: string, before: object, after: object): readonly string[] {
  const store = createKindsStore();
  store.create(kindObject(kind, before));
  return refusals(() => store.update(kindObject(kind, after)));
}

/** `refusals` of a status written to an object made of `body`. */
export function statusRefusals(kind: string, body: object, status: unknown): readonly string[] {
  const store = createKindsStore();
  const made = store.create(kindObject(kind, body));
  return refusals(() => store.update({ ...made, status }, { subresource: 'status' }));
}

/** Text as Secrets hold it. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
