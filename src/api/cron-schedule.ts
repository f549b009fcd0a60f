/** When a CronJob runs: the times at which each unit fits. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  /** Where a day is given both by month and by week, either will do; a `*` in one leaves it to the other. */
  readonly isEitherDay: boolean;
}

/** What came of reading a schedule. */
export type ParsedSchedule =
  | { readonly kind: 'fields'; readonly schedule: CronSchedule }
  | { readonly kind: 'every'; readonly intervalMs: number }
  | { readonly kind: 'error'; readonly message: string };

interface Unit {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const UNITS: readonly Unit[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

const DESCRIPTORS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

const DURATION_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Reads a schedule as CronJobs have it: five fields, `@daily` and the like, or `@every 1h30m`.
 *
 * @see crontab(5); the messages are those of the parser that the API server uses
 */
export function parseCronSchedule(text: string): ParsedSchedule {
  const trimmed = text.trim();
  if (trimmed === '') return failure('empty spec string');
  if (trimmed.startsWith('@every ')) return parseEvery(trimmed);
  const expanded = DESCRIPTORS.get(trimmed);
  if (trimmed.startsWith('@') && expanded === undefined)
    return failure(`unrecognized descriptor: ${trimmed}`);
  return parseFields((expanded ?? trimmed).split(/\s+/));
}

function parseFields(fields: readonly string[]): ParsedSchedule {
  if (fields.length !== UNITS.length)
    return failure(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const sets = UNITS.map((unit, index) => parseField(fields[index] ?? '', unit));
  const wrong = sets.find((set) => typeof set === 'string');
  if (wrong !== undefined) return failure(wrong);
  const none: ReadonlySet<number> = new Set();
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = sets.map((set) =>
    typeof set === 'string' ? none : set,
  );
  return {
    kind: 'fields',
    schedule: {
      minutes: minutes ?? none,
      hours: hours ?? none,
      daysOfMonth: daysOfMonth ?? none,
      months: months ?? none,
      daysOfWeek: daysOfWeek ?? none,
      isEitherDay: !isStar(fields[2]) && !isStar(fields[4]),
    },
  };
}

function failure(message: string): ParsedSchedule {
  return { kind: 'error', message };
}

function isStar(field = ''): boolean {
  return /^[*?]/.test(field);
}

function parseEvery(text: string): ParsedSchedule {
  const duration = text.slice('@every '.length).trim();
  const isDuration = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(duration);
  if (!isDuration) return failure(`failed to parse duration ${text}`);
  let intervalMs = 0;
  for (const [, count = '0', , unit = 's'] of duration.matchAll(
    /(\d+(\.\d+)?)(ns|us|µs|ms|s|m|h)/g,
  ))
    intervalMs += Number(count) * (DURATION_MS[unit] ?? 0);
  // Less than a second is rounded up to one.
  return { kind: 'every', intervalMs: Math.max(1000, Math.trunc(intervalMs / 1000) * 1000) };
}

/** The times of a field such as `1-5,every tenth`, or what is wrong with it. */
function parseField(field: string, unit: Unit): ReadonlySet<number> | string {
  const times = new Set<number>();
  for (const part of field.split(',').filter((item) => item !== '')) {
    const range = parseRange(part, unit);
    if (typeof range === 'string') return range;
    for (let time = range.start; time <= range.end; time += range.step) times.add(time);
  }
  return times;
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function parseRange(text: string, unit: Unit): Range | string {
  const [bounds = '', stepText, ...more] = text.split('/');
  if (more.length > 0) return `too many slashes: ${text}`;
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  if (typeof step === 'string') return step;
  const ends = parseBounds(bounds, unit, stepText !== undefined);
  if (typeof ends === 'string') return ends;
  const [start, end] = ends;
  if (start < unit.min) return `beginning of range (${start}) below minimum (${unit.min}): ${text}`;
  if (end > unit.max) return `end of range (${end}) above maximum (${unit.max}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  return step === 0 ? `step of range should be a positive number: ${text}` : { start, end, step };
}

function parseBounds(
  bounds: string,
  unit: Unit,
  hasStep: boolean,
): readonly [start: number, end: number] | string {
  if (bounds === '*' || bounds === '?') return [unit.min, unit.max];
  const [from = '', to, ...more] = bounds.split('-');
  if (more.length > 0) return `too many hyphens: ${bounds}`;
  const start = parseTime(from, unit);
  if (typeof start === 'string') return start;
  // `5/10` is `5-59/10`.
  if (to === undefined) return [start, hasStep ? unit.max : start];
  const end = parseTime(to, unit);
  return typeof end === 'string' ? end : [start, end];
}

function parseTime(text: string, { names = [], min }: Unit): number | string {
  const index = names.indexOf(text.toLowerCase());
  return index < 0 ? parseNumber(text) : index + min;
}

function parseNumber(text: string): number | string {
  if (/^-\d+$/.test(text)) return `negative number (${text}) not allowed: ${text}`;
  return /^\d+$/.test(text)
    ? Number(text)
    : `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}
