import type { Job, Pod, PodFailurePolicyRule } from '../../api/index.ts';

/** What a Pod's failure means for its Job. */
export interface FailureMeaning {
  readonly action: 'Count' | 'Ignore' | 'FailIndex' | 'FailJob';
  /** Why the Job fails. */
  readonly message?: string;
}

const COUNTED: FailureMeaning = { action: 'Count' };

/**
 * What the first rule that fits says of a failed Pod; without one the failure counts.
 *
 * @see kubernetes pkg/controller/job/pod_failure_policy.go `matchPodFailurePolicy`
 */
export function failureMeaning({ spec }: Job, pod: Pod): FailureMeaning {
  const rules = spec?.podFailurePolicy?.rules ?? [];
  const { namespace = '', name } = pod.metadata;
  for (const [index, rule] of rules.entries()) {
    const fact = factFor(rule, pod);
    if (fact === undefined) continue;
    const { action } = rule;
    if (action === 'Ignore') return { action };
    if (action === 'FailIndex' && spec?.backoffLimitPerIndex !== undefined) return { action };
    if (action !== 'FailJob') return COUNTED;
    const message = `${fact(`${namespace}/${name}`)} matching ${action} rule at index ${index}`;
    return { action, message };
  }
  return COUNTED;
}

/** How the rule fits, as a sentence about the Pod; undefined when it does not. */
function factFor(rule: PodFailurePolicyRule, pod: Pod): ((who: string) => string) | undefined {
  return rule.onExitCodes === undefined
    ? conditionFact(rule, pod)
    : exitFact(rule.onExitCodes, pod);
}

function exitFact(
  { containerName, operator, values }: NonNullable<PodFailurePolicyRule['onExitCodes']>,
  { status = {} }: Pod,
): ReturnType<typeof factFor> {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const found = all.find(({ name, state }) => {
    const code = state?.terminated?.exitCode ?? 0;
    const isMeant = containerName === undefined || containerName === name;
    return code !== 0 && isMeant && values.includes(code) === (operator === 'In');
  });
  if (found === undefined) return undefined;
  const { name, state } = found;
  return (who) =>
    `Container ${name} for pod ${who} failed with exit code ${state?.terminated?.exitCode}`;
}

function conditionFact(
  { onPodConditions = [] }: PodFailurePolicyRule,
  { status }: Pod,
): ReturnType<typeof factFor> {
  const pattern = onPodConditions.find(({ type, status: wanted = 'True' }) =>
    (status?.conditions ?? []).some((known) => known.type === type && known.status === wanted),
  );
  return pattern && ((who) => `Pod ${who} has condition ${pattern.type}`);
}
