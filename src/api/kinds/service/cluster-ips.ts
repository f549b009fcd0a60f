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
  const errors = listChange(CLUSTER_IPS, [before.clusterIPs, now.clusterIPs], {
    unset: 'primary clusterIP can not be unset',
  });
  const released = releaseErrors(now, before);
  if (isNowHeadless !== wasHeadless) return [...errors, ...released.clusterIPs];
  return [
    ...errors,
    ...released.clusterIPs,
    ...listChange('spec.ipFamilies', [before.ipFamilies, now.ipFamilies], {
      unset: 'primary ipFamily can not be unset',
    }),
    ...released.ipFamilies,
  ];
}

type Lists = readonly [before: readonly string[] | undefined, now: readonly string[] | undefined];

/** Entries that stand in both lists may not differ. */
function listChange(
  field: string,
  [before = [], now = []]: Lists,
  { unset }: { readonly unset: string },
): readonly FieldError[] {
  if (before.length === 0) return [];
  if (now.length === 0) return [invalid(`${field}[0]`, now, unset)];
  const common = before.length === now.length ? before.length : 1;
  return before
    .slice(0, common)
    .flatMap((value, index) =>
      value === now[index] ? [] : [invalid(`${field}[${index}]`, now, CHANGED)],
    );
}

/** The second address or family goes only by saying `SingleStack`. */
function releaseErrors(
  now: ServiceSpec,
  before: ServiceSpec,
): { readonly clusterIPs: readonly FieldError[]; readonly ipFamilies: readonly FieldError[] } {
  const releases = (field: 'clusterIPs' | 'ipFamilies'): boolean =>
    now[field]?.length === 1 && (before[field]?.length ?? 0) > 1;
  const error = (what: string): FieldError =>
    invalid(
      'spec.ipFamilyPolicy',
      now.ipFamilyPolicy,
      `must be set to 'SingleStack' when releasing the secondary ${what}`,
    );
  const isSingle = now.ipFamilyPolicy === 'SingleStack';
  return {
    clusterIPs: !isSingle && releases('clusterIPs') ? [error('clusterIP')] : [],
    ipFamilies: !isSingle && releases('ipFamilies') ? [error('ipFamily')] : [],
  };
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
