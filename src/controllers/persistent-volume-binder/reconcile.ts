import {
  storageClassOf,
  withDefaultStorageClass,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type KubeObject,
} from '../../api/index.ts';
import { normal, warning } from '../announce.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  claimNamesOf,
  classOf,
  findVolume,
  isDelayed,
  isFor,
  provisionerOf,
  SELECTED_NODE,
  withClaim,
} from '../volume-match.ts';
import { create, keyOf, remove, splitKey, update, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, EventNote, Snapshot } from '../controller.ts';

type PersistentVolumeSpec = NonNullable<PersistentVolume['spec']>;

const CLASS = 'StorageClass.storage.k8s.io';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** Where volumes are that were made here: in memory, whatever their class. */
const MADE_HERE = '/var/local/podlane/';

/** The class that claims get which name none, as kind has one. */
export const DEFAULT_STORAGE_CLASS: KubeObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: {
    name: 'standard',
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
  provisioner: 'podlane.dev/emulated',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

/**
 * Binds claims to volumes that fit, and makes volumes for claims of classes that have a provisioner: whoever that is in
 * a real cluster, here it is this one.
 *
 * @see kubernetes pkg/controller/volume/persistentvolume
 */
export function createPersistentVolumeBinder(): Controller {
  return {
    name: 'persistentvolume-binder-controller',
    eventSource: 'persistentvolume-controller',
    watches: [
      watchKind('PersistentVolumeClaim', (claim) => [
        keyOf(claim),
        ...((claim.spec?.volumeName ?? '') === '' ? [] : [`/${claim.spec?.volumeName}`]),
      ]),
      watchKind('PersistentVolume', (volume, reader) => [
        `/${volume.metadata.name}`,
        ...reader
          .list('PersistentVolumeClaim')
          .filter(
            ({ status, spec }) =>
              status?.phase !== 'Bound' || spec?.volumeName === volume.metadata.name,
          )
          .map(keyOf),
      ]),
      watchKind<string>(CLASS, (_, reader) =>
        reader
          .list('PersistentVolumeClaim')
          .filter((claim) => claim.status?.phase !== 'Bound')
          .map(keyOf),
      ),
      watchKind('Pod', (pod) =>
        claimNamesOf(pod).map((name) => `${pod.metadata.namespace ?? ''}/${name}`),
      ),
    ],
    reconcile: (key, snapshot) =>
      key.startsWith('/') ? reconcileVolume(key.slice(1), snapshot) : reconcileClaim(key, snapshot),
  };
}

function reconcileClaim(key: string, snapshot: Snapshot): readonly Change[] {
  const claim = snapshot.get('PersistentVolumeClaim', ...splitKey(key));
  if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return [];
  const wanted = claim.spec?.volumeName ?? '';
  if (wanted !== '')
    return finishBinding(claim, snapshot.get('PersistentVolume', undefined, wanted));
  const delays = isDelayed(claim, snapshot);
  const volume = findVolume(claim, snapshot.list('PersistentVolume'));
  // The scheduler looks for a volume of a class that waits, and it knows for which Node.
  if (volume !== undefined && (!delays || isFor(volume, claim))) return bind(claim, volume);
  return withClass(claim, snapshot) ?? findOther(claim, delays, snapshot);
}

/** No volume will do. */
function findOther(
  claim: PersistentVolumeClaim,
  delays: boolean,
  snapshot: Snapshot,
): readonly Change[] {
  if (delays && claim.metadata.annotations?.[SELECTED_NODE] === undefined)
    return [{ kind: 'event', event: awaitedBy(claim, snapshot) }];
  if (storageClassOf(claim) !== '') return provision(claim, snapshot);
  const message = 'no persistent volumes available for this claim and no storage class is set';
  return [{ kind: 'event', event: normal(claim, 'FailedBinding', message) }];
}

/** Whom a claim waits for whose class wants to know the Node first. */
function awaitedBy(claim: PersistentVolumeClaim, snapshot: Snapshot): EventNote {
  const names = snapshot
    .list('Pod', { namespace: claim.metadata.namespace ?? '' })
    .filter((pod) => !pod.spec?.nodeName && claimNamesOf(pod).includes(claim.metadata.name))
    .map(({ metadata }) => metadata.name);
  if (names.length === 0)
    return normal(
      claim,
      'WaitForFirstConsumer',
      'waiting for first consumer to be created before binding',
    );
  const pods = `${names.length > 1 ? 'pods' : 'pod'} ${names.join(',')}`;
  return normal(claim, 'WaitForPodScheduled', `waiting for ${pods} to be scheduled`);
}

/** Both sides name each other; the claim's phase follows once it does. */
function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): readonly Change[] {
  const { metadata } = claim;
  return [
    ...(volume.spec?.claimRef?.uid === metadata.uid ? [] : [update(withClaim(volume, claim))]),
    update({
      ...claim,
      metadata: {
        ...metadata,
        annotations: {
          ...metadata.annotations,
          [BIND_COMPLETED]: 'yes',
          [BOUND_BY_CONTROLLER]: 'yes',
        },
      },
      spec: { ...claim.spec, volumeName: volume.metadata.name },
    }),
  ];
}

function finishBinding(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume | undefined,
): readonly Change[] {
  // A claim that waits for a volume is another one than that which has lost its own.
  const wasBound = claim.metadata.annotations?.[BIND_COMPLETED] !== undefined;
  if (volume === undefined) return setPhase(claim, wasBound ? 'Lost' : 'Pending');
  const claimRef = volume.spec?.claimRef;
  if (claimRef !== undefined && !isFor(volume, claim)) return [];
  if (claimRef?.uid !== claim.metadata.uid) return bind(claim, volume);
  return claim.status?.phase === 'Bound' ? [] : [boundTo(claim, volume.spec)];
}

function boundTo(
  claim: PersistentVolumeClaim,
  { accessModes = [], capacity = {} }: PersistentVolumeSpec = {},
): Change {
  const status = { ...claim.status, phase: 'Bound', accessModes, capacity };
  return updateStatus({ ...claim, status });
}

function setPhase(claim: PersistentVolumeClaim, phase: string): readonly Change[] {
  if (claim.status?.phase === phase) return [];
  return [updateStatus({ ...claim, status: { ...claim.status, phase } })];
}

/** A claim that was made before there was a default class gets it later. */
function withClass(
  claim: PersistentVolumeClaim,
  snapshot: Snapshot,
): readonly Change[] | undefined {
  const classed = withDefaultStorageClass(
    claim as unknown as KubeObject, // typed objects have no index signature
    snapshot.list<string>(CLASS),
  ) as unknown as PersistentVolumeClaim;
  return classed === claim ? undefined : [update(classed)];
}

/** A volume for the claim, where its class has a provisioner. */
function provision(claim: PersistentVolumeClaim, snapshot: Snapshot): readonly Change[] {
  const storageClass = classOf(claim, snapshot);
  if (storageClass === undefined) {
    const message = `storageclass.storage.k8s.io "${storageClassOf(claim)}" not found`;
    return [{ kind: 'event', event: warning(claim, 'ProvisioningFailed', message) }];
  }
  const provisioner = provisionerOf(storageClass);
  if (provisioner === undefined) return [];
  const volume = newVolume(claim, storageClass, provisioner);
  if (snapshot.get('PersistentVolume', undefined, volume.metadata.name) !== undefined) return [];
  const message = `Successfully provisioned volume ${volume.metadata.name}`;
  return [create(volume, () => normal(claim, 'ProvisioningSucceeded', message))];
}

function newVolume(
  claim: PersistentVolumeClaim,
  storageClass: KubeObject,
  provisioner: string,
): PersistentVolume {
  const { metadata, spec = {} } = claim;
  const name = `pvc-${metadata.uid ?? ''}`;
  const policy = storageClass['reclaimPolicy'];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [PROVISIONED_BY]: provisioner } },
    spec: {
      capacity: { storage: spec.resources?.requests?.['storage'] ?? '0' },
      accessModes: spec.accessModes ?? [],
      claimRef: {
        apiVersion: claim.apiVersion,
        kind: claim.kind,
        name: metadata.name,
        namespace: metadata.namespace ?? '',
        uid: metadata.uid ?? '',
      },
      persistentVolumeReclaimPolicy: typeof policy === 'string' ? policy : 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: spec.volumeMode ?? 'Filesystem',
      hostPath: { path: `${MADE_HERE}${name}`, type: 'DirectoryOrCreate' },
    },
  };
}

/** A volume's phase says whether its claim is there; one that was made for a claim goes with it. */
function reconcileVolume(name: string, snapshot: Snapshot): readonly Change[] {
  const volume = snapshot.get('PersistentVolume', undefined, name);
  if (volume === undefined || volume.metadata.deletionTimestamp !== undefined) return [];
  const { claimRef } = volume.spec ?? {};
  if (claimRef === undefined || (claimRef.uid ?? '') === '') return phaseOf(volume, 'Available');
  if (isClaimThere(claimRef, snapshot)) return phaseOf(volume, 'Bound');
  if (volume.status?.phase !== 'Released') return phaseOf(volume, 'Released');
  return isToBeDeleted(volume) ? [remove(volume)] : [];
}

function isClaimThere(
  { namespace = '', name = '', uid }: NonNullable<PersistentVolumeSpec['claimRef']>,
  snapshot: Snapshot,
): boolean {
  return snapshot.get('PersistentVolumeClaim', namespace, name)?.metadata.uid === uid;
}

/** Nobody else takes away what was made here. */
function isToBeDeleted({ spec }: PersistentVolume): boolean {
  const isOurs = spec?.hostPath?.path.startsWith(MADE_HERE) ?? false;
  return isOurs && spec?.persistentVolumeReclaimPolicy === 'Delete';
}

function phaseOf(volume: PersistentVolume, phase: string): readonly Change[] {
  if (volume.status?.phase === phase) return [];
  return [updateStatus({ ...volume, status: { ...volume.status, phase } })];
}
