import { loadConversions, type Conversions, type KindDefinition } from '../api/index.ts';

const conversions = await loadConversions();

/** `object`, as it is stored, in `version`; the same object where nothing has to change. */
export const toVersion: Conversions['toVersion'] = conversions.toVersion;

/** `object`, as a client sent it in `version`, as it is stored. */
export const toStored: Conversions['toStored'] = conversions.toStored;

/** Kinds that are another one seen through a second group: stored as that, and served under their own names. */
const ALIASES: Readonly<Record<string, string>> = { 'Event.events.k8s.io': 'Event' };

/** `definition` with the name that the store has its objects under. */
export function storedDefinition(definition: KindDefinition): KindDefinition {
  const name = ALIASES[definition.name];
  return name === undefined ? definition : { ...definition, name };
}

/** A field selector in the words of the version that is stored. @see kubernetes `pkg/apis/events/v1/conversion.go` */
export function storedFieldSelector(selector: string, { group }: KindDefinition): string {
  if (group !== 'events.k8s.io') return selector;
  return selector
    .replaceAll(/(^|,)regarding\./g, '$1involvedObject.')
    .replaceAll(/(^|,)reportingController(?=!?=)/g, '$1reportingComponent');
}
