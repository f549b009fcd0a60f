import { validateClusterIPs, type FieldError } from '../api/index.ts';
import { parseIp, type IpFamily } from '../net/index.ts';
import {
  invalidField,
  invalidService,
  isHeadless,
  sameList,
  hasClusterIP,
  type ServiceDraft,
} from './service-draft.ts';

/**
 * Works out `ipFamilyPolicy` and `ipFamilies`.
 *
 * @param families The cluster's, the default one first.
 * @throws ApiError Invalid for fields that contradict each other and for what this cluster cannot do.
 * @see kubernetes pkg/registry/core/service/storage/alloc.go, `initIPFamilyFields`
 */
export function initFamilies(draft: ServiceDraft, families: readonly IpFamily[]): void {
  const { spec, old } = draft;
  if (!hasClusterIP(spec) || isUnchangedPreferDual(draft)) return;
  spec.ipFamilyPolicy ??= defaultPolicy(draft);
  const contradictions = validateClusterIPs({ ...draft.service, spec }, draft.oldService);
  if (contradictions.length > 0) throw invalidService(draft.name, contradictions);
  const errors = [
    ...(old === undefined ? [] : checkReduction(draft)),
    ...checkCounts(draft),
    ...inferFamilies(draft, families),
  ];
  if (errors.length > 0) throw invalidService(draft.name, errors);
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) {
    // Endpoints of such a Service come from outside: both families, whatever the cluster has.
    completeFamilies(draft, families, true);
    return;
  }
  const missing = checkCluster(draft, families);
  if (missing.length > 0) throw invalidService(draft.name, missing);
  completeFamilies(draft, families, families.length === 2);
}

/** Such an update neither upgrades nor downgrades a Service, whatever became of the cluster's families. */
export function isUnchangedPreferDual({ spec, old }: ServiceDraft): boolean {
  return (
    old !== undefined &&
    old.type === spec.type &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (old.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    sameList(old.clusterIPs, spec.clusterIPs) &&
    sameList(old.ipFamilies, spec.ipFamilies)
  );
}

function defaultPolicy({ spec, old }: ServiceDraft): string {
  if (old?.ipFamilyPolicy !== undefined) return old.ipFamilyPolicy;
  const isSelectorless = Object.keys(spec.selector ?? {}).length === 0;
  return isHeadless(spec) && isSelectorless ? 'RequireDualStack' : 'SingleStack';
}

/** Setting the policy to SingleStack drops the second address; shortening the lists without it is refused. */
function checkReduction({ spec, old = {} }: ServiceDraft): readonly FieldError[] {
  if (spec.ipFamilyPolicy === 'SingleStack') {
    const { clusterIPs = [], ipFamilies = [] } = spec;
    if (sameList(old.clusterIPs, clusterIPs) && clusterIPs.length > 1)
      spec.clusterIPs = clusterIPs.slice(0, 1);
    if (sameList(old.ipFamilies, ipFamilies) && ipFamilies.length > 1)
      spec.ipFamilies = ipFamilies.slice(0, 1);
    return [];
  }
  const isReduced = (now: readonly string[] = [], before: readonly string[] = []): boolean =>
    now.length > 0 && now.length < before.length;
  const refuse = (what: string): FieldError =>
    invalidField(
      'spec.ipFamilyPolicy',
      spec.ipFamilyPolicy,
      `must be 'SingleStack' to release the secondary ${what}`,
    );
  return [
    ...(isReduced(spec.clusterIPs, old.clusterIPs) ? [refuse('cluster IP')] : []),
    ...(isReduced(spec.ipFamilies, old.ipFamilies) ? [refuse('IP family')] : []),
  ];
}

function checkCounts({ spec }: ServiceDraft): readonly FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return [];
  const refuse = (what: string): FieldError =>
    invalidField(
      'spec.ipFamilyPolicy',
      spec.ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(spec.clusterIPs?.length === 2 ? [refuse('cluster IPs')] : []),
    ...(spec.ipFamilies?.length === 2 ? [refuse('IP families')] : []),
  ];
}

/** Families that are not listed follow from the addresses. */
function inferFamilies(
  { spec }: ServiceDraft,
  families: readonly IpFamily[],
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const inferred = [...(spec.ipFamilies ?? [])];
  for (const [index, text] of (spec.clusterIPs ?? []).entries()) {
    const family = parseIp(text)?.family;
    if (family === undefined || index < inferred.length) continue;
    if (families.includes(family)) inferred.push(family);
    else
      errors.push(
        invalidField(
          `spec.clusterIPs[${index}]`,
          spec.clusterIPs,
          `${family} is not configured on this cluster`,
        ),
      );
  }
  if (inferred.length > 0) spec.ipFamilies = inferred;
  return errors;
}

function checkCluster(
  { spec }: ServiceDraft,
  families: readonly IpFamily[],
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack' && families.length < 2)
    errors.push(
      invalidField(
        'spec.ipFamilyPolicy',
        spec.ipFamilyPolicy,
        'this cluster is not configured for dual-stack services',
      ),
    );
  for (const [index, family] of (spec.ipFamilies ?? []).entries())
    if (!families.some((own) => own === family))
      errors.push(
        invalidField(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'),
      );
  return errors;
}

/** The default family where none is listed, and the second one where the policy wants two. */
function completeFamilies(
  { spec }: ServiceDraft,
  families: readonly IpFamily[],
  hasSecond: boolean,
): void {
  const [first = families[0] ?? 'IPv4', second] = spec.ipFamilies ?? [];
  const other = first === 'IPv4' ? 'IPv6' : 'IPv4';
  const isDual = spec.ipFamilyPolicy !== 'SingleStack' && hasSecond;
  spec.ipFamilies = [first, ...(second !== undefined ? [second] : isDual ? [other] : [])];
}
