import { parseIp } from '../../../net/index.ts';
import type { FieldError } from '../../errors.ts';
import type { Service, ServiceSpec } from '../../types.ts';
import { validateIp } from '../validate/addresses.ts';
import {
  duplicate,
  invalid,
  notSupported,
  optionalOneOf,
  required,
} from '../validate/field-errors.ts';
import { isHeadless } from './needs.ts';

const FAMILIES: readonly string[] = ['IPv4', 'IPv6'];
const POLICIES: readonly string[] = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const CLUSTER_IPS = 'spec.clusterIPs';
const CHANGED = 'may not change once set';

/**
 * What is wrong with a Service's addresses, families and family policy among themselves.
 *
 * The allocator asks this too, before it takes addresses, and refuses the write when anything is wrong.
 *
 * @see kubernetes `ValidateServiceClusterIPsRelatedFields`
 */
export function validateClusterIPs(
  service: Service,
  old: Service | undefined,
): readonly FieldError[] {
  const spec = service.spec ?? {};
  if (spec.type === 'ExternalName') return [];
  const { clusterIPs = [] } = spec;
  const errors = [
    ...validateSingular(spec),
    ...validateFamilies(spec),
    ...optionalOneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, POLICIES),
  ];
  const malformed = validateAddresses(clusterIPs, old?.spec?.clusterIPs ?? []);
  errors.push(...malformed);
  if (clusterIPs.length > 2)
    errors.push(invalid(CLUSTER_IPS, clusterIPs, 'may only hold up to 2 values'));
  if (malformed.length > 0) return errors;
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs))
    errors.push(
      invalid(CLUSTER_IPS, clusterIPs, 'may specify no more than one IP for each IP family'),
    );
  return isHeadless(spec) ? errors : [...errors, ...validateOrder(spec)];
}

/**
 * What may not change about addresses and families: the first of each stays, the second comes and goes.
 *
 * @see kubernetes `validateUpgradeDowngradeClusterIPs`, `validateUpgradeDowngradeIPFamilies`
 */
export function validateClusterIPChange(service: Service, old: Service): readonly FieldError[] {
  const types = [service.spec?.type, old.spec?.type];
  if (types.includes('ExternalName')) return [];
  const now = service.spec ?? {};
  const before = old.spec ?? {};
  const isNowHeadless = isHeadless(now);
  const wasHeadless = isHeadless(before);
  if (isNowHeadless && wasHeadless) return [];
  const errors = addressChange(now, before);
  return isNowHeadless === wasHeadless ? [...errors, ...familyChange(now, before)] : errors;
}

function addressChange(now: ServiceSpec, before: ServiceSpec): readonly FieldError[] {
  const [old = [], clusterIPs = []] = [before.clusterIPs, now.clusterIPs];
  if (old.length === clusterIPs.length)
    return old.flatMap((value, index) =>
      value === clusterIPs[index] ? [] : [invalid(`${CLUSTER_IPS}[${index}]`, clusterIPs, CHANGED)],
    );
  if (old.length === 0) return [];
  const first = `${CLUSTER_IPS}[0]`;
  if (clusterIPs.length === 0)
    return [invalid(first, clusterIPs, 'primary clusterIP can not be unset')];
  return [
    ...(clusterIPs[0] === old[0] ? [] : [invalid(first, clusterIPs, CHANGED)]),
    ...releaseErrors(now, { isReleased: losesSecond(old, clusterIPs), what: 'clusterIP' }),
  ];
}

/** Whatever changed, upstream points at the first family, and shows addresses where their number changed. */
function familyChange(now: ServiceSpec, before: ServiceSpec): readonly FieldError[] {
  const first = 'spec.ipFamilies[0]';
  const [old = [], ipFamilies = []] = [before.ipFamilies, now.ipFamilies];
  if (old.length === ipFamilies.length)
    return old.flatMap((value, index) =>
      value === ipFamilies[index] ? [] : [invalid(first, ipFamilies, CHANGED)],
    );
  const { clusterIPs = [] } = now;
  const errors: FieldError[] = [];
  if (old.length > ipFamilies.length && clusterIPs.length === 0)
    errors.push(invalid(first, ipFamilies, 'primary ipFamily can not be unset'));
  if (old.length > 0 && ipFamilies.length > 0 && ipFamilies[0] !== old[0])
    errors.push(invalid(first, clusterIPs, CHANGED));
  const release = { isReleased: losesSecond(old, ipFamilies), what: 'ipFamily' };
  return [...errors, ...releaseErrors(now, release)];
}

function losesSecond(old: readonly string[], now: readonly string[]): boolean {
  return now.length === 1 && old.length > 1;
}

/** The second address or family goes only by saying `SingleStack`. */
function releaseErrors(
  { ipFamilyPolicy }: ServiceSpec,
  { isReleased, what }: { readonly isReleased: boolean; readonly what: string },
): readonly FieldError[] {
  if (!isReleased || ipFamilyPolicy === 'SingleStack') return [];
  const detail = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  return [invalid('spec.ipFamilyPolicy', ipFamilyPolicy, detail)];
}

function validateSingular({ clusterIP = '', clusterIPs = [] }: ServiceSpec): readonly FieldError[] {
  if (clusterIP === '') {
    return clusterIPs.length === 0
      ? []
      : [invalid(CLUSTER_IPS, clusterIPs, 'must be empty when `clusterIP` is not specified')];
  }
  if (clusterIPs.length === 0) return [required(CLUSTER_IPS)];
  return clusterIPs[0] === clusterIP
    ? []
    : [invalid(CLUSTER_IPS, clusterIPs, 'first value must match `clusterIP`')];
}

function validateFamilies({ ipFamilies = [] }: ServiceSpec): readonly FieldError[] {
  return ipFamilies.flatMap((family, index) => {
    const field = `spec.ipFamilies[${index}]`;
    return [
      ...(FAMILIES.includes(family) ? [] : [notSupported(field, family, FAMILIES)]),
      ...(ipFamilies.indexOf(family) < index ? [duplicate(field, family)] : []),
    ];
  });
}

function validateAddresses(
  clusterIPs: readonly string[],
  stored: readonly string[],
): readonly FieldError[] {
  return clusterIPs.flatMap((clusterIP, index) => {
    if (index > 0 || clusterIP !== 'None')
      return validateIp(`${CLUSTER_IPS}[${index}]`, clusterIP, stored);
    return clusterIPs.length === 1
      ? []
      : [invalid(CLUSTER_IPS, clusterIPs, "'None' must be the first and only value")];
  });
}

function isDualStack(clusterIPs: readonly string[]): boolean {
  const families = new Set(clusterIPs.map((clusterIP) => parseIp(clusterIP)?.family));
  return families.size === 2;
}

/** Each address is of the family that stands at its place. */
function validateOrder({ clusterIPs = [], ipFamilies = [] }: ServiceSpec): readonly FieldError[] {
  return clusterIPs.flatMap((clusterIP, index) => {
    const family = ipFamilies[index];
    const actual = parseIp(clusterIP)?.family;
    if (family === undefined || actual === undefined || actual === family) return [];
    if (!FAMILIES.includes(family)) return [];
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    return [invalid(`${CLUSTER_IPS}[${index}]`, clusterIP, detail)];
  });
}
