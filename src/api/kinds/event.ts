import { ageOf } from '../human-duration.ts';
import { defineKind, type Column, type FieldReader, type KindRow } from '../kind.ts';
import type { Event, ObjectReference } from '../types.ts';
import { checkPathSegment } from '../names.ts';
import { NAME, text, wide } from './columns.ts';
import { word } from './object-path.ts';
import { invalid } from './validate/field-errors.ts';

const REFERENCE_FIELDS = [
  'kind',
  'namespace',
  'name',
  'uid',
  'apiVersion',
  'resourceVersion',
  'fieldPath',
] as const satisfies readonly (keyof ObjectReference)[];

const REFERENCE_READERS: Readonly<Record<string, FieldReader<Event>>> = Object.fromEntries(
  REFERENCE_FIELDS.map((field) => [
    `involvedObject.${field}`,
    ({ involvedObject }: Event) => involvedObject[field] ?? '',
  ]),
);

/** Something that happened to an object. */
export const EVENT: KindRow<'Event'> = defineKind('Event', {
  // Nobody looks at the metadata of Events, besides what the registry does for all.
  validateName: checkPathSegment,
  defaults: (event) => ({
    ...event,
    reportingComponent: event.reportingComponent ?? '',
    reportingInstance: event.reportingInstance ?? '',
  }),
  validate: ({ metadata, involvedObject }) => {
    // Events of objects without a namespace are kept in `default`.
    const { namespace = '' } = involvedObject;
    const isElsewhere =
      namespace === ''
        ? !['default', 'kube-system', ''].includes(metadata.namespace ?? '')
        : namespace !== metadata.namespace;
    return isElsewhere
      ? [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')]
      : [];
  },
  selectableFields: {
    ...REFERENCE_READERS,
    reason: ({ reason = '' }) => reason,
    reportingComponent: ({ reportingComponent = '' }) => reportingComponent,
    source: ({ source, reportingComponent = '' }) => source?.component ?? reportingComponent,
    type: ({ type = '' }) => type,
  },
  columns: [
    text('Last Seen', lastSeen),
    text('Type', ({ type = '' }) => type),
    text('Reason', ({ reason = '' }) => reason),
    text('Object', objectText),
    wide('Subobject', (event) => word(event, 'involvedObject.fieldPath')),
    wide('Source', sourceText),
    text('Message', ({ message = '' }) => message.trim()),
    wide('First Seen', firstSeen),
    wide('Count', ({ series, count = 0 }) => series?.count ?? (count === 0 ? 1 : count)),
    { ...NAME, priority: 1 },
  ],
});

/** The same objects by their other name, which are stored as those of the core group. */
export const EVENT_OF_ITS_GROUP: KindRow = defineKind<string>('Event.events.k8s.io', {
  // What is printed is what is stored.
  columns: (EVENT.columns ?? []) as unknown as readonly Column[],
});

function firstSeen({ firstTimestamp, eventTime }: Event, now: number): string {
  return ageOf(firstTimestamp ?? eventTime, now);
}

function lastSeen(event: Event, now: number): string {
  const last = event.series?.lastObservedTime ?? event.lastTimestamp;
  return last === undefined ? firstSeen(event, now) : ageOf(last, now);
}

function objectText(event: Event): string {
  const kind = word(event, 'involvedObject.kind');
  const name = word(event, 'involvedObject.name');
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceText({ source, reportingComponent = '', reportingInstance = '' }: Event): string {
  const given = [source?.component ?? '', source?.host ?? ''].filter((part) => part !== '');
  const reported = [reportingComponent, reportingInstance].filter((part) => part !== '');
  return (given.length > 0 ? given : reported).join(', ');
}
