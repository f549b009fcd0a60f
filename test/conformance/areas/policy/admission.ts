import {
  createKindRegistry,
  createStore,
  ApiError,
  KINDS,
  prepareWrites,
  type FieldError,
  type KubeObject,
  type Store,
} from '../../../../src/api/index.ts';
import { clusterNetworkPolicyDefinition } from '../../../../src/policy/index.ts';
import type { CaseResult } from '../../area.ts';

/** A row about what the API stores. */
export interface AdmissionCase {
  readonly id: string;
  readonly kind: string;
  readonly apiVersion?: string;
  readonly channel?: 'standard' | 'experimental';
  readonly spec: object;
  readonly operation?: string;
  readonly expect: 'accept' | 'reject';
  readonly field?: string;
  readonly reason?: string;
  readonly messageHas?: string;
  /** Path below spec → what is stored there. */
  readonly stored?: Readonly<Record<string, unknown>>;
  readonly why?: string;
}

/** Types of causes are reasons without what they all begin with. */
const REASON_PREFIX = 'FieldValue';

/** Writes the row's object into a store with the API's own admission. */
export async function playAdmission(row: AdmissionCase): Promise<CaseResult> {
  const { id, why: title = '' } = row;
  const definition = clusterNetworkPolicyDefinition(row.channel);
  const object = objectOf(row);
  await prepareWrites([object]);
  const store = createStore({
    kinds: createKindRegistry(KINDS),
    now: () => Date.UTC(2026, 0, 1),
    random: () => 0.5,
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  store.create(definition);
  const problem = write(store, row, object);
  return { id, title, ok: problem === undefined, expected: row.expect, actual: problem };
}

function objectOf({ kind, apiVersion = 'networking.k8s.io/v1', spec }: AdmissionCase): KubeObject {
  const metadata = { name: 'row', ...(kind === 'NetworkPolicy' ? { namespace: 'default' } : {}) };
  return { apiVersion, kind, metadata, spec };
}

/** What differs from the row; undefined where nothing does. */
function write(store: Store, row: AdmissionCase, object: KubeObject): string | undefined {
  try {
    const stored = perform(store, row, object);
    if (row.expect === 'reject') return 'accepted';
    return storedProblem(stored, row);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (row.expect === 'accept') return error.message;
    return refusalProblem(error, row);
  }
}

function perform(
  store: Store,
  { operation = 'create' }: AdmissionCase,
  object: KubeObject,
): KubeObject {
  switch (operation) {
    case 'update-of-absent':
      return store.update(object);
    case 'update-without-resourceVersion':
      store.create(object);
      return store.update(object);
    case 'update-of-existing':
      return updateOld(object);
    default:
      return store.create(object);
  }
}

/** Written when the API asked less: a store without rules takes it, one with rules is then told of a change. */
function updateOld(object: KubeObject): KubeObject {
  const stored = {
    revision: 1,
    objects: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default', resourceVersion: '1' } },
      { ...object, metadata: { ...object.metadata, resourceVersion: '1', uid: 'old' } },
    ],
  };
  const store = createStore({
    kinds: createKindRegistry(KINDS),
    now: () => Date.UTC(2026, 0, 1),
    random: () => 0.5,
    stored,
  });
  return store.update({ ...object, metadata: { ...object.metadata, labels: { changed: 'yes' } } });
}

function storedProblem(object: KubeObject, { stored = {} }: AdmissionCase): string | undefined {
  for (const [path, wanted] of Object.entries(stored)) {
    const value = path
      .split(/[.[\]]+/)
      .filter((part) => part !== '')
      .reduce<unknown>(
        (at, part) => (at as Record<string, unknown> | undefined)?.[part],
        object['spec'],
      );
    if (JSON.stringify(value) !== JSON.stringify(wanted))
      return `spec.${path} is ${JSON.stringify(value)}`;
  }
  return undefined;
}

function refusalProblem(
  error: ApiError,
  { field, reason, messageHas }: AdmissionCase,
): string | undefined {
  if (field === undefined) return undefined;
  const causes: readonly FieldError[] = error.causes;
  const fits = causes.some(
    (cause) =>
      cause.field === field &&
      (reason === undefined || `${REASON_PREFIX}${cause.type}` === reason) &&
      (messageHas === undefined || cause.message.includes(messageHas)),
  );
  return fits ? undefined : error.message;
}
