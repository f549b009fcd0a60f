import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from '../../api/index.ts';
import { update } from '../change.ts';
import type { Change, Snapshot } from '../controller.ts';
import { ownerReferenceTo } from '../owner.ts';
import { claimsOf, firstOrdinal, ordinalOf, replicasOf } from './identity.ts';

/**
 * Claims whose owners are not those that the set's retention policy asks for: who owns a claim takes it along.
 *
 * | whenDeleted | whenScaled | owner                                                       |
 * |-------------|------------|-------------------------------------------------------------|
 * | Retain      | Retain     | none                                                        |
 * | Delete      | Retain     | the set                                                     |
 * | Retain      | Delete     | the Pod, once its number is no longer asked for             |
 * | Delete      | Delete     | the set; the Pod, once its number is no longer asked for    |
 *
 * @see kubernetes stateful_set_utils.go `updateClaimOwnerRefForSetAndPod`
 */
export function retainClaims(
  set: StatefulSet,
  pods: readonly Pod[],
  snapshot: Snapshot,
): readonly Change[] {
  if ((set.spec?.volumeClaimTemplates ?? []).length === 0) return [];
  return pods.flatMap((pod) => {
    const ordinal = ordinalOf(pod, set);
    if (ordinal === undefined) return [];
    const owner = ownerOf(set, pod, ordinal);
    return claimsOf(set, ordinal).flatMap(({ metadata: { namespace, name } }) => {
      const claim = snapshot.get('PersistentVolumeClaim', namespace, name);
      return claim === undefined ? [] : changeOwner(claim, owner, [set, pod]);
    });
  });
}

/** Who owns the claims of a Pod that is yet to be made. */
export function newClaimOwners(set: StatefulSet): readonly OwnerReference[] {
  return isDeletedWithSet(set) ? [ownerReferenceTo(set)] : [];
}

function isDeletedWithSet({ spec }: StatefulSet): boolean {
  return spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
}

function ownerOf(set: StatefulSet, pod: Pod, ordinal: number): OwnerReference | undefined {
  const first = firstOrdinal(set);
  const isScaledDown = ordinal < first || ordinal >= first + replicasOf(set);
  const { whenScaled } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  if (isScaledDown && whenScaled === 'Delete') return ownerReferenceTo(pod);
  return isDeletedWithSet(set) ? ownerReferenceTo(set) : undefined;
}

/** Owners that somebody else set stay. */
function changeOwner(
  claim: PersistentVolumeClaim,
  owner: OwnerReference | undefined,
  candidates: readonly (StatefulSet | Pod)[],
): readonly Change[] {
  const { ownerReferences: known = [], ...metadata } = claim.metadata;
  const names = new Set(candidates.map(({ kind, metadata: { name } }) => `${kind} ${name}`));
  const own = known.filter(({ kind, name }) => names.has(`${kind} ${name}`));
  const isRight = own.length === (owner === undefined ? 0 : 1) && own[0]?.uid === owner?.uid;
  if (isRight) return [];
  const others = known.filter((reference) => !own.includes(reference));
  const ownerReferences = owner === undefined ? others : [...others, owner];
  return [
    update({
      ...claim,
      metadata: ownerReferences.length > 0 ? { ...metadata, ownerReferences } : metadata,
    }),
  ];
}
