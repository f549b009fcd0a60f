import { ageOf } from '../human-duration.ts';
import type { Column } from '../kind.ts';
import type { LabelSelector, LabelSelectorRequirement, ObjectMeta } from '../types.ts';

interface WithMeta {
  readonly metadata: ObjectMeta;
}

/** What kubectl prints where there is nothing. */
export const NONE = '<none>';

/** The object's name; kubectl's `-o name` finds it by its format. */
export const NAME: Column<WithMeta> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  value: ({ metadata }) => metadata.name,
};

/** Time since the object was made. */
export const AGE: Column<WithMeta> = {
  name: 'Age',
  type: 'string',
  priority: 0,
  value: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
};

/** When the object was made. */
export const CREATED_AT: Column<WithMeta> = {
  name: 'Created At',
  type: 'date',
  priority: 0,
  value: ({ metadata }) => metadata.creationTimestamp ?? '',
};

/** A column of text that is always shown. */
export function text<T>(name: string, value: Column<T>['value']): Column<T> {
  return { name, type: 'string', priority: 0, value };
}

/** A column of text that only `-o wide` shows. */
export function wide<T>(name: string, value: Column<T>['value']): Column<T> {
  return { name, type: 'string', priority: 1, value };
}

/** A column of whole numbers that is always shown. */
export function integer<T>(name: string, value: Column<T>['value']): Column<T> {
  return { name, type: 'integer', priority: 0, value };
}

/** `a=b,c=d` in order of keys, `<none>` for no labels. */
export function showLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? NONE : pairs.map(([key, value]) => `${key}=${value}`).join(',');
}

/** `a=b,x in (1,2),!y`; `<none>` for a selector that selects all. */
export function showSelector(selector: LabelSelector | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(
    ([key, value]) => [key, `${key}=${value}`] as const,
  );
  const expressions = (selector?.matchExpressions ?? []).map(
    (requirement) => [requirement.key, showRequirement(requirement)] as const,
  );
  const shown = [...labels, ...expressions].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return shown.length === 0 ? NONE : shown.map(([, words]) => words).join(',');
}

/** The addresses and names of a load balancer, each once, in order. */
export function showIngress(
  ingress: readonly { readonly ip?: string; readonly hostname?: string }[] = [],
): readonly string[] {
  const shown = ingress.map(({ ip = '', hostname = '' }) => (ip === '' ? hostname : ip));
  return [...new Set(shown.filter((address) => address !== ''))].toSorted();
}

/** The first `max` of `items`, and how many more there are. */
export function showSome(items: readonly string[], max: number): string {
  const shown = items.slice(0, max).join(',');
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown;
}

function showRequirement({ key, operator, values = [] }: LabelSelectorRequirement): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${values.toSorted().join(',')})`;
}
