import {
  type Container,
  type ContainerStatus,
  formatTime,
  type Pod,
  type PodCondition,
} from '../api/index.ts';
import { isSidecar } from './container-record.ts';
import type { PodPhase } from './pod-phase.ts';

export interface ConditionInput {
  readonly phase: PodPhase;
  readonly init: readonly ContainerStatus[];
  readonly regular: readonly ContainerStatus[];
  readonly hasSandbox: boolean;
  /** Milliseconds. */
  readonly now: number;
}

/** What a condition says, before it is compared with what it said before. */
interface Verdict {
  readonly type: string;
  readonly isTrue: boolean;
  readonly reason?: string;
  readonly message?: string;
}

/**
 * The Pod's conditions: the kubelet's five, then those that others have set.
 *
 * `lastTransitionTime` changes with the condition's status alone.
 *
 * @see kubernetes pkg/kubelet/status/generate.go
 */
export function podConditions(pod: Pod, input: ConditionInput): readonly PodCondition[] {
  const before = pod.status?.conditions ?? [];
  const containersReady = containersReadyVerdict(pod, input);
  const verdicts: readonly Verdict[] = [
    { type: 'PodReadyToStartContainers', isTrue: input.hasSandbox },
    initializedVerdict(pod, input),
    readyVerdict(pod, containersReady),
    containersReady,
    { type: 'PodScheduled', isTrue: true },
  ];
  const now = formatTime(input.now);
  const own = verdicts.map((verdict) => {
    const old = before.find(({ type }) => type === verdict.type);
    return toCondition(verdict, old, { pod, now });
  });
  const foreign = before.filter(({ type }) => !verdicts.some((verdict) => verdict.type === type));
  return [...own, ...foreign];
}

function toCondition(
  { type, isTrue, reason, message }: Verdict,
  old: PodCondition | undefined,
  { pod, now }: { readonly pod: Pod; readonly now: string },
): PodCondition {
  const status = isTrue ? 'True' : 'False';
  const { generation } = pod.metadata;
  const isSame = old?.status === status && old.lastTransitionTime !== undefined;
  return {
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status,
    lastTransitionTime: isSame ? (old.lastTransitionTime ?? '') : now,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}

function initializedVerdict(pod: Pod, { phase, init, regular }: ConditionInput): Verdict {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, isTrue: true, reason: 'PodCompleted' };
  const isPast = regular.some(
    ({ state, lastState }) =>
      state?.running !== undefined ||
      state?.terminated !== undefined ||
      lastState?.terminated !== undefined,
  );
  if (isPast) return { type, isTrue: true };
  const containers = pod.spec?.initContainers ?? [];
  const incomplete = init.filter((status, index) => !isInitialized(status, containers[index]));
  if (incomplete.length === 0) return { type, isTrue: true };
  return {
    type,
    isTrue: false,
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: ${listNames(incomplete)}`,
  };
}

function isInitialized(status: ContainerStatus, container: Container | undefined): boolean {
  const isStartedSidecar =
    container !== undefined && isSidecar(container) && status.started === true;
  return status.ready || isStartedSidecar;
}

function containersReadyVerdict(pod: Pod, { phase, init, regular }: ConditionInput): Verdict {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, isTrue: false, reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, isTrue: false, reason: 'PodFailed' };
  const containers = pod.spec?.initContainers ?? [];
  const sidecars = init.filter((_, index) => {
    const container = containers[index];
    return container !== undefined && isSidecar(container);
  });
  const unready = [...sidecars, ...inSpecOrder(pod, regular)].filter(({ ready }) => !ready);
  if (unready.length === 0) return { type, isTrue: true };
  return {
    type,
    isTrue: false,
    reason: 'ContainersNotReady',
    message: `containers with unready status: ${listNames(unready)}`,
  };
}

function readyVerdict(pod: Pod, containersReady: Verdict): Verdict {
  if (!containersReady.isTrue) return { ...containersReady, type: 'Ready' };
  const complaints = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const status = pod.status?.conditions?.find(({ type }) => type === conditionType)?.status;
    if (status === 'True') return [];
    return status === undefined
      ? [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${status}`];
  });
  if (complaints.length === 0) return { type: 'Ready', isTrue: true };
  return {
    type: 'Ready',
    isTrue: false,
    reason: 'ReadinessGatesNotReady',
    message: complaints.join(', '),
  };
}

function inSpecOrder(pod: Pod, statuses: readonly ContainerStatus[]): readonly ContainerStatus[] {
  const names = (pod.spec?.containers ?? []).map(({ name }) => name);
  return statuses.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

function listNames(statuses: readonly ContainerStatus[]): string {
  return `[${statuses.map(({ name }) => name).join(' ')}]`;
}
