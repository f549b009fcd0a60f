import type { KindDefinition } from './kind.ts';
import type { KubeObject } from './object.ts';

/** What a client is told about an object that is taken. @param old before an update; undefined for a new object */
export type Warn = (object: KubeObject, old: KubeObject | undefined) => readonly string[];

/** Only clients are told, and none was there when the process started. */
let known: Readonly<Record<string, Warn>> | undefined;

/** Loads the texts. Whoever writes for a client awaits it first: writes do not wait. */
export function loadWarnings(): Promise<void> | undefined {
  return known === undefined ? load() : undefined;
}

async function load(): Promise<void> {
  known = (await import('./warnings/index.ts')).WARNINGS;
}

/** In the order in which the API server tells them. */
export function warningsOf(
  { name }: KindDefinition,
  object: KubeObject,
  old: KubeObject | undefined,
): readonly string[] {
  return known?.[name]?.(object, old) ?? [];
}
