import type { DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../api/index.ts';
import { allOf, type Rollout } from './replica-sets.ts';

const FAILURE = 'ReplicaFailure';

/**
 * `status` with why a ReplicaSet cannot make its Pods; of several the current one's reason counts.
 *
 * @see kubernetes pkg/controller/deployment/progress.go `getReplicaFailures`
 */
export function withReplicaFailure(rollout: Rollout, status: DeploymentStatus): DeploymentStatus {
  const conditions = status.conditions ?? [];
  const sets = [rollout.current, ...allOf(rollout)].filter((set) => set !== undefined);
  const failure = sets.map(failureOf).find((found) => found !== undefined);
  const known = conditions.find(({ type }) => type === FAILURE);
  const isTold = known?.status === failure?.status && known?.reason === failure?.reason;
  if (isTold) return status;
  const others = conditions.filter(({ type }) => type !== FAILURE);
  return { ...status, conditions: failure === undefined ? others : [...others, failure] };
}

function failureOf({ status }: ReplicaSet): DeploymentCondition | undefined {
  const condition = status?.conditions?.find(({ type }) => type === FAILURE);
  if (condition === undefined) return undefined;
  const { lastTransitionTime } = condition;
  return lastTransitionTime === undefined
    ? condition
    : { ...condition, lastUpdateTime: lastTransitionTime };
}
