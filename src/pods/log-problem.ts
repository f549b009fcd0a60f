import { NEW_RECORD, type ContainerRecord } from './container-record.ts';

/** The container that somebody wants the log of. */
export interface LogSubject {
  readonly container: string;
  readonly pod: string;
}

/**
 * Why there is no log, in the kubelet's words; undefined where there is one.
 *
 * @see kubernetes pkg/kubelet validateContainerLogStatus
 */
export function logProblem(
  { container, pod }: LogSubject,
  record: ContainerRecord = NEW_RECORD,
  isPrevious = false,
): string | undefined {
  const { state, last } = record;
  if (isPrevious)
    return last === undefined
      ? `previous terminated container "${container}" in pod "${pod}" not found`
      : undefined;
  if (state.kind === 'running' || state.kind === 'terminated' || last !== undefined)
    return undefined;
  const reason = state.kind === 'waiting' ? state.reason : 'ContainerCreating';
  return `container "${container}" in pod "${pod}" is waiting to start: ${REASONS[reason] ?? reason}`;
}

const REASONS: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};
