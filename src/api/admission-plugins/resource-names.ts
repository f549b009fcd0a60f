import type { FieldError } from '../errors.ts';
import { checkQualifiedName } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import type { Quantity } from '../types.ts';
import { invalid, invalidEach } from '../kinds/validate/field-errors.ts';

/** Names of the API's own that quotas count. @see kubernetes `helper.standardQuotaResources` */
const OF_QUOTAS: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);
const OF_CONTAINERS: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const COUNTED: ReadonlySet<string> = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const HUGE_PAGES = 'hugepages-';
const NANO = 1_000_000_000n;

/** Whether a quota may count what has this name and no prefix. */
export function isQuotaName(name: string): boolean {
  return OF_QUOTAS.has(name) || /^(?:requests\.)?hugepages-/.test(name);
}

/** Whether more of it may be promised than there is. */
export function isOvercommitted(name: string): boolean {
  return isNative(name) && !name.startsWith(HUGE_PAGES);
}

/** @see kubernetes `validateResourceName` */
export function validateResourceName(field: string, name: string): readonly FieldError[] {
  const errors = invalidEach(field, name, checkQualifiedName(name));
  if (errors.length > 0 || name.includes('/') || name === 'storage' || isQuotaName(name))
    return errors;
  return [invalid(field, name, 'must be a standard resource type or fully qualified')];
}

/** @see kubernetes `validateContainerResourceName` */
export function validateContainerResourceName(field: string, name: string): readonly FieldError[] {
  const errors = validateResourceName(field, name);
  if (!name.includes('/'))
    return OF_CONTAINERS.has(name) || name.startsWith(HUGE_PAGES)
      ? errors
      : [...errors, invalid(field, name, 'must be a standard resource for containers')];
  const isExtended =
    !name.startsWith('requests.') && checkQualifiedName(`requests.${name}`).length === 0;
  if (isNative(name) || isExtended) return errors;
  return [...errors, invalid(field, name, "doesn't follow extended resource name standard")];
}

/** @see kubernetes `ValidateResourceQuotaResourceName` */
export function validateQuotaName(field: string, name: string): readonly FieldError[] {
  const errors = validateResourceName(field, name);
  if (name.includes('/') || isQuotaName(name)) return errors;
  return [...errors, invalid(field, name, 'must be a standard resource for quota')];
}

/** What is no quantity. */
export function malformedAmount(field: string, amount: Quantity): readonly FieldError[] {
  if (parseQuantity(amount) !== undefined) return [];
  const why = `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`;
  return [invalid(field, amount, why)];
}

/** Less than nothing, or a part of what there are only whole ones of. @see kubernetes `ValidateResourceQuantityValue` */
export function validateHardAmount(
  field: string,
  name: string,
  amount: Quantity,
): readonly FieldError[] {
  const quantity = parseQuantity(amount);
  if (quantity === undefined) return malformedAmount(field, amount);
  const errors: FieldError[] = [];
  if (quantity.nanos < 0n)
    errors.push(invalid(field, String(amount), 'must be greater than or equal to 0'));
  const isWhole = COUNTED.has(name) || (!isNative(name) && !name.startsWith('requests.'));
  if (isWhole && quantity.nanos % NANO !== 0n)
    errors.push(invalid(field, String(amount), 'must be an integer'));
  return errors;
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}
