import type { RuledWrite } from '../../admission-rules.ts';
import type { KubeObject } from '../../object.ts';
import type {
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
} from '../../types.ts';
import { matchResources } from './match.ts';
import { collectParams, paramKindProblem } from './params.ts';

const GROUP = 'admissionregistration.k8s.io';

/** What policies of both types say of themselves. */
export type PolicySpec = Pick<
  ValidatingAdmissionPolicySpec,
  'failurePolicy' | 'matchConditions' | 'matchConstraints' | 'paramKind' | 'variables'
>;

/** A policy of either type. */
export interface Policy<S extends PolicySpec> extends KubeObject {
  readonly spec?: S;
}

/** Where a policy holds, and what is done then. */
export interface Binding extends KubeObject {
  readonly spec?: ValidatingAdmissionPolicyBindingSpec;
}

/** A policy that the request is to be judged by, or why it cannot be. */
export type Bound<S extends PolicySpec> = { readonly policy: Policy<S> } & (
  | { readonly kind: 'misconfigured'; readonly binding: Binding | undefined; readonly why: string }
  | {
      readonly kind: 'invoked';
      readonly binding: Binding;
      /** That the objects are shown in. */
      readonly version: string;
      readonly params: KubeObject | undefined;
    }
);

/** Policies of a type that mean the request, by name, each once for every binding and its parameters. */
export function boundPolicies<S extends PolicySpec>(
  type: 'Mutating' | 'Validating',
  write: RuledWrite,
): readonly Bound<S>[] {
  if (isPolicy(write)) return [];
  const { store } = write;
  const bindings: readonly Binding[] = store.list<string>(`${type}AdmissionPolicyBinding.${GROUP}`);
  if (bindings.length === 0) return [];
  const policies: readonly Policy<S>[] = store.list<string>(`${type}AdmissionPolicy.${GROUP}`);
  return policies.flatMap((policy) => {
    const own = bindings.filter(({ spec }) => spec?.policyName === policy.metadata.name);
    return own.length === 0 ? [] : boundOf(policy, own, write);
  });
}

/** Who made a policy that refuses everything must be able to take it away. */
function isPolicy({ definition: { group, kind } }: RuledWrite): boolean {
  return group === GROUP && /^(?:Valid|Mut)atingAdmissionPolicy(?:Binding)?$/.test(kind);
}

function boundOf<S extends PolicySpec>(
  policy: Policy<S>,
  bindings: readonly Binding[],
  write: RuledWrite,
): readonly Bound<S>[] {
  const { matchConstraints = {}, paramKind }: PolicySpec = policy.spec ?? {};
  const version = matchResources(matchConstraints, write);
  if (version === undefined) return [];
  const problem = paramKindProblem(paramKind, write);
  if (problem !== undefined)
    return [{ kind: 'misconfigured', policy, binding: undefined, why: problem }];
  return bindings.flatMap((binding): readonly Bound<S>[] => {
    const { matchResources: match, paramRef } = binding.spec ?? {};
    if (match !== undefined && matchResources(match, write) === undefined) return [];
    const found = collectParams(paramKind, paramRef, write);
    if (typeof found === 'string') return [{ kind: 'misconfigured', policy, binding, why: found }];
    return found.map((params) => ({ kind: 'invoked', policy, binding, version, params }));
  });
}

/** `failed to configure binding: why`. */
export function misconfiguration(binding: Binding | undefined, why: string): string {
  return `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${why}`;
}
