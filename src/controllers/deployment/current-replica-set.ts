import {
  ApiError,
  deepEqual,
  type LabelSelector,
  type ObjectMeta,
  type PodTemplateSpec,
  type ReplicaSet,
} from '../../api/index.ts';
import { normal } from '../announce.ts';
import { create, update, updateStatus } from '../change.ts';
import type { Change, Snapshot } from '../controller.ts';
import { defined } from '../defined.ts';
import { ownerReferenceTo } from '../owner.ts';
import { templateHash } from '../template-hash.ts';
import { nextRevision, revisedAnnotations, sizeAnnotations } from './annotations.ts';
import {
  allOf,
  isRolling,
  maxSurge,
  replicasOf,
  REVISION,
  TEMPLATE_HASH,
  totalReplicas,
  type Rollout,
} from './replica-sets.ts';
import { deadlineSeconds } from './progress.ts';
import { withCondition } from './status.ts';

/**
 * Makes the ReplicaSet of the Deployment's present template, with as many Pods as there is room for.
 *
 * A foreign ReplicaSet in the way of its name makes the Deployment count a collision, which gives another name.
 */
export function createCurrent(rollout: Rollout, snapshot: Snapshot): readonly Change[] {
  const { deployment } = rollout;
  const replicaSet = newReplicaSet(rollout);
  const { name, namespace } = replicaSet.metadata;
  if (snapshot.get('ReplicaSet', namespace, name) !== undefined) {
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    return [updateStatus({ ...deployment, status: { ...deployment.status, collisionCount } })];
  }
  const replicas = replicasOf(replicaSet);
  const note = {
    type: 'Progressing',
    status: 'True',
    reason: 'NewReplicaSetCreated',
    message: `Created new replica set "${name}"`,
  };
  const conditions = withCondition(deployment.status?.conditions ?? [], note, snapshot.now);
  return [
    create(replicaSet, (outcome) =>
      outcome instanceof ApiError || replicas === 0
        ? undefined
        : normal(
            deployment,
            'ScalingReplicaSet',
            `Scaled up replica set ${name} from 0 to ${replicas}`,
          ),
    ),
    // Of a first rollout nothing was said yet that would have to be taken back.
    ...(deadlineSeconds(rollout) === undefined || deployment.status?.conditions === undefined
      ? []
      : [updateStatus({ ...deployment, status: { ...deployment.status, conditions } })]),
  ];
}

/** Brings the annotations of the ReplicaSet of the present template up to date; nothing when they are. */
export function reviseCurrent({ deployment, current, old }: Rollout): readonly Change[] {
  if (current?.spec === undefined) return [];
  const annotations = revisedAnnotations(current, deployment, nextRevision(old));
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  if (
    deepEqual(annotations, current.metadata.annotations ?? {}) &&
    minReadySeconds === (current.spec.minReadySeconds ?? 0)
  )
    return [];
  const metadata = { ...current.metadata, annotations };
  return [update({ ...current, metadata, spec: { ...current.spec, minReadySeconds } })];
}

/** Writes the present revision on the Deployment; nothing when it is there. */
export function reviseDeployment({ deployment, current }: Rollout): readonly Change[] {
  const revision = current?.metadata.annotations?.[REVISION];
  const { metadata } = deployment;
  if (revision === undefined || metadata.annotations?.[REVISION] === revision) return [];
  const annotations = { ...metadata.annotations, [REVISION]: revision };
  return [updateStatus({ ...deployment, metadata: { ...metadata, annotations } })];
}

/** How many Pods the ReplicaSet of the present template may have now. @see deployment_util.go `NewRSNewReplicas` */
export function roomForCurrent(rollout: Rollout): number {
  const { deployment, current } = rollout;
  const wanted = replicasOf(deployment);
  if (!isRolling(deployment)) return wanted;
  const present = current === undefined ? 0 : replicasOf(current);
  const room = wanted + maxSurge(deployment) - totalReplicas(allOf(rollout));
  return present + Math.max(0, Math.min(room, wanted - present));
}

function newReplicaSet(rollout: Rollout): ReplicaSet {
  const { deployment, old } = rollout;
  const { selector, template, minReadySeconds } = deployment.spec ?? {};
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template?.metadata?.labels, [TEMPLATE_HASH]: hash };
  const { name, namespace } = deployment.metadata;
  const replicaSet: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...defined({ namespace }),
      labels,
      ownerReferences: [ownerReferenceTo(deployment)],
    },
    spec: {
      replicas: roomForCurrent(rollout),
      ...defined({ minReadySeconds }),
      selector: withHash(selector ?? {}, hash),
      template: withLabels(template ?? {}, labels),
    },
  };
  const annotations = {
    ...revisedAnnotations(replicaSet, deployment, nextRevision(old)),
    ...sizeAnnotations(deployment),
  };
  return { ...replicaSet, metadata: { ...replicaSet.metadata, annotations } };
}

function withHash(selector: LabelSelector, hash: string): LabelSelector {
  return { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash } };
}

function withLabels(
  template: PodTemplateSpec,
  labels: Readonly<Record<string, string>>,
): PodTemplateSpec {
  // A template has no name, whatever the type of its metadata asks for.
  return { ...template, metadata: { ...template.metadata, labels } as ObjectMeta };
}
