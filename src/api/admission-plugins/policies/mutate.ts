import type { RuledWrite } from '../../admission-rules.ts';
import { toStored } from '../../conversions/index.ts';
import { deepEqual } from '../../deep-equal.ts';
import { ApiError } from '../../errors.ts';
import type { KubeObject } from '../../object.ts';
import { schemaOfKind, type OpenApiSchema } from '../../openapi-schemas.ts';
import { isJsonObject, type JsonObject } from '../../patch/index.ts';
import { jsonPatch, JsonPatchTestFailed } from '../../patch/json-patch.ts';
import type { MutatingAdmissionPolicySpec, Mutation } from '../../types.ts';
import { forbidden } from '../forbidden.ts';
import { beforeNaming, shown } from './admission-request.ts';
import { atomicFields } from './atomic-fields.ts';
import { boundPolicies, misconfiguration, type Binding, type Bound } from './bound-policies.ts';
import { evaluateEach, type EvaluateEach } from './evaluate-policy.ts';
import { mergeApplied } from './merge-applied.ts';
import { toJson } from './to-json.ts';

type BoundMutation = Bound<MutatingAdmissionPolicySpec>;
type Invocation = Extract<BoundMutation, { kind: 'invoked' }>;

/** Why a policy could not be carried out. */
interface Failure {
  readonly policy: BoundMutation['policy'];
  readonly binding: Binding | undefined;
  readonly message: string;
  /** '' where it is misconfigured. */
  readonly reason: string;
}

/**
 * The object as the mutating policies want it, one after another; those that ask for it are asked once more where
 * something has changed.
 *
 * @throws ApiError where one cannot be carried out and must be. @see apiserver `admission/plugin/policy/mutating`
 */
export function mutateByPolicies(write: RuledWrite, given: KubeObject): KubeObject {
  const bound = boundPolicies<MutatingAdmissionPolicySpec>(
    'Mutating',
    beforeNaming({ ...write, object: given }),
  );
  const failures: Failure[] = [];
  const invocations = bound.flatMap((one) => {
    if (one.kind === 'invoked') return [one];
    const { policy, binding, why } = one;
    failures.push({ policy, binding, message: misconfiguration(binding, why), reason: '' });
    return [];
  });
  const again = invocations.filter(({ policy }) => policy.spec?.reinvocationPolicy === 'IfNeeded');
  const object = mutateAll(invocations, { write, given, failures });
  const last =
    object === given || again.length === 0
      ? object
      : mutateAll(again, { write, given: object, failures });
  refuseFailures(failures, { ...write, object: last });
  return last;
}

interface Run {
  readonly write: RuledWrite;
  readonly given: KubeObject;
  readonly failures: Failure[];
}

function mutateAll(
  invocations: readonly Invocation[],
  { write, given, failures }: Run,
): KubeObject {
  let object = given;
  for (const invocation of invocations) {
    const { policy, binding, version, params } = invocation;
    const fail = (message: string): void => {
      if (!failures.some((failure) => failure.binding === binding && failure.message === message))
        failures.push({ policy, binding, message, reason: 'Invalid' });
    };
    for (const mutation of policy.spec?.mutations ?? []) {
      const current = beforeNaming({ ...write, object });
      const outcome = evaluateEach(policy.spec ?? {}, { write: current, version, params }, (each) =>
        mutateOnce(mutation, each, { write: current, version }),
      );
      if (typeof outcome === 'string') fail(outcome);
      else if (outcome !== undefined) object = outcome;
    }
  }
  return object;
}

/** The object as one mutation leaves it; the text of what is wrong where it cannot be carried out. */
function mutateOnce(
  mutation: Mutation,
  each: EvaluateEach,
  { write, version }: { readonly write: RuledWrite; readonly version: string },
): KubeObject | string {
  const { object } = write;
  if (object === undefined) return 'there is no object';
  const isPatch = mutation.patchType === 'JSONPatch';
  const { expression = '' } = (isPatch ? mutation.jsonPatch : mutation.applyConfiguration) ?? {};
  const result = each(expression);
  if ('error' in result) return result.error;
  const value = toJson(result.value);
  const json = shown(object, write, version) ?? {};
  const changed = isPatch ? patchWith(json, value) : applyTo(json, value, write);
  if (typeof changed === 'string') return changed;
  if (deepEqual(changed, json)) return object;
  if (changed['apiVersion'] !== json['apiVersion'])
    return `the object is of version ${JSON.stringify(json['apiVersion'])}, and is to be of ${JSON.stringify(changed['apiVersion'])}`;
  // What a policy leaves is read as an object of the kind, in the version that is stored.
  return withDefaults(toStored(changed as KubeObject, write.definition, version), write);
}

function withDefaults(object: KubeObject, { definition, old }: RuledWrite): KubeObject {
  // Rows take and give objects of their own kind.
  return (definition.defaults?.(object, { old }) as KubeObject | undefined) ?? object;
}

function patchWith(json: JsonObject, operations: unknown): JsonObject | string {
  if (!Array.isArray(operations))
    return 'type mismatch: JSONPatchType.expression should evaluate to array';
  try {
    const patched: unknown = jsonPatch(json, operations);
    return isJsonObject(patched) ? patched : 'JSON Patch: it does not leave an object';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // A test that fails is a wish that nothing be done.
    return error instanceof JsonPatchTestFailed ? json : `JSON Patch: ${error.message}`;
  }
}

function applyTo(
  json: JsonObject,
  applied: unknown,
  { definition }: RuledWrite,
): JsonObject | string {
  if (!isJsonObject(applied)) return `invalid return type: ${typeof applied}`;
  const apiVersion = typeof json['apiVersion'] === 'string' ? json['apiVersion'] : '';
  const version = apiVersion.replace(/^.*\//, '');
  const schema =
    definition.origin === 'builtin'
      ? schemaOfKind(apiVersion, definition.kind)
      : (definition.schemas?.[version] as OpenApiSchema | undefined); // as the definition of definitions has it
  const atomic = atomicFields(applied, schema);
  if (atomic.length > 0)
    return `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`;
  return mergeApplied(json, applied, schema);
}

/** @throws ApiError Forbidden that names every policy that failed and must not. */
function refuseFailures(failures: readonly Failure[], write: RuledWrite): void {
  const counted = failures.filter(({ policy }) => policy.spec?.failurePolicy !== 'Ignore');
  const [first] = counted;
  if (first === undefined) return;
  const { details } = forbidden(write, '');
  throw new ApiError('Forbidden', textOf(first), {
    given: { code: 403, reason: first.reason === '' ? 'Forbidden' : first.reason },
    ...(details && { details }),
    otherCauses: counted.map((failure) => ({ reason: '', message: textOf(failure) })),
  });
}

function textOf({ policy, binding, message }: Failure): string {
  const { name } = policy.metadata;
  return binding === undefined
    ? `policy ${JSON.stringify(name)} denied request: ${message}`
    : `policy '${name}' with binding '${binding.metadata.name}' denied request: ${message}`;
}
