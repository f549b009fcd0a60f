import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import type { StructuralSchema } from './schema.ts';

/** An object whose schema's rules are to be looked at. */
export interface RuleQuestion {
  readonly object: KubeObject;
  /** Before the update; undefined for a new object. */
  readonly old: KubeObject | undefined;
  readonly schema: StructuralSchema;
}

/** Every rule of the schema that the object breaks. */
export type EvaluateRules = (question: RuleQuestion) => readonly FieldError[];

/** The language is slow to load and needed by custom resources alone: who brings them brings it. */
let evaluator: EvaluateRules | undefined;

/**
 * Loads the language where one of `objects` is a definition with rules.
 *
 * Whoever writes definitions awaits it first: writes do not wait, and rules that nobody can read would say nothing.
 */
export function loadRuleEvaluator(objects: readonly KubeObject[]): Promise<void> | undefined {
  return evaluator === undefined && objects.some(hasRules) ? load() : undefined;
}

async function load(): Promise<void> {
  const { evaluateObjectRules } = await import('./cel/index.ts');
  evaluator = evaluateObjectRules;
}

/** A definition that every cluster has: its objects bring the language, and not the definition, which most never use. */
const OWN = {
  kind: 'ClusterNetworkPolicy',
  definition: 'clusternetworkpolicies.policy.networking.k8s.io',
};

function hasRules(object: KubeObject): boolean {
  const { kind, metadata } = object;
  if (kind === OWN.kind) return true;
  return (
    kind === 'CustomResourceDefinition' &&
    metadata.name !== OWN.definition &&
    JSON.stringify(object['spec'] ?? {}).includes('"x-kubernetes-validations"')
  );
}

/** What the rules say; nothing as long as nobody can read them. */
export function evaluateRules(question: RuleQuestion): readonly FieldError[] {
  return evaluator?.(question) ?? [];
}
