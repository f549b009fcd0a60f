/**
 * A duration as kubectl prints ages: two units at most, the smaller one only while it matters.
 *
 * @returns `<invalid>` when it lies more than a second in the future.
 * @see apimachinery `util/duration.HumanDuration`
 */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return twoUnits([minutes, 'm'], [seconds % 60, 's']);
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return twoUnits([hours, 'h'], [minutes % 60, 'm']);
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return twoUnits([days, 'd'], [hours % 24, 'h']);
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return years < 8 ? twoUnits([years, 'y'], [days % 365, 'd']) : `${years}y`;
}

/** How long ago `timestamp` was; `<unknown>` when there is none. */
export function ageOf(timestamp: string | null | undefined, now: number): string {
  const then = timestamp == null ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(then) ? '<unknown>' : humanDuration(now - then);
}

type Amount = readonly [count: number, unit: string];

function twoUnits([large, largeUnit]: Amount, [small, smallUnit]: Amount): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
