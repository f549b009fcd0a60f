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

/** Gives `x-kubernetes-validations` a meaning from now on. */
export function provideRuleEvaluator(evaluate: EvaluateRules): void {
  evaluator = evaluate;
}

/** What the rules say; nothing as long as nobody can read them. */
export function evaluateRules(question: RuleQuestion): readonly FieldError[] {
  return evaluator?.(question) ?? [];
}
