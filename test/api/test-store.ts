/** A store for tests: its clock stands still until it is told to move, and its dice are the same in each run. */
import {
  ApiError,
  createKindRegistry,
  createStore,
  toApiStatus,
  type KubeObject,
  type ObjectMeta,
  type Store,
  type StoreEvent,
  type StoreOptions,
} from '../../src/api/index.ts';

export const START: number = Date.parse('2026-01-02T03:04:05Z');

/** Numbers of a small linear congruential generator. */
export function dice(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A store of kinds without rows, with the Namespace `default`. */
export function createTestStore(options: Partial<StoreOptions> = {}): Store {
  const store = createStore({
    kinds: createKindRegistry([]),
    now: () => START,
    random: dice(),
    ...options,
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  return store;
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  Ingress: 'networking.k8s.io/v1',
  Widget: 'example.org/v1',
};

/** An object of `kind` in the namespace `default`. */
export function object(
  kind: string,
  metadata: Partial<ObjectMeta>,
  fields: Readonly<Record<string, unknown>> = {},
): KubeObject {
  return {
    apiVersion: API_VERSIONS[kind] ?? 'v1',
    kind,
    metadata: { namespace: 'default', name: '', ...metadata },
    ...fields,
  };
}

/** `ADDED Pod default/web 3`, for each event. */
export function showEvent({ type, kind, object: { metadata }, revision }: StoreEvent): string {
  return `${type} ${kind} ${metadata.namespace ?? ''}/${metadata.name} ${revision}`;
}

/** `CODE Reason: message` of what `write` throws, or `ok`. */
export function outcome(write: () => unknown): string {
  try {
    write();
    return 'ok';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { code, reason, message } = toApiStatus(error);
    return reason === undefined ? `${code} ${message}` : `${code} ${reason}: ${message}`;
  }
}
