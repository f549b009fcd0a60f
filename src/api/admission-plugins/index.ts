/** Admission plugins whose rules are objects of the cluster, or labels of Namespaces. Loaded with the first such object. */
import type { LimitRange } from './limit-range-kind.ts';
import type { KubeObject } from '../object.ts';
import type { AdmissionPlugins, RuledWrite } from '../admission-rules.ts';
import { checkMutated } from './check-mutated.ts';
import { forbidden } from './forbidden.ts';
import { limitProblems, withDefaultLimits } from './limit-ranger.ts';
import { checkPodSecurity, writtenWarning } from './pod-security/index.ts';
import { checkQuotas } from './resource-quota/check-quotas.ts';
import { countQuota } from './resource-quota/count-quota.ts';

/** In the order in which kube-apiserver has them. */
export const ADMISSION_PLUGINS: AdmissionPlugins = {
  mutate: (write, object) =>
    write.definition.name === 'Pod' && hasLimits(write)
      ? withDefaultLimits(object, limitRangesOf(write, object))
      : object,
  checkMutated,
  checkLimits,
  checkPodSecurity,
  writtenWarning,
  checkQuotas,
  countQuota,
};

/** @throws ApiError Forbidden for what is outside of the LimitRanges of its Namespace. */
function checkLimits(write: RuledWrite): void {
  const { object } = write;
  if (object === undefined || !hasLimits(write)) return;
  for (const range of limitRangesOf(write, object)) {
    const problems = limitProblems(object, range);
    if (problems.length > 0) throw forbidden(write, aggregate(problems));
  }
}

/** New Pods, Pods that are resized, and claims; what is being deleted may stay as it is. */
function hasLimits({ definition, operation, subresource, old }: RuledWrite): boolean {
  if (old?.metadata.deletionTimestamp !== undefined) return false;
  if (definition.name === 'Pod') return subresource === (operation === 'CREATE' ? '' : 'resize');
  return definition.name === 'PersistentVolumeClaim' && subresource === '';
}

function limitRangesOf({ store }: RuledWrite, { metadata }: KubeObject): readonly LimitRange[] {
  const { namespace = '' } = metadata;
  return store.list<string>('LimitRange', { namespace });
}

/** As Go prints several errors: each once. */
function aggregate(problems: readonly string[]): string {
  const texts = [...new Set(problems)];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}
