import type { DigRecord } from '../../control/index.ts';
import type { DigDisplay } from './lookup.ts';

const TAB = 8;

/** Where the parts of a record begin. @see BIND, dig.c and masterdump.c */
interface Columns {
  readonly ttl: number;
  readonly class: number;
  readonly type: number;
  readonly data: number;
}

/** A line of text that knows its column: tabs as far as they reach, then spaces, at least one of either. */
class Line {
  #text = '';
  #column = 0;

  add(text: string): this {
    this.#text += text;
    this.#column += text.length;
    return this;
  }

  indent(to: number): this {
    const end = Math.max(to, this.#column + 1);
    const tabs = Math.max(0, Math.floor(end / TAB) - Math.floor(this.#column / TAB));
    const from = tabs > 0 ? Math.floor(end / TAB) * TAB : this.#column;
    this.#text += '\t'.repeat(tabs) + ' '.repeat(end - from);
    this.#column = end;
    return this;
  }

  toString(): string {
    return this.#text;
  }
}

type Style = Pick<DigDisplay, 'multiline' | 'ttl' | 'class'>;

function columnsOf({ multiline, ttl, class: hasClass }: Style): Columns {
  if (multiline || (!ttl && !hasClass)) return { ttl: 24, class: 24, type: 24, data: 32 };
  if (!ttl || !hasClass) return { ttl: 24, class: 24, type: 32, data: 40 };
  return { ttl: 24, class: 32, type: 40, data: 48 };
}

/** A question as `dig` prints it. */
export function questionLine(
  question: Pick<DigRecord, 'name' | 'class' | 'type'>,
  style: Style,
): string {
  const columns = columnsOf(style);
  const line = new Line().add(question.name).indent(columns.class).add(question.class);
  return `;${line.indent(columns.type).add(question.type).toString()}`;
}

/** A record as `dig` prints it; an SOA over several lines with `multiline`. */
export function recordLine(record: DigRecord, style: Style): string {
  const columns = columnsOf(style);
  const line = new Line().add(record.name);
  if (style.ttl) line.indent(columns.ttl).add(String(record.ttl));
  if (style.class) line.indent(columns.class).add(record.class);
  const head = line.indent(columns.type).add(record.type).indent(columns.data).toString();
  return head + (style.multiline && record.type === 'SOA' ? soaLines(record.data) : record.data);
}

const SOA_PARTS = ['serial', 'refresh', 'retry', 'expire', 'minimum'] as const;

function soaLines(data: string): string {
  const [mname, rname, ...numbers] = data.split(' ');
  const margin = '\t\t\t\t';
  const lines = SOA_PARTS.map((part, index) => {
    const number = numbers[index] ?? '';
    const inWords = part === 'serial' ? '' : ` (${durationInWords(Number(number))})`;
    return `${margin}${number.padEnd(10)} ; ${part}${inWords}`;
  });
  return [`${mname} ${rname} (`, ...lines, `${margin})`].join('\n');
}

const UNITS: readonly (readonly [string, number])[] = [
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** `2 hours 5 minutes` */
function durationInWords(seconds: number): string {
  let left = seconds;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const amount = Math.floor(left / size);
    left -= amount * size;
    if (amount > 0) parts.push(`${amount} ${unit}${amount === 1 ? '' : 's'}`);
  }
  return parts.length === 0 ? '0 seconds' : parts.join(' ');
}
