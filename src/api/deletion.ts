import { conflict, invalidOptions } from './field-errors.ts';
import type { KindDefinition } from './kind.ts';
import { isNamespace, isFinalized } from './namespace-life.ts';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from './object-meta.ts';
import type { KubeObject } from './object.ts';
import type { DeleteOptions } from './store.ts';
import { formatTime } from './time.ts';
import type { ObjectMeta, Pod, PodSpec, PodStatus } from './types.ts';

/** What a delete does to an object. */
export type DeletionPlan =
  /** It goes; `object` is its last state. */
  | { readonly kind: 'remove'; readonly object: KubeObject }
  /** It is marked, or the mark is changed. */
  | { readonly kind: 'mark'; readonly object: KubeObject }
  /** It is marked already, and this delete adds nothing. */
  | { readonly kind: 'keep' };

/**
 * What deleting `old` does to it.
 *
 * @param now Milliseconds since 1970.
 * @see apiserver `registry/rest/delete.go` and `registry/generic/registry/store.go`
 */
export function planDeletion(old: KubeObject, options: DeleteOptions, now: number): DeletionPlan {
  if (isNamespace(old) && old.metadata.deletionTimestamp === undefined)
    return {
      kind: 'mark',
      object: {
        ...withMeta(old, { deletionTimestamp: formatTime(now) }),
        status: { ...old.status, phase: 'Terminating' },
      },
    };
  if (isNamespace(old) && !isFinalized(old)) return { kind: 'keep' };
  if (isPod(old)) return planPodDeletion(old, options, now);
  return planByFinalizers(old, options, now);
}

/** Whether `object`, which an update is about to store, goes instead because nothing holds it any more. */
export function isGoneByUpdate(object: KubeObject, old: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = old.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds !== 0) return false;
  if ((object.metadata.finalizers ?? []).length > 0) return false;
  return !isNamespace(object) || isFinalized(object);
}

/** @throws ApiError Conflict when `old` is not the object that the delete is meant for. */
export function checkDeletePreconditions(
  definition: KindDefinition,
  old: KubeObject,
  { preconditions = {} }: DeleteOptions,
): void {
  const { name, uid, resourceVersion } = old.metadata;
  if (preconditions.uid !== undefined && preconditions.uid !== uid)
    throw conflict(
      byKind(definition),
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  const wanted = preconditions.resourceVersion;
  if (wanted !== undefined && wanted !== resourceVersion)
    throw conflict(
      byKind(definition),
      name,
      `the ResourceVersion in the precondition (${wanted}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
}

/** Preconditions are told of by the kind, and everything else by the resource. */
function byKind(definition: KindDefinition): KindDefinition {
  return { ...definition, plural: definition.kind };
}

const POLICIES = { Foreground: FOREGROUND_FINALIZER, Background: '', Orphan: ORPHAN_FINALIZER };

/** @throws ApiError Invalid for options that come from a client and are none. */
export function checkDeleteOptions({ propagationPolicy }: DeleteOptions): void {
  if (propagationPolicy === undefined || Object.hasOwn(POLICIES, propagationPolicy)) return;
  const supported = [...Object.keys(POLICIES), 'nil'].map((policy) => JSON.stringify(policy));
  const field = 'propagationPolicy';
  const message = `Unsupported value: ${JSON.stringify(propagationPolicy)}: supported values: ${supported.join(', ')}`;
  throw invalidOptions('DeleteOptions', [{ type: 'NotSupported', field, message }]);
}

function planByFinalizers(old: KubeObject, options: DeleteOptions, now: number): DeletionPlan {
  const finalizers = finalizersAfter(old.metadata, options);
  if (finalizers.length === 0) return { kind: 'remove', object: withMeta(old, { finalizers }) };
  const { deletionTimestamp = formatTime(now), deletionGracePeriodSeconds } = old.metadata;
  const isKept =
    old.metadata.deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === 0 &&
    finalizers === old.metadata.finalizers;
  if (isKept) return { kind: 'keep' };
  const mark = { finalizers, deletionTimestamp, deletionGracePeriodSeconds: 0 };
  return { kind: 'mark', object: withMeta(old, { ...mark, ...raiseGeneration(old.metadata) }) };
}

/** A Pod that runs somewhere is given its grace period, which a later delete may only shorten. */
function planPodDeletion(old: Pod & KubeObject, options: DeleteOptions, now: number): DeletionPlan {
  const period = gracePeriodOf(old, options);
  if (period === undefined) return { kind: 'keep' };
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = old.metadata;
  const startMs =
    deletionTimestamp === undefined
      ? now
      : Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  const finalizers = finalizersAfter(old.metadata, options);
  const object = withMeta(old, {
    finalizers,
    deletionTimestamp: formatTime(startMs + period * 1000),
    deletionGracePeriodSeconds: period,
    ...raiseGeneration(old.metadata),
  });
  return { kind: finalizers.length > 0 || period > 0 ? 'mark' : 'remove', object };
}

/** Seconds; undefined where the Pod is being deleted as fast already. */
function gracePeriodOf(pod: Pod, { gracePeriodSeconds }: DeleteOptions): number | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  if (deletionTimestamp === undefined) return firstGracePeriod(pod, gracePeriodSeconds);
  const isShorter =
    gracePeriodSeconds !== undefined && gracePeriodSeconds < deletionGracePeriodSeconds;
  return isShorter ? Math.max(gracePeriodSeconds, 0) : undefined;
}

/** Where nothing runs, or no longer, there is nothing to wait for. */
function firstGracePeriod({ spec = {}, status = {} }: LoosePod, asked: number | undefined): number {
  if ((spec.nodeName ?? '') === '') return 0;
  if (status.phase === 'Failed' || status.phase === 'Succeeded') return 0;
  const period = asked ?? spec.terminationGracePeriodSeconds ?? 0;
  return period < 0 ? 1 : period;
}

/** What of a Pod tells how long it may take to end. */
interface LoosePod {
  readonly spec?: Partial<PodSpec>;
  readonly status?: PodStatus;
}

/** The policy as finalizers; without a policy those that are there stay. */
function finalizersAfter(
  { finalizers = [] }: ObjectMeta,
  { propagationPolicy }: DeleteOptions,
): readonly string[] {
  if (propagationPolicy === undefined) return finalizers;
  const policyFinalizer = POLICIES[propagationPolicy];
  const kept = finalizers.filter(
    (finalizer) =>
      finalizer === policyFinalizer ||
      (finalizer !== ORPHAN_FINALIZER && finalizer !== FOREGROUND_FINALIZER),
  );
  if (policyFinalizer !== '' && !kept.includes(policyFinalizer)) return [...kept, policyFinalizer];
  return kept.length === finalizers.length ? finalizers : kept;
}

/** The first mark counts as a change of what is wanted. */
function raiseGeneration({ generation = 0, deletionTimestamp }: ObjectMeta): Partial<ObjectMeta> {
  return generation > 0 && deletionTimestamp === undefined ? { generation: generation + 1 } : {};
}

function withMeta<T extends KubeObject>(object: T, changes: Partial<ObjectMeta>): T {
  const { finalizers = object.metadata.finalizers ?? [], ...rest } = changes;
  const { finalizers: _, ...metadata } = object.metadata;
  const held = finalizers.length === 0 ? {} : { finalizers };
  return { ...object, metadata: { ...metadata, ...rest, ...held } };
}

function isPod(object: KubeObject): object is Pod & KubeObject {
  return object.kind === 'Pod' && object.apiVersion === 'v1';
}
