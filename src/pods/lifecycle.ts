import type { Container, PodSpec } from '../api/index.ts';
import { endOf, isSidecar, recordOf, type Records, shouldRestart } from './container-record.ts';
import { type Backoff, decideRestart } from './restart-backoff.ts';

/** One thing that the kubelet is to do for a Pod. */
export type PodAction =
  | { readonly kind: 'start'; readonly container: Container; readonly backoff?: Backoff }
  /** It waits in CrashLoopBackOff. */
  | {
      readonly kind: 'backOff';
      readonly container: Container;
      readonly untilMs: number;
      readonly delayMs: number;
    }
  /** A sidecar that nothing needs any more. */
  | { readonly kind: 'stop'; readonly container: Container };

/** What is to be done now, and whether the Pod has come to its end. */
export interface PodPlan {
  readonly actions: readonly PodAction[];
  /** Every container has ended for good: the Pod is Succeeded or Failed. */
  readonly isFinished: boolean;
}

/**
 * What to do next for a Pod.
 *
 * Init containers run one after the other to their end, sidecars among them until they have started; then all other
 * containers start together. Containers that end are started again as the restart policy says, after their back-off.
 * Once no other container is left, sidecars are stopped, the last first.
 *
 * @param now Milliseconds.
 * @see kubernetes pkg/kubelet/kuberuntime computePodActions, computeInitContainerActions
 */
export function planPod(spec: PodSpec, records: Records, now: number): PodPlan {
  const isInitialized = spec.containers.some(({ name }) => hasEverRun(records, name));
  const init = planInit(spec, records, { now, isInitialized });
  if (init.kind === 'failed') return finish(spec, records);
  if (init.kind === 'busy') return { actions: init.actions, isFinished: false };
  const actions = [...init.actions];
  let isDone = true;
  for (const container of spec.containers) {
    const action = planContainer(container, spec, { records, now });
    if (action !== undefined) actions.push(action);
    if (action !== undefined || isRunning(records, container.name)) isDone = false;
  }
  return isDone ? finish(spec, records) : { actions, isFinished: false };
}

type InitPlan =
  /** Others may start. */
  | { readonly kind: 'done'; readonly actions: readonly PodAction[] }
  | { readonly kind: 'busy'; readonly actions: readonly PodAction[] }
  | { readonly kind: 'failed' };

interface Moment {
  readonly now: number;
  readonly isInitialized: boolean;
}

function planInit(spec: PodSpec, records: Records, moment: Moment): InitPlan {
  const { now, isInitialized } = moment;
  const actions: PodAction[] = [];
  for (const container of spec.initContainers ?? []) {
    const record = recordOf(records, container.name);
    if (isSidecar(container)) {
      const action = planContainer(container, spec, { records, now });
      if (action !== undefined) actions.push(action);
      if (!record.isStarted && !isInitialized) return { kind: 'busy', actions };
      continue;
    }
    if (isInitialized || isComplete(records, container.name)) continue;
    if (isRunning(records, container.name)) return { kind: 'busy', actions };
    const action = planContainer(container, spec, { records, now });
    if (action === undefined) return { kind: 'failed' };
    return { kind: 'busy', actions: [...actions, action] };
  }
  return { kind: 'done', actions };
}

/** @returns undefined when there is nothing to do: it runs, or has ended for good. */
function planContainer(
  container: Container,
  spec: PodSpec,
  { records, now }: { readonly records: Records; readonly now: number },
): PodAction | undefined {
  const record = recordOf(records, container.name);
  if (record.state.kind === 'running') return undefined;
  const end = endOf(record);
  if (end === undefined) return { kind: 'start', container };
  if (!mayRunAgain(container, spec, end.exitCode)) return undefined;
  const verdict = decideRestart(record.backoff, end.finishedAt, now);
  if (verdict.kind === 'start') return { kind: 'start', container, backoff: verdict.backoff };
  const { untilMs, delayMs } = verdict;
  return { kind: 'backOff', container, untilMs, delayMs };
}

/** Init containers that succeeded are done; failed ones run again unless the Pod never restarts. */
function mayRunAgain(container: Container, spec: PodSpec, exitCode: number): boolean {
  const isInit = spec.initContainers?.includes(container) ?? false;
  if (!isInit || isSidecar(container)) return shouldRestart(container, spec, exitCode);
  return (
    exitCode !== 0 &&
    shouldRestart(container, { ...spec, restartPolicy: initPolicy(spec) }, exitCode)
  );
}

function initPolicy(spec: PodSpec): string {
  return spec.restartPolicy === 'Never' ? 'Never' : 'OnFailure';
}

/** Nothing but sidecars is left: they end one by one, the last first. */
function finish(spec: PodSpec, records: Records): PodPlan {
  const last = (spec.initContainers ?? []).findLast(({ name }) => isRunning(records, name));
  if (last === undefined) return { actions: [], isFinished: true };
  return { actions: [{ kind: 'stop', container: last }], isFinished: false };
}

function isRunning(records: Records, name: string): boolean {
  return recordOf(records, name).state.kind === 'running';
}

function isComplete(records: Records, name: string): boolean {
  const { state } = recordOf(records, name);
  return state.kind === 'terminated' && state.termination.exitCode === 0;
}

function hasEverRun(records: Records, name: string): boolean {
  const record = recordOf(records, name);
  return record.state.kind === 'running' || endOf(record) !== undefined;
}
