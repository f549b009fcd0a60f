import {
  parseQuantity,
  storageClassOf,
  withDefaultStorageClass,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type KubeObject,
} from '../../api/index.ts';
import { create, keyOf, remove, splitKey, update, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';
import { selects } from '../selector.ts';

type PersistentVolumeSpec = NonNullable<PersistentVolume['spec']>;
type PersistentVolumeClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;

const CLASS = 'StorageClass.storage.k8s.io';
/** Classes of this provisioner get volumes that hold nothing: Pods here keep their files in memory. */
const PROVISIONER = 'podlane.dev/emulated';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';

/** The class that claims get which name none, as kind has one. */
export const DEFAULT_STORAGE_CLASS: KubeObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: {
    name: 'standard',
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

/**
 * Binds claims to volumes that fit, and makes volumes for claims of the emulated class.
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
      watchKind('Pod', ({ metadata: { namespace = '', name }, spec }) =>
        (spec?.volumes ?? []).flatMap(({ name: volume, persistentVolumeClaim, ephemeral }) => [
          ...(persistentVolumeClaim ? [`${namespace}/${persistentVolumeClaim.claimName}`] : []),
          ...(ephemeral ? [`${namespace}/${name}-${volume}`] : []),
        ]),
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
  const volume = findVolume(claim, snapshot.list('PersistentVolume'));
  if (volume !== undefined) return bind(claim, volume);
  return withClass(claim, snapshot) ?? provision(claim, snapshot);
}

/** The smallest volume that has what the claim asks for; one that names the claim comes first. */
function findVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
): PersistentVolume | undefined {
  const meant = volumes.find((volume) => isFor(volume, claim));
  if (meant !== undefined) return meant;
  const [smallest] = volumes
    .filter((volume) => volume.spec?.claimRef === undefined && fits(volume, claim))
    .toSorted((left, right) => Number(sizeOf(left) - sizeOf(right)));
  return smallest;
}

function isFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { name, namespace, uid } = spec?.claimRef ?? {};
  const isNamed = name === metadata.name && namespace === metadata.namespace;
  return isNamed && (uid === undefined || uid === '' || uid === metadata.uid);
}

function fits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (
    volume.metadata.deletionTimestamp === undefined &&
    storageClassOf(volume) === storageClassOf(claim) &&
    nanosOf(claim.spec?.resources?.requests?.['storage']) <= sizeOf(volume) &&
    isOfMode(volume.spec ?? {}, claim.spec ?? {}) &&
    isSelected(volume, claim)
  );
}

function isOfMode(
  { accessModes = [], volumeMode = 'Filesystem' }: PersistentVolumeSpec,
  { accessModes: modes = [], volumeMode: mode = 'Filesystem' }: PersistentVolumeClaimSpec,
): boolean {
  return volumeMode === mode && modes.every((one) => accessModes.includes(one));
}

function isSelected({ metadata }: PersistentVolume, { spec }: PersistentVolumeClaim): boolean {
  return spec?.selector === undefined || selects(spec.selector, metadata.labels);
}

function sizeOf({ spec }: PersistentVolume): bigint {
  return nanosOf(spec?.capacity?.['storage']);
}

function nanosOf(amount: string | number | undefined): bigint {
  return amount === undefined ? 0n : (parseQuantity(amount)?.nanos ?? 0n);
}

/** Both sides name each other; the claim's phase follows once it does. */
function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): readonly Change[] {
  const { metadata } = claim;
  const { apiVersion, kind } = claim;
  const annotations = { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
  const bound: PersistentVolume = {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: {
      ...volume.spec,
      claimRef: {
        apiVersion,
        kind,
        name: metadata.name,
        namespace: metadata.namespace ?? '',
        uid: metadata.uid ?? '',
        resourceVersion: metadata.resourceVersion ?? '',
      },
    },
  };
  return [
    ...(volume.spec?.claimRef?.uid === metadata.uid ? [] : [update(bound)]),
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

/** A volume for the claim, where its class is the emulated one and, if that waits, somebody uses it. */
function provision(claim: PersistentVolumeClaim, snapshot: Snapshot): readonly Change[] {
  const name = storageClassOf(claim);
  const found = name === '' ? undefined : snapshot.get<string>(CLASS, undefined, name);
  if (found === undefined || found['provisioner'] !== PROVISIONER) return [];
  const about = refOf(claim);
  const waits = found['volumeBindingMode'] === 'WaitForFirstConsumer';
  if (waits && !isUsed(claim, snapshot))
    return [
      {
        kind: 'event',
        event: {
          about,
          type: 'Normal',
          reason: 'WaitForFirstConsumer',
          message: 'waiting for first consumer to be created before binding',
        },
      },
    ];
  const volume = newVolume(claim, found);
  if (snapshot.get('PersistentVolume', undefined, volume.metadata.name) !== undefined) return [];
  return [
    create(volume, () => ({
      about,
      type: 'Normal',
      reason: 'ProvisioningSucceeded',
      message: `Successfully provisioned volume ${volume.metadata.name}`,
    })),
  ];
}

function refOf({ kind, metadata }: PersistentVolumeClaim): {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
} {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name };
}

function isUsed({ metadata }: PersistentVolumeClaim, snapshot: Snapshot): boolean {
  const { namespace = '', name } = metadata;
  return snapshot
    .list('Pod', { namespace })
    .some((pod) =>
      (pod.spec?.volumes ?? []).some(
        (volume) =>
          volume.persistentVolumeClaim?.claimName === name ||
          (volume.ephemeral !== undefined && `${pod.metadata.name}-${volume.name}` === name),
      ),
    );
}

function newVolume(claim: PersistentVolumeClaim, storageClass: KubeObject): PersistentVolume {
  const { metadata, spec = {} } = claim;
  const name = `pvc-${metadata.uid ?? ''}`;
  const policy = storageClass['reclaimPolicy'];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [PROVISIONED_BY]: PROVISIONER } },
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
      hostPath: { path: `/var/local/podlane/${name}`, type: 'DirectoryOrCreate' },
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
function isToBeDeleted({ metadata, spec }: PersistentVolume): boolean {
  const isOurs = metadata.annotations?.[PROVISIONED_BY] === PROVISIONER;
  return isOurs && spec?.persistentVolumeReclaimPolicy === 'Delete';
}

function phaseOf(volume: PersistentVolume, phase: string): readonly Change[] {
  if (volume.status?.phase === phase) return [];
  return [updateStatus({ ...volume, status: { ...volume.status, phase } })];
}
