import type { KubeObject } from '../object.ts';

/** Fields that events.k8s.io calls by another name than the core group, where they are stored. */
const RENAMED: readonly (readonly [core: string, events: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

/** Fields that events.k8s.io leaves out where they are empty. */
const LEFT_OUT = new Set(['reportingController', 'reportingInstance']);

/** A stored Event as events.k8s.io/v1 has it. */
export function toEventsGroup(event: KubeObject): KubeObject {
  return renamed(event, new Map(RENAMED), LEFT_OUT);
}

/** An Event of events.k8s.io/v1 as it is stored. */
export function fromEventsGroup(event: KubeObject): KubeObject {
  const names = new Map(RENAMED.map(([core, events]) => [events, core]));
  return renamed(event, names, new Set());
}

function renamed(
  event: KubeObject,
  names: ReadonlyMap<string, string>,
  leftOut: ReadonlySet<string>,
): KubeObject {
  const entries = Object.entries(event)
    .map(([key, value]): [string, unknown] => [names.get(key) ?? key, value])
    .filter(([key, value]) => !(leftOut.has(key) && value === ''));
  // The same object under other names.
  return Object.fromEntries(entries) as KubeObject;
}
