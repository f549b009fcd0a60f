import { ageOf } from '../../human-duration.ts';
import type { ContainerStateTerminated, ContainerStatus, Pod, PodSpec } from '../../types.ts';

/** What kubectl prints of a Pod's containers. */
export interface PodSummary {
  /** `1/2` */
  readonly ready: string;
  readonly status: string;
  /** `2 (3d ago)` */
  readonly restarts: string | number;
}

const NO_SPEC: PodSpec = { containers: [] };

interface Tally {
  ready: number;
  restarts: number;
  /** Milliseconds of the last restart; 0 for none. */
  lastRestart: number;
}

/** READY, STATUS and RESTARTS of a Pod. @see kubernetes `printPod` */
export function summarizePod(pod: Pod, now: number): PodSummary {
  const { spec } = pod;
  const sidecars = sidecarNames(pod);
  const init = summarizeInit(pod, sidecars);
  let { tally } = init;
  let reason = init.reason ?? initialReason(pod);
  if (init.reason === undefined || hasCondition(pod, 'Initialized')) {
    const main = summarizeMain(pod, init.sidecars);
    tally = { ...main.tally, ready: main.tally.ready + tally.ready };
    reason = main.reason ?? reason;
  }
  const total = (spec?.containers ?? []).length + sidecars.size;
  const { restarts, lastRestart } = tally;
  const last = lastRestart === 0 ? undefined : new Date(lastRestart).toISOString();
  return {
    ready: `${tally.ready}/${total}`,
    status: terminatingReason(pod) ?? reason,
    restarts:
      restarts === 0 || last === undefined ? restarts : `${restarts} (${ageOf(last, now)} ago)`,
  };
}

function initialReason(pod: Pod): string {
  const isGated = (pod.status?.conditions ?? []).some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  if (isGated) return 'SchedulingGated';
  const { reason = '', phase = '' } = pod.status ?? {};
  return reason === '' ? phase : reason;
}

function terminatingReason({ metadata, status }: Pod): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return ['Succeeded', 'Failed'].includes(status?.phase ?? '') ? undefined : 'Terminating';
}

/** The first init container that is not done decides; restarts of sidecars count on their own as well. */
function summarizeInit(
  { spec = NO_SPEC, status = {} }: Pod,
  names: ReadonlySet<string>,
): { readonly reason: string | undefined; readonly tally: Tally; readonly sidecars: Tally } {
  const tally: Tally = { ready: 0, restarts: 0, lastRestart: 0 };
  const sidecars: Tally = { ready: 0, restarts: 0, lastRestart: 0 };
  const { initContainers = [] } = spec;
  const { initContainerStatuses = [] } = status;
  for (const [index, container] of initContainerStatuses.entries()) {
    const isSidecar = names.has(container.name);
    countRestarts(tally, container);
    if (isSidecar) countRestarts(sidecars, container);
    if (isDone(container)) continue;
    if (!isSidecar || container.started !== true)
      return {
        reason: initReason(container, `${index}/${initContainers.length}`),
        tally,
        sidecars,
      };
    if (container.ready) tally.ready += 1;
  }
  return { reason: undefined, tally, sidecars };
}

function isDone({ state }: ContainerStatus): boolean {
  return state?.terminated?.exitCode === 0;
}

function initReason({ state }: ContainerStatus, progress: string): string {
  const { terminated, waiting } = state ?? {};
  if (terminated !== undefined) return `Init:${terminatedReason(terminated)}`;
  const reason = waiting?.reason ?? '';
  return reason === '' || reason === 'PodInitializing' ? `Init:${progress}` : `Init:${reason}`;
}

function summarizeMain(
  pod: Pod,
  sidecars: Tally,
): { readonly reason: string | undefined; readonly tally: Tally } {
  const tally: Tally = { ...sidecars, ready: 0 };
  let reason: string | undefined;
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    countRestarts(tally, container);
    const stopped = stoppedReason(container);
    if (stopped !== undefined) reason = stopped;
    else if (container.ready && container.state?.running !== undefined) tally.ready += 1;
  }
  if (reason === 'Completed' && tally.ready > 0)
    reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  return { reason, tally };
}

function stoppedReason({ state }: ContainerStatus): string | undefined {
  const { terminated, waiting } = state ?? {};
  const waits = waiting?.reason ?? '';
  if (waits !== '') return waits;
  return terminated === undefined ? undefined : terminatedReason(terminated);
}

function terminatedReason({ reason = '', signal = 0, exitCode }: ContainerStateTerminated): string {
  if (reason !== '') return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

function countRestarts(tally: Tally, { restartCount, lastState }: ContainerStatus): void {
  tally.restarts += restartCount;
  const finished = Date.parse(lastState?.terminated?.finishedAt ?? '');
  if (finished > tally.lastRestart) tally.lastRestart = finished;
}

function hasCondition({ status }: Pod, type: string): boolean {
  return (status?.conditions ?? []).some(
    (condition) => condition.type === type && condition.status === 'True',
  );
}

function sidecarNames({ spec }: Pod): ReadonlySet<string> {
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return new Set(sidecars.map(({ name }) => name));
}
