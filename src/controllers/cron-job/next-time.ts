import type { CronSchedule, ParsedSchedule } from '../../api/index.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A schedule that has no time within five years has none. */
const HORIZON_MS = 5 * 366 * DAY_MS;

/**
 * The first time after `after` that a schedule names; undefined when there is none, as for the 31st of February.
 *
 * A time that the clocks skip in spring is skipped; one that they show twice in autumn counts twice.
 *
 * @param after Milliseconds since 1970.
 * @param timeZone An IANA name. @default UTC
 * @see robfig/cron `SpecSchedule.Next`, which kube-controller-manager uses
 */
export function nextTime(
  parsed: ParsedSchedule,
  after: number,
  timeZone = 'UTC',
): number | undefined {
  switch (parsed.kind) {
    case 'error':
      return undefined;
    case 'every':
      return Math.trunc(after / 1000) * 1000 + parsed.intervalMs;
    case 'fields':
      return nextInFields(parsed.schedule, after, offsetReader(timeZone));
    default:
      return parsed satisfies never;
  }
}

/** How far a zone is ahead of UTC at a time, in ms. */
type OffsetAt = (time: number) => number;

function nextInFields(
  schedule: CronSchedule,
  after: number,
  offsetAt: OffsetAt,
): number | undefined {
  let time = Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  while (time < after + HORIZON_MS) {
    const local = time + offsetAt(time);
    const date = new Date(local);
    if (!isDay(schedule, date)) time = startOfNextDay(time, local, offsetAt);
    else if (!schedule.hours.has(date.getUTCHours())) time += HOUR_MS - (local % HOUR_MS);
    else if (schedule.minutes.has(date.getUTCMinutes())) return time;
    else time += MINUTE_MS;
  }
  return undefined;
}

function isDay(
  { months, daysOfMonth, daysOfWeek, isEitherDay }: CronSchedule,
  date: Date,
): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const isOfMonth = daysOfMonth.has(date.getUTCDate());
  const isOfWeek = daysOfWeek.has(date.getUTCDay());
  return isEitherDay ? isOfMonth || isOfWeek : isOfMonth && isOfWeek;
}

/** Midnight, or where the clocks skip it the first moment after. */
function startOfNextDay(time: number, local: number, offsetAt: OffsetAt): number {
  const midnight = time + DAY_MS - (local % DAY_MS);
  const moved = midnight + offsetAt(time) - offsetAt(midnight);
  return Math.max(moved, time + MINUTE_MS);
}

/** A time as Go writes it in a zone: `2026-04-20T04:30:00+09:00`, with `Z` where that is UTC. @see RFC 3339 */
export function formatInZone(time: number, timeZone = 'UTC'): string {
  const minutes = Math.trunc(offsetReader(timeZone)(time) / MINUTE_MS);
  const wall = new Date(time + minutes * MINUTE_MS).toISOString().replace(/\.\d+Z$/, '');
  if (minutes === 0) return `${wall}Z`;
  const two = (value: number): string => `${value}`.padStart(2, '0');
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${wall}${minutes < 0 ? '-' : '+'}${two(hours)}:${two(rest)}`;
}

const readers = new Map<string, OffsetAt>();

function offsetReader(timeZone: string): OffsetAt {
  if (timeZone === 'UTC') return () => 0;
  const known = readers.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const reader: OffsetAt = (time) => {
    const parts = new Map(
      format.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
    );
    const at = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(
      at('year'),
      at('month') - 1,
      at('day'),
      at('hour'),
      at('minute'),
      at('second'),
    );
    return local - Math.floor(time / 1000) * 1000;
  };
  readers.set(timeZone, reader);
  return reader;
}
