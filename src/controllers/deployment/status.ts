import {
  formatTime,
  type Deployment,
  type DeploymentCondition,
  type DeploymentStatus,
} from '../../api/index.ts';
import { defined } from '../defined.ts';
import {
  allOf,
  maxUnavailable,
  replicasOf,
  totalOf,
  totalReplicas,
  type Rollout,
} from './replica-sets.ts';

type Conditions = readonly DeploymentCondition[];

/** What a condition says, before it is known since when. */
export type ConditionNote = Pick<DeploymentCondition, 'type' | 'status'> & {
  readonly reason: string;
  readonly message: string;
};

/** The Deployment's counters and whether it is available; progress is judged by `withProgress`. */
export function statusOf(rollout: Rollout, now: number): DeploymentStatus {
  const { deployment, current } = rollout;
  const all = allOf(rollout);
  const available = totalOf(all, 'availableReplicas');
  const isAvailable = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  return {
    ...defined({
      observedGeneration: deployment.metadata.generation,
      replicas: totalOf(all, 'replicas') || undefined,
      updatedReplicas: current?.status?.replicas || undefined,
      readyReplicas: totalOf(all, 'readyReplicas') || undefined,
      availableReplicas: available || undefined,
      unavailableReplicas: Math.max(0, totalReplicas(all) - available) || undefined,
      collisionCount,
    }),
    terminatingReplicas: totalOf(all, 'terminatingReplicas'),
    conditions: withCondition(conditions, isAvailable ? AVAILABLE : UNAVAILABLE, now),
  };
}

/** Whether everything that the Deployment asks for is there and nothing else is. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const replicas = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** The condition of a type. */
export function conditionIn(conditions: Conditions, type: string): DeploymentCondition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/**
 * `conditions` with what `note` says, at the end; as they are when it says nothing new.
 *
 * @see kubernetes deployment_util.go `SetDeploymentCondition`
 */
export function withCondition(
  conditions: Conditions,
  note: ConditionNote,
  now: number,
): Conditions {
  const current = conditionIn(conditions, note.type);
  if (current?.status === note.status && current.reason === note.reason) return conditions;
  const time = formatTime(now);
  const since = current?.status === note.status ? current.lastTransitionTime : time;
  return [
    ...conditions.filter(({ type }) => type !== note.type),
    { ...note, ...defined({ lastTransitionTime: since }), lastUpdateTime: time },
  ];
}

const AVAILABLE: ConditionNote = {
  type: 'Available',
  status: 'True',
  reason: 'MinimumReplicasAvailable',
  message: 'Deployment has minimum availability.',
};

const UNAVAILABLE: ConditionNote = {
  type: 'Available',
  status: 'False',
  reason: 'MinimumReplicasUnavailable',
  message: 'Deployment does not have minimum availability.',
};
