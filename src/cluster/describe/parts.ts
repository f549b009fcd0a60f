import { humanDuration, type Event, type KubeObject, type StoreReader } from '../../api/index.ts';

/** A line of `describe`: a name and what stands beside it; several values stand below each other. */
export type Row = readonly [name: string, ...values: readonly (string | number)[]];

/** A table below its own head, indented. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

export type Part = Row | Section;

/** What the API tells of a condition. */
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const NAME_WIDTH = 22;

/** A line that is left out where there is no value. */
export function row(name: string, value: string | number | undefined): readonly Row[] {
  return value === undefined || value === '' ? [] : [[name, value]];
}

/** `key=value` of a map. */
export function pairs(map: Readonly<Record<string, string>> | undefined): string[] {
  return Object.entries(map ?? {}).map(([key, value]) => `${key}=${value}`);
}

/** The conditions of an object's status. */
export function conditionsSection(list: readonly Condition[] = []): Section {
  return {
    title: 'Conditions',
    lines: list.map(({ type, status, reason = '', message = '' }) =>
      `${type.padEnd(26)} ${status.padEnd(6)} ${reason.padEnd(24)} ${message}`.trimEnd(),
    ),
  };
}

/** What was recorded about an object. @param now Milliseconds since 1970. */
export function eventsSection(
  { metadata, kind }: KubeObject,
  reader: StoreReader,
  now: number,
): Section {
  const { namespace, name, uid } = metadata;
  const about = reader
    .list('Event', namespace === undefined ? {} : { namespace })
    .filter(
      ({ involvedObject: on }) =>
        on.kind === kind && on.name === name && (on.uid === undefined || on.uid === uid),
    );
  return { title: 'Events', lines: about.map((event) => eventLine(event, now)) };
}

function eventLine(event: Event, now: number): string {
  const at = event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
  const age = at === undefined ? '<unknown>' : humanDuration(now - Date.parse(at));
  const from = event.source?.component ?? event.reportingComponent ?? '';
  const { type = '', reason = '', message = '' } = event;
  return `${type.padEnd(8)} ${reason.padEnd(24)} ${age.padEnd(6)} ${from.padEnd(26)} ${message}`;
}

/** A part as text. */
export function renderPart(part: Part): string {
  if ('title' in part) {
    return part.lines.length === 0
      ? `${part.title}:`.padEnd(NAME_WIDTH) + '  <none>'
      : `${part.title}:\n${part.lines.map((line) => `  ${line}`).join('\n')}`;
  }
  const [name, ...values] = part;
  const shown = values.length === 0 ? ['<none>'] : values.map(String);
  return shown
    .map((value, index) =>
      `${(index === 0 ? `${name}:` : '').padEnd(NAME_WIDTH)}  ${value}`.trimEnd(),
    )
    .join('\n');
}
