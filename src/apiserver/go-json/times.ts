import { goValue, Problem, typeError, type Place } from './place.ts';

type Precision = 'seconds' | 'micros';

/** A part of a time: how Go's layout writes it, how it is read, and between what its number is. */
interface Part {
  readonly layout: string;
  readonly read: RegExp;
  readonly range?: { readonly name: string; readonly first: number; readonly last: number };
}

const UNTIL_MINUTE: readonly Part[] = [
  { layout: '2006', read: /^\d{4}/ },
  { layout: '-', read: /^-/ },
  { layout: '01', read: /^\d\d/, range: { name: 'month', first: 1, last: 12 } },
  { layout: '-', read: /^-/ },
  { layout: '02', read: /^\d\d/ },
  { layout: 'T', read: /^T/ },
  { layout: '15', read: /^\d\d?/, range: { name: 'hour', first: 0, last: 23 } },
  { layout: ':', read: /^:/ },
  { layout: '04', read: /^\d\d/, range: { name: 'minute', first: 0, last: 59 } },
  { layout: ':', read: /^:/ },
];
const SECOND = { layout: '05', range: { name: 'second', first: 0, last: 59 } } as const;
const ZONE: Part = { layout: 'Z07:00', read: /^(?:Z|[+-]\d\d:\d\d)/ };

/** A layout without a fraction takes one all the same; one that has it takes that many digits. */
const PARTS: Readonly<Record<Precision, readonly Part[]>> = {
  seconds: [...UNTIL_MINUTE, { ...SECOND, read: /^\d\d(?:[.,]\d+)?/ }, ZONE],
  micros: [
    ...UNTIL_MINUTE,
    { ...SECOND, read: /^\d\d/ },
    { layout: '.000000', read: /^[.,]\d{6}/ },
    ZONE,
  ],
};

/** `metav1.Time`: in UTC, without fractions. */
export function readTime(value: unknown, place: Place): string {
  return `${wholeSeconds(textOf(value, place), 'seconds').text}Z`;
}

/** `metav1.MicroTime`: in UTC, with six digits of the second. */
export function readMicroTime(value: unknown, place: Place): string {
  const { text, fraction } = wholeSeconds(textOf(value, place), 'micros');
  return `${text}.${fraction}Z`;
}

function textOf(value: unknown, place: Place): string {
  if (typeof value === 'string') return value;
  throw new Problem(typeError(place, goValue(value), 'string'));
}

interface Moment {
  /** `2024-01-01T00:00:00`, in UTC. */
  readonly text: string;
  /** Digits of what the layout has of the second; '' for none. */
  readonly fraction: string;
}

/** @throws Problem with Go's words. @see Go `time.Parse` */
function wholeSeconds(text: string, precision: Precision): Moment {
  const found = partsOf(text, precision);
  const number = (layout: string): number => Number.parseInt(found.get(layout) ?? '0', 10);
  const date = new Date(0);
  date.setUTCFullYear(number('2006'), number('01') - 1, number('02'));
  if (date.getUTCDate() !== number('02')) throw outOfRange(text, 'day');
  date.setUTCHours(number('15'), number('04') - zoneMinutes(text, found), number('05'));
  const [whole = ''] = date.toISOString().split('.');
  return { text: whole, fraction: (found.get('.000000') ?? '').slice(1) };
}

/** What stands for each part of the layout. */
function partsOf(text: string, precision: Precision): ReadonlyMap<string, string> {
  const parts = PARTS[precision];
  const found = new Map<string, string>();
  let rest = text;
  for (const { layout, read, range } of parts) {
    const [part] = read.exec(rest) ?? [];
    if (part === undefined) {
      const whole = parts.map((one) => one.layout).join('');
      throw problem(
        text,
        ` as ${JSON.stringify(whole)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(layout)}`,
      );
    }
    const number = Number.parseInt(part, 10);
    if (range !== undefined && (number < range.first || number > range.last))
      throw outOfRange(text, range.name);
    found.set(layout, part);
    rest = rest.slice(part.length);
  }
  if (rest !== '') throw problem(text, `: extra text: ${JSON.stringify(rest)}`);
  return found;
}

/** How far a zone is before UTC. */
function zoneMinutes(text: string, found: ReadonlyMap<string, string>): number {
  const zone = found.get(ZONE.layout) ?? 'Z';
  if (zone === 'Z') return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  if (hours > 24) throw outOfRange(text, 'time zone offset hour');
  if (minutes > 60) throw outOfRange(text, 'time zone offset minute');
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function outOfRange(text: string, name: string): Problem {
  return problem(text, `: ${name} out of range`);
}

function problem(text: string, why: string): Problem {
  return new Problem(`parsing time ${JSON.stringify(text)}${why}`);
}
