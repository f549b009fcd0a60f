import type { PodSpec } from '../api/index.ts';
import { type ContainerRecord, isSidecar, recordOf, type Records } from './container-record.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

interface Tally {
  waiting: number;
  running: number;
  stopped: number;
  succeeded: number;
}

/**
 * The phase that containers add up to.
 *
 * @param isTerminal No container will be started again, whatever the restart policy.
 * @see kubernetes pkg/kubelet getPhase
 */
export function podPhase(spec: PodSpec, records: Records, isTerminal: boolean): PodPhase {
  const init = tallyInit(spec, records);
  if (init.hasFailed && spec.restartPolicy === 'Never') return 'Failed';
  const tally: Tally = { waiting: 0, running: init.runningSidecars, stopped: 0, succeeded: 0 };
  for (const { name } of spec.containers) count(tally, recordOf(records, name));
  const hasInitialized = tally.stopped > 0 || tally.running > init.runningSidecars;
  if (init.pending > 0 || (init.pendingSidecars > 0 && !hasInitialized) || tally.waiting > 0)
    return isTerminal ? 'Failed' : 'Pending';
  if (tally.running > 0) return 'Running';
  return tally.stopped === 0 ? 'Pending' : stoppedPhase(spec, tally, isTerminal);
}

function stoppedPhase(spec: PodSpec, { stopped, succeeded }: Tally, isTerminal: boolean): PodPhase {
  const isSuccess = stopped === succeeded;
  if (isTerminal) return isSuccess ? 'Succeeded' : 'Failed';
  if ((spec.restartPolicy ?? 'Always') === 'Always') return 'Running';
  if (isSuccess) return 'Succeeded';
  return spec.restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function count(tally: Tally, { state, last }: ContainerRecord): void {
  switch (state.kind) {
    case 'running':
      tally.running += 1;
      return;
    case 'terminated':
      tally.stopped += 1;
      if (state.termination.exitCode === 0) tally.succeeded += 1;
      return;
    case 'created':
    case 'waiting':
      if (last === undefined) tally.waiting += 1;
      else tally.stopped += 1;
      return;
    default:
      state satisfies never;
  }
}

function tallyInit(
  spec: PodSpec,
  records: Records,
): {
  readonly pending: number;
  readonly hasFailed: boolean;
  readonly pendingSidecars: number;
  readonly runningSidecars: number;
} {
  let pending = 0;
  let hasFailed = false;
  let pendingSidecars = 0;
  let runningSidecars = 0;
  for (const container of spec.initContainers ?? []) {
    const record = recordOf(records, container.name);
    if (isSidecar(container)) {
      if (record.state.kind === 'running') runningSidecars += 1;
      if (isPendingSidecar(record)) pendingSidecars += 1;
    } else {
      const exitCode = initExitCode(record);
      if (exitCode === undefined) pending += 1;
      else if (exitCode !== 0) hasFailed = true;
    }
  }
  return { pending, hasFailed, pendingSidecars, runningSidecars };
}

function isPendingSidecar({ state, isStarted, last }: ContainerRecord): boolean {
  if (state.kind === 'running') return !isStarted;
  return state.kind !== 'terminated' && last === undefined;
}

/** @returns undefined while the init container has not ended. */
function initExitCode({ state, last }: ContainerRecord): number | undefined {
  if (state.kind === 'terminated') return state.termination.exitCode;
  if (state.kind === 'running') return undefined;
  return last?.exitCode;
}
