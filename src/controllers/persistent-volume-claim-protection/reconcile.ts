import { CLAIM_PROTECTION, type PersistentVolumeClaim, type Pod } from '../../api/index.ts';
import { keyOf, splitKey, update, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';
import { controllerOf } from '../owner.ts';
import { claimNamesOf, ephemeralClaimName } from '../volume-match.ts';

/**
 * Holds claims while Pods use them: gives each the finalizer that the API server gives to what comes through it, and
 * takes it away from one that is being deleted once no Pod uses it any more.
 *
 * @see kubernetes pkg/controller/volume/pvcprotection
 */
export function createPersistentVolumeClaimProtectionController(): Controller {
  return {
    name: 'persistentvolumeclaim-protection-controller',
    watches: [
      watchKind('PersistentVolumeClaim', (claim) =>
        isHeld(claim) || isUnprotected(claim) ? [keyOf(claim)] : [],
      ),
      watchKind('Pod', (pod, reader) => {
        const { namespace = '' } = pod.metadata;
        return claimNamesOf(pod)
          .filter((name) => isHeld(reader.get('PersistentVolumeClaim', namespace, name)))
          .map((name) => `${namespace}/${name}`);
      }),
    ],
    reconcile: reconcileClaim,
  };
}

function reconcileClaim(key: string, snapshot: Snapshot): readonly Change[] {
  const claim = snapshot.get('PersistentVolumeClaim', ...splitKey(key));
  if (claim === undefined) return [];
  const { namespace = '', finalizers = [] } = claim.metadata;
  if (isUnprotected(claim)) return [withFinalizers(claim, [...finalizers, CLAIM_PROTECTION])];
  if (!isHeld(claim)) return [];
  if (snapshot.list('Pod', { namespace }).some((pod) => uses(pod, claim))) return [];
  return [
    withFinalizers(
      claim,
      finalizers.filter((name) => name !== CLAIM_PROTECTION),
    ),
  ];
}

function withFinalizers(claim: PersistentVolumeClaim, finalizers: readonly string[]): Change {
  return update({ ...claim, metadata: { ...claim.metadata, finalizers } });
}

function isUnprotected({ metadata }: PersistentVolumeClaim): boolean {
  const { deletionTimestamp, finalizers = [] } = metadata;
  return deletionTimestamp === undefined && !finalizers.includes(CLAIM_PROTECTION);
}

function isHeld(claim: PersistentVolumeClaim | undefined): boolean {
  const { deletionTimestamp, finalizers = [] } = claim?.metadata ?? {};
  return deletionTimestamp !== undefined && finalizers.includes(CLAIM_PROTECTION);
}

/** A Pod without a Node may be disregarded: no kubelet starts it with a claim that is being deleted. */
function uses(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if ((pod.spec?.nodeName ?? '') === '') return false;
  const { name } = claim.metadata;
  return (pod.spec?.volumes ?? []).some((volume) => {
    if (volume.persistentVolumeClaim?.claimName === name) return true;
    // A claim of that name that somebody else made is not the Pod's.
    const isNamed =
      volume.ephemeral !== undefined && ephemeralClaimName(pod.metadata.name, volume.name) === name;
    return isNamed && controllerOf(claim)?.uid === pod.metadata.uid;
  });
}
