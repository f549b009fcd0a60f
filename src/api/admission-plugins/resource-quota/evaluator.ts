import type { KindDefinition } from '../../kind.ts';
import type { KubeObject } from '../../object.ts';
import type { RuledWrite } from '../../admission-rules.ts';
import type { ScopedResourceSelectorRequirement } from '../../types.ts';
import { countOf, type Amounts } from '../amounts.ts';
import { CLAIMS } from './claims.ts';
import { PODS } from './pods.ts';
import { SERVICES } from './services.ts';

/** How the objects of one kind count against quotas. @see apiserver `quota/v1.Evaluator` */
export interface Evaluator {
  /** Whether the write can change what is used. */
  handles(write: RuledWrite): boolean;
  /** Whether a quota's amount of this name counts such objects. */
  counts(name: string): boolean;
  /** Whether the object is one that the scope means. */
  isInScope(requirement: ScopedResourceSelectorRequirement, object: KubeObject): boolean;
  /** What the object leaves out though quotas count it; '' where there is nothing. */
  missing(names: readonly string[], object: KubeObject): string;
  /** What the object takes. @param now milliseconds since 1970 */
  usage(object: KubeObject, now: number): Amounts;
}

const SPECIAL: Readonly<Record<string, Evaluator>> = {
  Pod: PODS,
  Service: SERVICES,
  PersistentVolumeClaim: CLAIMS,
};
/** Kinds whose plain plural has always been counted. */
const PLAIN: ReadonlySet<string> = new Set([
  'configmaps',
  'resourcequotas',
  'replicationcontrollers',
  'secrets',
]);

/** How objects of this kind count; undefined for those that never do. */
export function evaluatorOf(definition: KindDefinition): Evaluator | undefined {
  const { name, plural, group, kind } = definition;
  // Events are not worth a quota.
  if (kind === 'Event' || !definition.isNamespaced) return undefined;
  return SPECIAL[name] ?? countingEvaluator(plural, group);
}

/** Counts objects. */
function countingEvaluator(plural: string, group: string): Evaluator {
  const names = [group === '' ? `count/${plural}` : `count/${plural}.${group}`];
  if (group === '' && PLAIN.has(plural)) names.push(plural);
  const used: Amounts = new Map(names.map((name) => [name, countOf(1)]));
  return {
    handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
    counts: (name) => names.includes(name),
    isInScope: () => false,
    missing: () => '',
    usage: () => used,
  };
}
