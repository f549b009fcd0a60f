import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../api/index.ts';

/**
 * Whether a Pod's nodeSelector and required node affinity let it onto a Node.
 *
 * @see component-helpers `GetRequiredNodeAffinity`
 */
export function matchesRequiredAffinity(spec: PodSpec, node: Node): boolean {
  const { labels = {} } = node.metadata;
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {}))
    if (labels[key] !== value) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node))
  );
}

/** Whether a Node has everything that one term asks for; a term that asks for nothing matches no Node. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const { labels = {}, name } = node.metadata;
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, labels)) &&
    matchFields.every((requirement) => matchesRequirement(requirement, { 'metadata.name': name }))
  );
}

function matchesRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return compare(value, values, (own, bound) => own > bound);
    case 'Lt':
      return compare(value, values, (own, bound) => own < bound);
    default:
      return false;
  }
}

/** Gt and Lt compare whole numbers; anything else does not match. */
function compare(
  value: string | undefined,
  [bound = '', ...more]: readonly string[],
  holds: (own: bigint, bound: bigint) => boolean,
): boolean {
  const isInteger = (text: string): boolean => /^[-+]?\d+$/.test(text);
  if (value === undefined || more.length > 0 || !isInteger(value) || !isInteger(bound))
    return false;
  return holds(toInteger(value), toInteger(bound));
}

function toInteger(text: string): bigint {
  return BigInt(text.replace(/^\+/, ''));
}
