import type { RuledWrite } from '../../admission-rules.ts';
import { ApiError, STATUS_CODE, type StatusReason } from '../../errors.ts';
import type { ValidatingAdmissionPolicySpec } from '../../types.ts';
import { forbidden } from '../forbidden.ts';
import {
  boundPolicies,
  misconfiguration,
  type Binding,
  type Bound,
  type Policy,
} from './bound-policies.ts';
import { evaluatePolicy, type Denial } from './evaluate-policy.ts';

/** A policy that says no, as it is told. */
interface Refusal extends Denial {
  readonly policy: Policy<ValidatingAdmissionPolicySpec>;
  readonly binding: Binding | undefined;
}

/** @throws ApiError of the reason that the first policy gives. @see apiserver `admission/plugin/policy/validating` */
export function validateByPolicies(write: RuledWrite): void {
  const warnings: string[] = [];
  const refusals = boundPolicies<ValidatingAdmissionPolicySpec>('Validating', write).flatMap(
    (bound) => refusalsOf(bound, { write, warnings }),
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

function refusalsOf(
  bound: Bound<ValidatingAdmissionPolicySpec>,
  judged: Judged,
): readonly Refusal[] {
  const { policy, binding } = bound;
  if (bound.kind === 'misconfigured') {
    if (policy.spec?.failurePolicy === 'Ignore') return [];
    return [{ policy, binding, message: misconfiguration(binding, bound.why), reason: 'Invalid' }];
  }
  const { write } = judged;
  const { version, params } = bound;
  return evaluatePolicy(policy.spec ?? {}, { write, version, params }).flatMap((denial) =>
    act(denial, bound, judged),
  );
}

/** What the binding does about it. Nobody keeps an audit log here. */
function act(
  denial: Denial,
  { policy, binding }: Extract<Bound<ValidatingAdmissionPolicySpec>, { kind: 'invoked' }>,
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
