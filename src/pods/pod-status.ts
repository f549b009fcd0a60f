import {
  formatTime,
  type Container,
  type ContainerState as ApiContainerState,
  type ContainerStateTerminated,
  type ContainerStatus,
  type Pod,
  type PodSpec,
  type PodStatus,
} from '../api/index.ts';
import {
  type ContainerRecord,
  isSidecar,
  recordOf,
  type Records,
  type Termination,
} from './container-record.ts';
import { podConditions } from './pod-conditions.ts';
import { type PodPhase, podPhase } from './pod-phase.ts';

/** What a Pod's status is computed from, besides the Pod itself. */
export interface StatusInput {
  readonly records: Records;
  /** The Pod's own addresses; empty before it has a sandbox. */
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  /** When the kubelet saw the Pod first, in milliseconds. */
  readonly startedAt: number;
  /** No container will be started again: the Pod has finished, failed, or is being deleted and all have ended. */
  readonly isTerminal: boolean;
  /** Whether the Pod's network is set up. */
  readonly hasSandbox: boolean;
  /** Why the kubelet ended the Pod, whatever its containers say. */
  readonly failure?: { readonly reason: string; readonly message: string } | undefined;
  /** The name of the image's stand-in, for `imageID`. */
  readonly workloadOf: (container: Container) => string;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * The status that the kubelet writes for `pod`; fields and conditions that others own stay as they are.
 *
 * @see kubernetes pkg/kubelet generateAPIPodStatus
 */
export function podStatus(pod: Pod, input: StatusInput): PodStatus {
  const spec: PodSpec = pod.spec ?? { containers: [] };
  const phase =
    input.failure === undefined ? podPhase(spec, input.records, input.isTerminal) : 'Failed';
  const init = (spec.initContainers ?? []).map((container) => initStatus(container, spec, input));
  const regular = spec.containers
    .map((container) => containerStatus(container, input, waitingReason(spec)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const ephemeral = (spec.ephemeralContainers ?? []).map((container) =>
    containerStatus(container, input, waitingReason(spec)),
  );
  const [podIP] = input.podIPs;
  const [hostIP] = input.hostIPs;
  return {
    ...keptStatus(pod.status),
    ...(pod.metadata.generation === undefined
      ? {}
      : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: podConditions(pod, { ...input, phase, init, regular }),
    ...input.failure,
    startTime: formatTime(input.startedAt),
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: input.hostIPs.map((ip) => ({ ip })) }),
    ...(podIP === undefined ? {} : { podIP, podIPs: input.podIPs.map((ip) => ({ ip })) }),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: regular,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status?.qosClass ?? qosClass(spec),
  };
}

/** Phases that a Pod does not leave. */
export function isTerminalPhase(phase: string | undefined): phase is PodPhase {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** What others have written into the status: nominations, resource claims, ephemeral containers. */
function keptStatus(status: PodStatus = {}): PodStatus {
  const { reason: _reason, message: _message, ...kept } = status;
  return kept;
}

function waitingReason(spec: PodSpec): string {
  return (spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';
}

/** A regular init container is ready once it has succeeded; a sidecar as any container is. */
function initStatus(container: Container, spec: PodSpec, input: StatusInput): ContainerStatus {
  const status = containerStatus(container, input, waitingReason(spec));
  if (isSidecar(container)) return status;
  return {
    ...status,
    ready: status.state?.terminated?.exitCode === 0,
    started: status.state?.running !== undefined,
  };
}

function containerStatus(
  container: Container,
  input: StatusInput,
  reason: string,
): ContainerStatus {
  const record = recordOf(input.records, container.name);
  const { last } = record;
  const isRunning = record.state.kind === 'running';
  const containerID = containerIdOf(record);
  return {
    name: container.name,
    state: apiState(record, reason),
    lastState: last === undefined ? {} : { terminated: terminated(last) },
    ready: isRunning && record.isReady,
    restartCount: record.restartCount,
    image: container.image ?? '',
    imageID: containerID === undefined ? '' : `podlane://${input.workloadOf(container)}`,
    ...(containerID === undefined ? {} : { containerID }),
    started: isRunning && record.isStarted,
  };
}

function apiState({ state }: ContainerRecord, waiting: string): ApiContainerState {
  switch (state.kind) {
    case 'created':
      return { waiting: { reason: waiting } };
    case 'waiting':
      return { waiting: { reason: state.reason, message: state.message } };
    case 'running':
      return { running: { startedAt: formatTime(state.startedAt) } };
    case 'terminated':
      return { terminated: terminated(state.termination) };
    default:
      return state satisfies never;
  }
}

function terminated(end: Termination): ContainerStateTerminated {
  return {
    exitCode: end.exitCode,
    reason: end.reason,
    ...(end.message === undefined ? {} : { message: end.message }),
    startedAt: formatTime(end.startedAt),
    finishedAt: formatTime(end.finishedAt),
    containerID: end.containerID,
  };
}

function containerIdOf({ state, last }: ContainerRecord): string | undefined {
  if (state.kind === 'running') return state.containerID;
  if (state.kind === 'terminated') return state.termination.containerID;
  return last?.containerID;
}

const COMPUTE = ['cpu', 'memory'] as const;

/** @see kubernetes pkg/apis/core/v1/helper/qos ComputePodQOS */
function qosClass(spec: PodSpec): string {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const amounts = containers.map(({ resources = {} }) => resources);
  const asksForNothing = amounts.every(({ requests = {}, limits = {} }) =>
    COMPUTE.every((name) => isNothing(requests[name]) && isNothing(limits[name])),
  );
  if (asksForNothing) return 'BestEffort';
  const isGuaranteed = amounts.every(({ requests = {}, limits = {} }) =>
    COMPUTE.every(
      (name) =>
        !isNothing(limits[name]) && `${requests[name] ?? limits[name]}` === `${limits[name]}`,
    ),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

function isNothing(quantity: string | number | undefined): boolean {
  return quantity === undefined || /^0*$/.test(`${quantity}`);
}

/** The annotation that keeps a Pod unready. */
export function isHeldUnready({ metadata }: Pod): boolean {
  return metadata.annotations?.['podlane.dev/ready'] === 'false';
}
