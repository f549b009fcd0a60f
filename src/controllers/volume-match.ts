import {
  nanosOf,
  storageClassOf,
  type KubeObject,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type StoreReader,
} from '../api/index.ts';
import { keyOf } from './change.ts';
import { matchesTerm } from './node-affinity.ts';
import { selects } from './selector.ts';

type PersistentVolumeSpec = NonNullable<PersistentVolume['spec']>;
type PersistentVolumeClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;

/** Where a volume is to be, as the scheduler has decided. @see component-helpers storage/volume */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** On what a controller has bound, and not a person. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** On a claim that has been bound. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
/** The provisioner of classes that have none. */
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** The claims that a Pod's volumes are, those of ephemeral volumes too; most Pods have none. */
export function claimNamesOf({ metadata, spec }: Pod): readonly string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => [
    ...(persistentVolumeClaim === undefined ? [] : [persistentVolumeClaim.claimName]),
    ...(ephemeral === undefined ? [] : [ephemeralClaimName(metadata.name, name)]),
  ]);
}

/** @see component-helpers storage/ephemeral `VolumeClaimName` */
export function ephemeralClaimName(pod: string, volume: string): string {
  return `${pod}-${volume}`;
}

/** What is said of a claim that has an ephemeral volume's name. @see component-helpers storage/ephemeral `VolumeIsForPod` */
export function notMadeFor(pod: Pod, claim: PersistentVolumeClaim): string {
  return `PVC ${keyOf(claim)} was not created for pod ${keyOf(pod)} (pod is not owner)`;
}

/** The class that a claim names; undefined where it names none, or one that is not there. */
export function classOf(claim: PersistentVolumeClaim, reader: StoreReader): KubeObject | undefined {
  const name = storageClassOf(claim);
  return name === ''
    ? undefined
    : reader.get<string>('StorageClass.storage.k8s.io', undefined, name);
}

/** Whether a claim's class waits with its volume until a Pod that uses it has a Node. */
export function isDelayed(claim: PersistentVolumeClaim, reader: StoreReader): boolean {
  return classOf(claim, reader)?.['volumeBindingMode'] === 'WaitForFirstConsumer';
}

/** The provisioner that makes volumes of a class; undefined where somebody else has to. */
export function provisionerOf(storageClass: KubeObject | undefined): string | undefined {
  const provisioner = storageClass?.['provisioner'];
  const isOne = typeof provisioner === 'string' && provisioner !== '';
  return isOne && provisioner !== NO_PROVISIONER ? provisioner : undefined;
}

/** Whether a claim and its volume know of each other. */
export function isBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (spec?.volumeName ?? '') !== '' && metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

/** Whether a volume is, or is meant to be, a claim's. @see component-helpers `IsVolumeBoundToClaim` */
export function isFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { name, namespace, uid } = spec?.claimRef ?? {};
  const isNamed = name === metadata.name && namespace === metadata.namespace;
  return isNamed && (uid === undefined || uid === '' || uid === metadata.uid);
}

/** Whether a volume can be used from a Node. */
export function isReachable({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec?.nodeAffinity?.required;
  return (
    required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node))
  );
}

/**
 * The volume for a claim: one that names it, or the smallest free one that has what it asks for.
 *
 * @see component-helpers `FindMatchingVolume`
 */
export function findVolume(
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

/** The volume, bound to a claim; the claim does not know of it yet. */
export function withClaim(
  volume: PersistentVolume,
  { apiVersion, kind, metadata }: PersistentVolumeClaim,
): PersistentVolume {
  const annotations = { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
  return {
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
