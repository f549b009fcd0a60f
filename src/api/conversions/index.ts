/** What the versions of a kind differ in. */
import type { KindDefinition } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { fromEventsGroup, toEventsGroup } from './event.ts';
import { fromV1, toV1 } from './horizontal-pod-autoscaler.ts';

/** Rewrites an object of one version of its kind into another; both ways are needed for each pair. */
interface Conversion {
  readonly kind: string;
  /** apiVersion that is not the stored one. */
  readonly to: string;
  /** From the stored version. */
  read(object: KubeObject): KubeObject;
  /** Into the stored version. */
  write(object: KubeObject): KubeObject;
}

/** Versions that differ in more than their name. */
const CONVERSIONS: readonly Conversion[] = [
  { kind: 'Event', to: 'events.k8s.io/v1', read: toEventsGroup, write: fromEventsGroup },
  {
    kind: 'HorizontalPodAutoscaler.autoscaling',
    to: 'autoscaling/v1',
    read: toV1,
    write: fromV1,
  },
];

/** `object`, as it is stored, in `version`; the same object where nothing has to change. */
export function toVersion(
  object: KubeObject,
  definition: KindDefinition,
  version: string,
): KubeObject {
  const apiVersion = versionName(definition.group, version);
  if (object.apiVersion === apiVersion) return object;
  return { ...(conversionOf(definition, apiVersion)?.read(object) ?? object), apiVersion };
}

/** `object`, as a client sent it in `version`, as it is stored. */
export function toStored(
  object: KubeObject,
  definition: KindDefinition,
  version: string,
): KubeObject {
  const conversion = conversionOf(definition, versionName(definition.group, version));
  // Events are stored in the core group.
  const apiVersion =
    definition.name === 'Event' ? 'v1' : versionName(definition.group, definition.version);
  if (object.apiVersion === apiVersion) return object;
  return { ...(conversion?.write(object) ?? object), apiVersion };
}

function conversionOf({ name }: KindDefinition, to: string): Conversion | undefined {
  return CONVERSIONS.find((conversion) => conversion.kind === name && conversion.to === to);
}

function versionName(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
