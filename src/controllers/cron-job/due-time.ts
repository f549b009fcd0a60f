import { parseCronSchedule, type CronJob, type ParsedSchedule } from '../../api/index.ts';
import { nextTime } from './next-time.ts';

/** So many missed times are worth a warning. */
const MANY_MISSED = 100;
/** How long after the time of the schedule the controller looks. */
const DELTA_MS = 100;

/** When a CronJob was last due, and when it will be next. */
export interface DueTimes {
  /** The latest time since the last one that was served; undefined when none has come. */
  readonly due: number | undefined;
  readonly hasMissedMany: boolean;
  /** Milliseconds until the next look; undefined when the schedule has no more times. */
  readonly nextInMs: number | undefined;
}

/**
 * What a CronJob's schedule says at `now`. Of several times that passed only the latest counts.
 *
 * @see kubernetes pkg/controller/cronjob/utils.go `mostRecentScheduleTime`
 */
export function dueTimes(cronJob: CronJob, now: number): DueTimes {
  const { schedule, timeZone } = cronJob.spec;
  const parsed = parseCronSchedule(schedule);
  const next = (after: number): number | undefined => nextTime(parsed, after, timeZone);
  const earliest = earliestTime(cronJob, now);
  const first = next(earliest);
  if (first === undefined) return { due: undefined, hasMissedMany: false, nextInMs: undefined };
  if (now < first)
    return { due: undefined, hasMissedMany: false, nextInMs: first - now + DELTA_MS };
  const { due, missed } = latestUntil(parsed, { first, now, next });
  const upcoming = next(due);
  return {
    due,
    hasMissedMany: missed > MANY_MISSED,
    nextInMs: upcoming === undefined ? undefined : Math.max(0, upcoming - now) + DELTA_MS,
  };
}

/** Nothing before this counts any more. */
function earliestTime({ metadata, spec, status }: CronJob, now: number): number {
  const last = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '');
  const { startingDeadlineSeconds: deadline } = spec;
  return deadline === undefined ? last : Math.max(last, now - deadline * 1000);
}

interface Search {
  readonly first: number;
  readonly now: number;
  readonly next: (after: number) => number | undefined;
}

/** The latest time up to now; how many were missed is estimated by the first two. */
function latestUntil(
  parsed: ParsedSchedule,
  { first, now, next }: Search,
): { readonly due: number; readonly missed: number } {
  const second = next(first);
  if (second === undefined || now < second) return { due: first, missed: 1 };
  const interval = second - first;
  const missed = Math.floor((now - first) / interval) + 1;
  let due = first;
  // `@every` counts from the last time; the others are on the clock, so the search may begin anywhere.
  const start = parsed.kind === 'every' ? first : Math.max(first, first + (missed - 2) * interval);
  const step = parsed.kind === 'every' ? Math.floor((now - first) / interval) * interval : 0;
  for (
    let time: number | undefined = step > 0 ? start + step : next(start - 1);
    time !== undefined && time <= now;
    time = next(time)
  )
    due = time;
  return { due, missed };
}
