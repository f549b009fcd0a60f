import { ApiError } from '../errors.ts';
import type { KindName, KubeObject, ObjectRef } from '../object.ts';
import { schemaOfKind } from '../openapi-schemas.ts';
import { threeWayMerge } from '../patch/index.ts';
import type { Store } from '../store.ts';
import { planApply, type ApplyPlan, type ApplyTarget, type PlannedObject } from './apply-plan.ts';
import { describeObject } from './describe-object.ts';
import type { ManifestDocument } from './parse.ts';
import type { Problem } from './problem.ts';
import { Transaction, type Written } from './transaction.ts';

/** What became of one object. */
export interface AppliedChange {
  /** In kubectl's words. */
  readonly kind: 'created' | 'configured' | 'unchanged' | 'deleted';
  readonly ref: ObjectRef;
}

/** What became of a set of manifests. */
export interface ApplyResult {
  /** Whether it was applied; if not, everything is as it was, and the problems say why. */
  readonly isApplied: boolean;
  readonly changes: readonly AppliedChange[];
  /** Errors only; warnings are the linter's. */
  readonly problems: readonly Problem[];
}

/**
 * Brings the store from the manifests `previous` to `next`, all of it or nothing.
 *
 * New objects are created, changed ones are merged as `kubectl apply` does with `previous` as the last applied
 * configuration, those that left are deleted, and Namespaces that nobody makes are created. Of two documents for one
 * object the later one counts. What did not come from `previous` is not deleted.
 *
 * All or nothing is reached in two steps. First everything is tried with dry runs, so that a mistake in a set that is
 * running disturbs nothing: a change that validation refuses never reaches the store. Dry runs cannot see all: an object
 * in a Namespace that is still to be made, or two Services of one set that want one node port. So the writes
 * keep a list of how to take them back, and when one fails all are taken back; watchers see both in one
 * go, before anything that waits for its turn can act upon it.
 *
 * @param next Checked documents, such as `loadManifests` gives.
 * @param previous What the last call applied; empty at first.
 */
export function applyManifests(
  target: ApplyTarget,
  next: readonly ManifestDocument[],
  previous: readonly ManifestDocument[],
): ApplyResult {
  const plan = planApply(target, next, previous);
  const leavingNamespaces = beingDeleted(plan.items, target);
  if (leavingNamespaces.length > 0)
    return { isApplied: false, changes: [], problems: leavingNamespaces };
  // Where nothing of a set is there yet, dry runs would spare nothing.
  const isThere = plan.leaving.length > 0 || plan.items.some((item) => getLive(item, target.store));
  const tried = isThere ? tryOut(plan, target) : [];
  if (tried.length > 0) return { isApplied: false, changes: [], problems: tried };
  return writeAll(plan, target);
}

/** Namespaces that objects go to and that are on their way out: said once each, not once an object. */
function beingDeleted(items: readonly PlannedObject[], { store }: ApplyTarget): readonly Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const { ref, object, document } of items) {
    const { namespace } = ref;
    if (namespace === undefined || seen.has(namespace)) continue;
    seen.add(namespace);
    const found = store.get('Namespace', undefined, namespace);
    if (found?.metadata.deletionTimestamp === undefined) continue;
    problems.push({
      severity: 'error',
      message: `namespace "${namespace}" is being deleted`,
      position: document.positionOf('metadata.namespace'),
      object: describeObject(object),
      hint: 'Save again when it is gone.',
    });
  }
  return problems;
}

/** Every error that the writes will meet, as far as dry runs can tell. */
function tryOut({ items, leaving }: ApplyPlan, { store }: ApplyTarget): readonly Problem[] {
  const problems: Problem[] = [];
  const attempt = (item: PlannedObject, write: () => unknown): void => {
    const found = problemsOf(write, item);
    problems.push(...found);
  };
  // A leaving Service may hold the address or the port that another one is to have.
  const areServicesLeaving = leaving.some(({ ref }) => ref.kind === 'Service');
  for (const item of items) {
    const isLater = areServicesLeaving && item.ref.kind === 'Service';
    if (isLater || !hasNamespace(item, store)) continue;
    attempt(item, () => writeItem(item, store, true));
  }
  for (const item of leaving) {
    if (getLive(item, store) === undefined) continue;
    attempt(item, () => store.delete(item.ref, { isDryRun: true }));
  }
  return problems;
}

function hasNamespace({ ref }: PlannedObject, store: Store): boolean {
  return (
    ref.namespace === undefined || store.get('Namespace', undefined, ref.namespace) !== undefined
  );
}

function getLive({ ref }: PlannedObject, store: Store): KubeObject | undefined {
  return store.get<KindName>(ref.kind, ref.namespace, ref.name) as KubeObject | undefined;
}

/** Creates the object, or merges it into what is there. @throws ApiError. */
function writeItem(item: PlannedObject, store: Store, isDryRun: boolean): Written {
  const live = getLive(item, store);
  if (live === undefined)
    return { kind: 'created', object: store.create(item.object, { isDryRun }) };
  const merged = threeWayMerge({
    lastApplied: item.lastApplied,
    modified: item.object,
    live,
    schema: schemaOfKind(item.object.apiVersion, item.object.kind),
  });
  if (merged === live) return { kind: 'unchanged' };
  // Merging objects of one kind gives one.
  const updated = store.update(merged as KubeObject, { isDryRun });
  return updated === live
    ? { kind: 'unchanged' }
    : { kind: 'configured', object: updated, old: live };
}

function writeAll({ items, leaving, namespaces }: ApplyPlan, { store }: ApplyTarget): ApplyResult {
  const transaction = new Transaction(store);
  const changes: AppliedChange[] = [];
  const problems: Problem[] = [];
  const run = (item: PlannedObject, write: () => Written): void => {
    problems.push(
      ...problemsOf(() => {
        const written = write();
        transaction.record(item.ref, written);
        changes.push({ kind: written.kind, ref: item.ref });
      }, item),
    );
  };
  const remove = (item: PlannedObject): void => {
    const live = getLive(item, store);
    // Someone else has deleted it, or its owner took it along.
    if (live !== undefined)
      run(item, () => ({ kind: 'deleted', object: store.delete(item.ref), old: live }));
  };
  for (const [name, document] of namespaces) {
    const item = namespaceItem(name, document);
    run(item, () => writeItem(item, store, false));
  }
  // Services go first, for a new one may have the address or the port of one that left.
  for (const item of leaving) if (item.ref.kind === 'Service') remove(item);
  for (const item of items) {
    // Where its Namespace could not be made, that is the error to tell.
    if (problems.length > 0 && !hasNamespace(item, store)) continue;
    run(item, () => writeItem(item, store, false));
  }
  if (problems.length === 0)
    for (const item of leaving) if (item.ref.kind !== 'Service') remove(item);
  if (problems.length === 0) return { isApplied: true, changes, problems };
  const undone = transaction.rollback();
  return { isApplied: false, changes: [], problems: [...problems, ...undone] };
}

function namespaceItem(name: string, document: ManifestDocument): PlannedObject {
  const object: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  return { ref: { kind: 'Namespace', name }, object, document, lastApplied: undefined };
}

/** Runs a write; what the API refuses is a problem of the document. */
function problemsOf(
  write: () => unknown,
  { object, document, lastApplied }: PlannedObject,
): readonly Problem[] {
  try {
    write();
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const about = { severity: 'error', object: describeObject(object) } as const;
    const hint = error.hint ?? hintFor(error, lastApplied !== undefined);
    const advice = hint === undefined ? {} : { hint };
    if (error.causes.length === 0)
      return [{ ...about, message: error.message, position: document.positionOf(), ...advice }];
    return error.causes.map(({ field, message }) => ({
      ...about,
      message: `${field}: ${message}`,
      position: document.positionOf(field),
      ...advice,
    }));
  }
}

/** What cannot be changed can still be made anew. */
function hintFor(error: ApiError, isUpdate: boolean): string | undefined {
  const isFixed = /immutable|may not (?:change|be changed)|are forbidden/.test(error.message);
  return isUpdate && isFixed ? 'Delete the object first, or give it another name.' : undefined;
}
