import { canonicalAmounts } from '../amounts.ts';
import type { FieldError } from '../errors.ts';
import { checkQualifiedName } from '../names.ts';
import type { RareRules } from '../kinds/rare-rules.ts';
import type { KubeObject } from '../object.ts';
import type { LimitRangeItem, LimitRangeSpec } from '../types.ts';
import { compareLimits } from './limit-range-order.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  required,
} from '../kinds/validate/field-errors.ts';
import {
  malformedAmount,
  validateContainerResourceName,
  validateResourceName,
} from './resource-names.ts';

/** What objects of a Namespace may ask for, and what they get where they say nothing. */
export type LimitRange = KubeObject & {
  readonly spec?: LimitRangeSpec;
};

const TYPES: readonly string[] = ['Pod', 'Container', 'PersistentVolumeClaim'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** What a LimitRange must be like, and its defaults. */
export const LIMIT_RANGE: RareRules = {
  defaults: (range) => {
    const { limits } = read(range).spec ?? {};
    return limits === undefined ? range : { ...range, spec: { limits: limits.map(withDefaults) } };
  },
  validate: (range) => validateItems(read(range).spec?.limits ?? []),
};

/** What is stored under this kind is one. */
function read(object: KubeObject): LimitRange {
  return object;
}

/** Limits are at most the greatest, requests are the limits, else the least. @see kubernetes `SetDefaults_LimitRangeItem` */
function withDefaults(given: LimitRangeItem): LimitRangeItem {
  const item = { ...given };
  for (const list of LISTS) if (item[list] !== undefined) item[list] = canonicalAmounts(item[list]);
  if (item.type !== 'Container') return item;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  return {
    ...item,
    ...(Object.keys(limits).length > 0 && { default: limits }),
    ...(Object.keys(requests).length > 0 && { defaultRequest: requests }),
  };
}

/** @see kubernetes `ValidateLimitRange` */
function validateItems(items: readonly LimitRangeItem[]): readonly FieldError[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const field = `spec.limits[${index}]`;
    const { type = '' } = item;
    const isTwice = seen.has(type);
    seen.add(type);
    return [
      ...validateType(`${field}.type`, type),
      ...(isTwice ? [duplicate(`${field}.type`, type)] : []),
      ...validateNames(field, item),
      ...validateStorage(field, item),
      ...compareLimits(field, item),
    ];
  });
}

function validateType(field: string, type: string): readonly FieldError[] {
  const errors = invalidEach(field, type, checkQualifiedName(type));
  if (errors.length > 0 || TYPES.includes(type) || type.includes('/')) return errors;
  return [invalid(field, type, 'must be a standard limit type or fully qualified')];
}

function validateNames(field: string, item: LimitRangeItem): readonly FieldError[] {
  const validateName =
    item.type === 'Pod' || item.type === 'Container'
      ? validateContainerResourceName
      : validateResourceName;
  return LISTS.flatMap((list) => {
    const amounts = Object.entries(item[list] ?? {});
    const isOfContainers = list === 'default' || list === 'defaultRequest';
    if (item.type === 'Pod' && isOfContainers)
      return amounts.length === 0
        ? []
        : [forbidden(`${field}.${list}`, "may not be specified when `type` is 'Pod'")];
    return amounts.flatMap(([name, amount]) => {
      const path = `${field}.${list}[${name}]`;
      return [...validateName(path, name), ...malformedAmount(path, amount)];
    });
  });
}

function validateStorage(field: string, { type, min, max }: LimitRangeItem): readonly FieldError[] {
  if (type !== 'PersistentVolumeClaim') return [];
  if (min?.['storage'] !== undefined || max?.['storage'] !== undefined) return [];
  const why = 'either minimum or maximum storage value is required, but neither was provided';
  return [required(`${field}.limits`, why)];
}
