import { formatTime, type Job, type JobCondition } from '../../api/index.ts';

export type Conditions = readonly JobCondition[];

/** What a condition says, before it is known since when. */
export interface ConditionNote {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** The Job's condition of a type. */
export function conditionOf({ status }: Job, type: string): JobCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the Job has ended, well or not. */
export function isFinished(job: Job): boolean {
  return ['Complete', 'Failed'].some((type) => conditionOf(job, type)?.status === 'True');
}

/** `conditions` with what `note` says in its place, or at the end. */
export function withCondition(
  conditions: Conditions,
  note: ConditionNote,
  now: number,
): Conditions {
  const present = conditions.findIndex(({ type }) => type === note.type);
  if (conditions[present]?.status === note.status) return conditions;
  const time = formatTime(now);
  const condition = { ...note, lastProbeTime: time, lastTransitionTime: time };
  return present === -1 ? [...conditions, condition] : conditions.with(present, condition);
}
