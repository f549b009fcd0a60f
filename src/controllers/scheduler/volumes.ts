import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/index.ts';
import { update } from '../change.ts';
import type { Change } from '../controller.ts';
import { isControlledBy } from '../owner.ts';
import {
  claimNamesOf,
  classOf,
  ephemeralClaimName,
  findVolume,
  isBound,
  isDelayed,
  isReachable,
  notMadeFor,
  provisionerOf,
  SELECTED_NODE,
  withClaim,
} from '../volume-match.ts';
import type { NodeFilter, SchedulingContext } from './filters.ts';

/** What a Pod's claims ask of its Node. */
export type PodVolumes =
  /** No Node will do. */
  | { readonly kind: 'problem'; readonly message: string }
  | {
      readonly kind: 'claims';
      readonly bound: readonly PersistentVolumeClaim[];
      /** They get their volumes once the Pod's Node is known. */
      readonly delayed: readonly PersistentVolumeClaim[];
    };

type Context = Pick<SchedulingContext, 'cache' | 'reader'> & {
  readonly pod: { readonly pod: Pod };
};

/**
 * A Pod's claims, looked at before any Node is.
 *
 * @see kubernetes scheduler plugins VolumeRestrictions and VolumeBinding, `PreFilter`
 */
export function podVolumes({ pod: { pod }, reader }: Context): PodVolumes {
  const names = claimNamesOf(pod);
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let waits = false;
  for (const name of names) {
    const claim = reader.get('PersistentVolumeClaim', pod.metadata.namespace ?? '', name);
    const message = claimProblem(pod, name, claim);
    if (claim === undefined || message !== undefined)
      return { kind: 'problem', message: message ?? '' };
    if (isBound(claim)) bound.push(claim);
    else if (isDelayed(claim, reader) && (claim.spec?.volumeName ?? '') === '') delayed.push(claim);
    else waits = true;
  }
  if (waits)
    return { kind: 'problem', message: 'pod has unbound immediate PersistentVolumeClaims' };
  return { kind: 'claims', bound, delayed };
}

function claimProblem(
  pod: Pod,
  name: string,
  claim: PersistentVolumeClaim | undefined,
): string | undefined {
  const isEphemeral = (pod.spec?.volumes ?? []).some(
    (volume) =>
      volume.ephemeral !== undefined && ephemeralClaimName(pod.metadata.name, volume.name) === name,
  );
  if (claim === undefined)
    return isEphemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
      : `persistentvolumeclaim "${name}" not found`;
  const { metadata, spec, status } = claim;
  if (status?.phase === 'Lost')
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${spec?.volumeName ?? ''}"`;
  if (metadata.deletionTimestamp !== undefined)
    return `persistentvolumeclaim "${name}" is being deleted`;
  if (isEphemeral && !isControlledBy(claim, pod)) return notMadeFor(pod, claim);
  return undefined;
}

/** Whether a Node reaches the volumes that there are, and can get those that there are not. */
export function volumeFilters(context: Context, volumes: PodVolumes): readonly NodeFilter[] {
  if (volumes.kind === 'problem' || volumes.bound.length + volumes.delayed.length === 0) return [];
  const isTaken = isUsedAlone(context, volumes.bound);
  return [
    () =>
      isTaken
        ? {
            reason:
              'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
            isFinal: false,
          }
        : undefined,
    ({ node }) => {
      const reason = boundProblem(context, volumes.bound, node);
      return reason === undefined ? undefined : { reason, isFinal: true };
    },
    ({ node }) =>
      planVolumes(context, volumes.delayed, node) === undefined
        ? { reason: "node(s) didn't find available persistent volumes to bind", isFinal: true }
        : undefined,
  ];
}

/** Whether another Pod has a claim that only one may have. */
function isUsedAlone(
  { pod: { pod }, cache }: Context,
  claims: readonly PersistentVolumeClaim[],
): boolean {
  const alone = claims
    .filter(({ spec }) => spec?.accessModes?.includes('ReadWriteOncePod'))
    .map(({ metadata }) => metadata.name);
  if (alone.length === 0) return false;
  for (const other of cache.podsIn(pod.metadata.namespace ?? ''))
    if (claimNamesOf(other.pod).some((name) => alone.includes(name))) return true;
  return false;
}

function boundProblem(
  { reader }: Context,
  claims: readonly PersistentVolumeClaim[],
  node: Node,
): string | undefined {
  for (const { spec } of claims) {
    const volume = reader.get('PersistentVolume', undefined, spec?.volumeName ?? '');
    if (volume === undefined)
      return 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';
    if (!isReachable(volume, node)) return "node(s) didn't match PersistentVolume's node affinity";
    if (!isInZoneOf(volume, node)) return 'node(s) had no available volume zone';
  }
  return undefined;
}

const TOPOLOGY_LABELS: readonly string[] = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
];

/** @see kubernetes scheduler plugin VolumeZone: a label may hold several zones, joined by two underscores */
function isInZoneOf({ metadata }: PersistentVolume, node: Node): boolean {
  const { labels = {} } = node.metadata;
  if (TOPOLOGY_LABELS.every((label) => labels[label] === undefined)) return true;
  return TOPOLOGY_LABELS.every((label) => {
    const wanted = metadata.labels?.[label];
    return wanted === undefined || wanted.split('__').includes(labels[label] ?? '');
  });
}

/**
 * What is to be written so that claims get their volumes for a Node: volumes that are there, or the Node where others
 * are to be made.
 *
 * @returns undefined where one of them cannot have any.
 */
export function planVolumes(
  { reader }: Pick<Context, 'reader'>,
  claims: readonly PersistentVolumeClaim[],
  node: Node,
): readonly Change[] | undefined {
  if (claims.length === 0) return [];
  const changes: Change[] = [];
  let left = reader.list('PersistentVolume').filter((volume) => isReachable(volume, node));
  for (const claim of claims) {
    const { metadata } = claim;
    const selected = metadata.annotations?.[SELECTED_NODE];
    if (selected !== undefined && selected !== node.metadata.name) return undefined;
    const volume = selected === undefined ? findVolume(claim, left) : undefined;
    if (volume !== undefined) {
      left = left.filter((other) => other !== volume);
      changes.push(update(withClaim(volume, claim)));
    } else if (provisionerOf(classOf(claim, reader)) === undefined) return undefined;
    else if (selected === undefined) {
      const annotations = { ...metadata.annotations, [SELECTED_NODE]: node.metadata.name };
      changes.push(update({ ...claim, metadata: { ...metadata, annotations } }));
    }
  }
  return changes;
}
