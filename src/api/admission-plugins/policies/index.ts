/** ValidatingAdmissionPolicies. Loaded with the first of them: their language is slow to load. */
import type { PolicyPlugin, RuledWrite } from '../../admission-rules.ts';
import { ApiError, STATUS_CODE, type StatusReason } from '../../errors.ts';
import type { KubeObject } from '../../object.ts';
import { forbidden } from '../forbidden.ts';
import { evaluatePolicy, type Denial, type PolicyRules } from './evaluate-policy.ts';
import { matchResources, type MatchResources } from './match.ts';
import { collectParams, paramKindProblem, type ParamKind, type ParamRef } from './params.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICY = `ValidatingAdmissionPolicy.${GROUP}`;
const BINDING = `ValidatingAdmissionPolicyBinding.${GROUP}`;

interface Policy extends KubeObject {
  readonly spec?: PolicyRules & {
    readonly matchConstraints?: MatchResources;
    readonly paramKind?: ParamKind;
  };
}

interface Binding extends KubeObject {
  readonly spec?: {
    readonly policyName?: string;
    readonly matchResources?: MatchResources;
    readonly paramRef?: ParamRef;
    readonly validationActions?: readonly string[];
  };
}

/** Refuses what policies refuse. */
export const POLICIES: PolicyPlugin = { validate };

/** A policy that says no, as it is told. */
interface Refusal extends Denial {
  readonly policy: Policy;
  readonly binding: Binding | undefined;
}

/** @throws ApiError of the reason that the first policy gives. @see apiserver `admission/plugin/policy/validating` */
function validate(write: RuledWrite): void {
  if (isPolicy(write)) return;
  const bindings = write.store.list<string>(BINDING) as readonly Binding[];
  const warnings: string[] = [];
  const refusals = [...policiesOf(bindings, write)].flatMap(([policy, own]) =>
    refusalsOf(policy, own, { write, warnings }),
  );
  const [first] = refusals;
  if (first !== undefined) throw refuse(first, { write, warnings });
  for (const text of new Set(warnings)) write.request?.warn(text);
}

/** A request that is judged, and what its client is told whatever comes of it. */
interface Judged {
  readonly write: RuledWrite;
  readonly warnings: string[];
}

/** Who made a policy that refuses everything must be able to take it away. */
function isPolicy({ definition: { group, kind } }: RuledWrite): boolean {
  return group === GROUP && /^(?:Valid|Mut)atingAdmissionPolicy(?:Binding)?$/.test(kind);
}

/** The policies that are bound, by name, with their bindings. */
function policiesOf(
  bindings: readonly Binding[],
  { store }: RuledWrite,
): ReadonlyMap<Policy, readonly Binding[]> {
  return new Map(
    store
      .list<string>(POLICY)
      .map((policy): [Policy, readonly Binding[]] => [
        policy,
        bindings.filter(({ spec }) => spec?.policyName === policy.metadata.name),
      ])
      .filter(([, own]) => own.length > 0),
  );
}

function refusalsOf(
  policy: Policy,
  bindings: readonly Binding[],
  judged: Judged,
): readonly Refusal[] {
  const { write } = judged;
  const { matchConstraints = {}, paramKind, failurePolicy } = policy.spec ?? {};
  const version = matchResources(matchConstraints, write);
  if (version === undefined) return [];
  const misconfigured = (what: string, binding?: Binding): readonly Refusal[] =>
    failurePolicy === 'Ignore'
      ? []
      : [
          {
            policy,
            binding,
            message: `failed to configure ${binding === undefined ? 'policy' : 'binding'}: ${what}`,
            reason: 'Invalid',
          },
        ];
  const problem = paramKindProblem(paramKind, write);
  if (problem !== undefined) return misconfigured(problem);
  return bindings.flatMap((binding) => {
    const { matchResources: match, paramRef } = binding.spec ?? {};
    if (match !== undefined && matchResources(match, write) === undefined) return [];
    const params = collectParams(paramKind, paramRef, write);
    if (typeof params === 'string') return misconfigured(params, binding);
    const denials = params.flatMap((one) =>
      evaluatePolicy(policy.spec ?? {}, { write, version, params: one }),
    );
    return denials.flatMap((denial) => act(denial, { policy, binding }, judged));
  });
}

/** What the binding does about it. Nobody keeps an audit log here. */
function act(
  denial: Denial,
  { policy, binding }: { readonly policy: Policy; readonly binding: Binding },
  { warnings }: Judged,
): readonly Refusal[] {
  const actions = binding.spec?.validationActions ?? [];
  if (actions.includes('Warn'))
    warnings.push(
      `Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}': ${denial.message}`,
    );
  return actions.includes('Deny') ? [{ ...denial, policy, binding }] : [];
}

function refuse(
  { policy, binding, message, reason }: Refusal,
  { write, warnings }: Judged,
): ApiError {
  const bound = binding === undefined ? '' : ` with binding '${binding.metadata.name}'`;
  const text = `ValidatingAdmissionPolicy '${policy.metadata.name}'${bound} denied request: ${message}`;
  const { message: whole, details } = forbidden(write, text);
  const known: StatusReason = isReason(reason) ? reason : 'Invalid';
  return new ApiError(known, whole, {
    ...(details && { details }),
    otherCauses: [{ reason: '', message: text }],
    warnings: [...new Set(warnings)],
  });
}

function isReason(reason: string): reason is StatusReason {
  return Object.hasOwn(STATUS_CODE, reason);
}
