import type { CelInput } from '@bufbuild/cel';
import type { KubeObject } from '../../object.ts';
import type { JsonObject } from '../../patch/json.ts';
import type {
  MatchCondition,
  ValidatingAdmissionPolicySpec,
  Validation,
  Variable,
} from '../../types.ts';
import type { RuledWrite } from '../../admission-rules.ts';
import { admissionRequest, placeOf, shown } from './admission-request.ts';
import { withAuthorizer } from './authorizer.ts';
import type { PolicySpec } from './bound-policies.ts';
import { asValue, evaluate, type Evaluated, type Variables } from './expressions.ts';

/** Why a policy refuses. */
export interface Denial {
  readonly message: string;
  /** Of the Status. */
  readonly reason: string;
}

/** What the request is judged by. */
export interface PolicyInput {
  readonly write: RuledWrite;
  /** That the objects are shown in. */
  readonly version: string;
  readonly params: KubeObject | undefined;
}

const MAX_MESSAGE_BYTES = 5 * 1024;
const INVALID = 'Invalid';

/** What the policy says against the request; nothing where it has nothing to say. */
export function evaluatePolicy(
  rules: ValidatingAdmissionPolicySpec,
  input: PolicyInput,
): readonly Denial[] {
  const isIgnored = rules.failurePolicy === 'Ignore';
  const failure = (message: string): readonly Denial[] =>
    isIgnored ? [] : [{ message, reason: INVALID }];
  const denials = evaluateEach(rules, input, (each, variables) =>
    (rules.validations ?? []).flatMap((validation) => {
      const result = each(validation.expression ?? '');
      if ('error' in result) return failure(result.error);
      if (result.value === true) return [];
      const { reason = INVALID } = validation;
      return [{ message: messageOf(validation, variables), reason }];
    }),
  );
  return typeof denials === 'string' ? failure(denials) : (denials ?? []);
}

/** Evaluates an expression of a policy, its variables among what it may name. */
export type EvaluateEach = (expression: string) => Evaluated;

/**
 * What `use` makes of a policy's expressions.
 *
 * @returns undefined where the policy's conditions are not met, the text of what is wrong where that cannot be told.
 */
export function evaluateEach<T>(
  rules: PolicySpec,
  input: PolicyInput,
  use: (each: EvaluateEach, variables: Variables) => T,
): T | string | undefined {
  return withAuthorizer(input.write, (authorizer) => {
    const given = variablesOf(input, authorizer);
    const condition = meetsConditions(rules.matchConditions ?? [], given);
    if (typeof condition === 'string') return condition;
    if (!condition) return undefined;
    const { variables, failed } = composeVariables(rules.variables ?? [], given);
    const each: EvaluateEach = (expression) => {
      const result = evaluate(expression, variables);
      return 'error' in result ? { error: causeOf(expression, result.error, failed) } : result;
    };
    return use(each, variables);
  });
}

/** Whether all conditions are met; the text of what is wrong where that cannot be told. */
export function judgeConditions(
  conditions: readonly MatchCondition[],
  input: PolicyInput,
): boolean | string {
  return withAuthorizer(input.write, (authorizer) =>
    meetsConditions(conditions, variablesOf(input, authorizer)),
  );
}

/**
 * Whether all conditions are met; the text of what is wrong where that cannot be told.
 *
 * One that is not met is enough, whatever becomes of the others.
 */
function meetsConditions(
  conditions: readonly MatchCondition[],
  variables: Variables,
): boolean | string {
  const errors: string[] = [];
  for (const { expression = '' } of conditions) {
    const result = evaluate(expression, variables);
    if ('error' in result) errors.push(result.error);
    else if (result.value === false) return false;
  }
  const texts = [...new Set(errors)];
  if (texts.length === 0) return true;
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/** What an expression may name. */
function variablesOf({ write, version, params }: PolicyInput, authorizer: CelInput): Variables {
  const { definition, object, old, store } = write;
  const { namespace } = placeOf(write);
  const home =
    definition.name === 'Namespace' || namespace === ''
      ? undefined
      : store.get('Namespace', undefined, namespace);
  return {
    object: asValue(shown(object, write, version)),
    oldObject: asValue(shown(old, write, version)),
    request: asValue(admissionRequest(write, version)),
    namespaceObject: asValue(home === undefined ? undefined : withoutManagers(home)),
    params: asValue(params),
    authorizer,
  };
}

function withoutManagers({
  metadata,
  ...namespace
}: KubeObject | { readonly metadata: object }): JsonObject {
  const { managedFields: _, ownerReferences: __, ...rest } = metadata as JsonObject;
  return { ...namespace, metadata: rest };
}

interface Composed {
  readonly variables: Variables;
  /** Why a variable has no value, by its name. */
  readonly failed: ReadonlyMap<string, string>;
}

/** Each may name those before it. */
function composeVariables(expressions: readonly Variable[], given: Variables): Composed {
  const values = new Map<string, CelInput>();
  const failed = new Map<string, string>();
  const variables = { ...given, variables: values };
  for (const { name = '', expression = '' } of expressions) {
    const result = evaluate(expression, variables);
    if ('error' in result) failed.set(name, causeOf(expression, result.error, failed));
    else values.set(name, result.value as CelInput); // what an expression comes to can be named by another
  }
  return { variables, failed };
}

/** What lacks a variable fails for what that one failed for. */
function causeOf(expression: string, error: string, failed: ReadonlyMap<string, string>): string {
  for (const [name, why] of failed)
    if (error.endsWith(`no such key: ${name}`) && expression.includes(`variables.${name}`))
      return `expression '${expression}' resulted in error: composited variable "${name}" fails to evaluate: ${why.replace(/^expression .* resulted in error: /s, '')}`;
  return error;
}

function messageOf(
  { expression = '', message = '', messageExpression = '' }: Validation,
  variables: Variables,
): string {
  return (
    toldBy(messageExpression, variables) ||
    message.trim() ||
    `failed expression: ${expression.trim()}`
  );
}

/** One line that is not too long. */
function toldBy(expression: string, variables: Variables): string {
  if (expression === '') return '';
  const result = evaluate(expression, variables);
  if (!('value' in result) || typeof result.value !== 'string') return '';
  const text = result.value.trim();
  return text.includes('\n') || text.length > MAX_MESSAGE_BYTES ? '' : text;
}
