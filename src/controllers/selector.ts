import { compileLabelSelector, type LabelSelector } from '../api/index.ts';

/** Whether `selector` picks an object with these labels; an empty selector picks everything. */
export function selects(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return compileLabelSelector(selector)(labels);
}

/** Whether a selector picks nothing in particular, hence everything. */
export function isEmptySelector({ matchLabels, matchExpressions }: LabelSelector): boolean {
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
}

/** `selector` as lists take it: what they find by an index, and the rest as kubectl's `-l` writes it. */
export function listOptionsOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly labelSelector?: string;
} {
  if (matchExpressions.length === 0) return { matchLabels };
  const terms = matchExpressions.map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
        return `${key} in (${values.join(',')})`;
      case 'NotIn':
        return `${key} notin (${values.join(',')})`;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return key;
    }
  });
  return { matchLabels, labelSelector: terms.join(',') };
}
