import type { ObjectPredicate } from './event-log.ts';
import type { KindName } from './object.ts';
import type { KindRegistry } from './registry.ts';
import { matchesLabels, parseFieldSelector, parseLabelSelector } from './selectors.ts';
import type { ListOptions } from './store.ts';

/** What a selection without any condition asks for. */
const EVERYTHING: ObjectPredicate = () => true;

/** Which objects of `kind` the options select. @throws ApiError BadRequest for a selector that cannot be read. */
export function predicateOf(
  kind: KindName,
  { namespace, matchLabels, labelSelector = '', fieldSelector = '' }: ListOptions,
  kinds: KindRegistry,
): ObjectPredicate {
  const checks: ObjectPredicate[] = [];
  if (namespace !== undefined)
    checks.push(({ metadata }) => (metadata.namespace ?? '') === namespace);
  if (matchLabels !== undefined)
    checks.push(({ metadata }) => matchesLabels(matchLabels, metadata.labels));
  if (labelSelector !== '') {
    const matches = parseLabelSelector(labelSelector);
    checks.push(({ metadata }) => matches(metadata.labels));
  }
  if (fieldSelector !== '') checks.push(parseFieldSelector(fieldSelector, kinds.byName(kind)));
  if (checks.length === 0) return EVERYTHING;
  return (object) => checks.every((check) => check(object));
}

/** The one name that a field selector asks for; undefined where it leaves more than one. */
export function nameIn(fieldSelector = ''): string | undefined {
  return /(?:^|,)metadata\.name==?([a-z0-9.-]+)(?:,|$)/.exec(fieldSelector)?.[1];
}
