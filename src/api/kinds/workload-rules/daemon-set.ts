/** Rules for DaemonSets. @see kubernetes `pkg/apis/apps/validation` */
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../object.ts';
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy } from '../../types.ts';
import type { RareRules } from '../rare-rules.ts';
import { invalid, notSupported, required } from '../validate/field-errors.ts';
import {
  amountOf,
  validateAtMostAll,
  validateCountOrPercent,
  validateCounts,
  validateSameSelector,
  validateSelector,
  validateTemplate,
} from '../workload/validate.ts';

/** Rules. */
export const DAEMON_SET: RareRules = {
  validate: (object, old) => {
    const spec = specOf(object);
    return [
      ...(old ? validateSameSelector(spec.selector, specOf(old).selector) : []),
      ...validateSelector(spec.selector, 'daemonset'),
      ...validateTemplate(spec, 'DaemonSet'),
      ...validateCounts(spec),
      ...validateStrategy('spec.updateStrategy', spec.updateStrategy ?? {}),
    ];
  },
};

function specOf(object: KubeObject): DaemonSetSpec {
  const { spec }: DaemonSet = object as DaemonSet; // of a DaemonSet's row
  return spec ?? { selector: {}, template: {} };
}

function validateStrategy(field: string, strategy: DaemonSetUpdateStrategy): readonly FieldError[] {
  const { type = '', rollingUpdate } = strategy;
  const path = `${field}.rollingUpdate`;
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate')
    return [notSupported(field, goStrategy(strategy), ['RollingUpdate', 'OnDelete'])];
  if (rollingUpdate === undefined) return [required(path)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const hasUnavailable = amountOf(maxUnavailable) !== 0;
  const hasSurge = amountOf(maxSurge) !== 0;
  return [
    ...validateCountOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...validateCountOrPercent(`${path}.maxSurge`, maxSurge),
    ...validateAtMostAll(`${path}.maxUnavailable`, maxUnavailable),
    ...validateAtMostAll(`${path}.maxSurge`, maxSurge),
    ...(hasUnavailable && hasSurge
      ? [invalid(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')]
      : []),
    ...(!hasUnavailable && !hasSurge
      ? [required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')]
      : []),
  ];
}

/** As Go shows a strategy of its own. */
function goStrategy({ type = '', rollingUpdate }: DaemonSetUpdateStrategy): object {
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  return {
    Type: type,
    RollingUpdate:
      rollingUpdate === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge },
  };
}
