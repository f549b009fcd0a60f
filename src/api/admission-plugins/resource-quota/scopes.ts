import type { ScopedResourceSelectorRequirement } from '../../types.ts';
import type { ResourceQuota } from './kind.ts';

/** Everything that an object must be for the quota to count it. */
export function requirementsOf({
  spec = {},
}: ResourceQuota): readonly ScopedResourceSelectorRequirement[] {
  const { scopes = [], scopeSelector } = spec;
  return [
    ...scopes.map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ];
}

/** Whether one of an object's names is what the scope means; without any it is as with an absent label. */
export function matchesRequirement(
  { operator = '', values = [] }: ScopedResourceSelectorRequirement,
  names: readonly string[],
): boolean {
  switch (operator) {
    case 'Exists':
      return names.length > 0;
    case 'DoesNotExist':
      return names.length === 0;
    case 'In':
      return names.some((name) => values.includes(name));
    case 'NotIn':
      return names.length === 0 || names.some((name) => !values.includes(name));
    default:
      return false;
  }
}
