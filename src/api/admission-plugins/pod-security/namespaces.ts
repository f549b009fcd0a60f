import { deepEqual } from '../../deep-equal.ts';
import { invalidObject } from '../../field-errors.ts';
import type { KubeObject } from '../../object.ts';
import type { Pod } from '../../types.ts';
import type { RuledWrite } from '../../admission-rules.ts';
import { evaluatePod, showReasons } from './evaluate.ts';
import { isStricter, policyOf, showLevel, type LevelVersion } from './level.ts';

/** How many Pods are looked at when a level is raised. */
const MAX_PODS = 3000;

/**
 * Looks at the labels of a Namespace; where it enforces more than before its client is told which Pods would not come
 * any more.
 *
 * @throws ApiError Invalid for labels that cannot be read, unless they were so before.
 */
export function checkNamespace(write: RuledWrite, namespace: KubeObject): void {
  const { definition, old, store, request } = write;
  const { name, labels = {} } = namespace.metadata;
  const { policy, errors } = policyOf(labels);
  const before = policyOf(old?.metadata.labels ?? {});
  if (errors.length > 0 && !deepEqual(errors, before.errors))
    throw invalidObject(definition, name, errors);
  if (old === undefined || request === undefined) return;
  if (!isRaised(policy.enforce, before.policy.enforce)) return;
  const pods = store.list('Pod', { namespace: name });
  for (const text of podWarnings(name, policy.enforce, pods)) request.warn(text);
}

function isRaised(level: LevelVersion, old: LevelVersion): boolean {
  if (level.level === 'privileged') return false;
  return level.version !== old.version || isStricter(level, old);
}

function podWarnings(
  namespace: string,
  level: LevelVersion,
  pods: readonly Pod[],
): readonly string[] {
  const byReason = new Map<string, readonly string[]>();
  for (const pod of eachOwnerFirst(pods).slice(0, MAX_PODS)) {
    const reason = showReasons(evaluatePod(level, pod));
    if (reason !== '') byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name]);
  }
  const partly = `new PodSecurity enforce level only checked against the first ${MAX_PODS} of ${pods.length} existing pods`;
  const heading = `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${showLevel(level)}"`;
  return [
    ...(pods.length > MAX_PODS ? [partly] : []),
    ...(byReason.size > 0 ? [heading] : []),
    ...[...byReason].map(([reason, names]) => `${showNames(names)}: ${reason}`).toSorted(),
  ];
}

/** Pods of one owner are alike: one of each goes first. */
function eachOwnerFirst(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>();
  const [first, alike]: [Pod[], Pod[]] = [[], []];
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner !== undefined && seen.has(owner.uid)) alike.push(pod);
    else first.push(pod);
    if (owner !== undefined) seen.add(owner.uid);
  }
  return [...first, ...alike];
}

/** `a`, `a (and 1 other pod)`, `a (and 2 other pods)` */
function showNames(names: readonly string[]): string {
  const [first = ''] = names.toSorted();
  const others = names.length - 1;
  if (others === 0) return first;
  return `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
}
