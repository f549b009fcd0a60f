import { parseIp } from '../../../net/index.ts';
import type { FieldError } from '../../errors.ts';
import { checkDnsSubdomain, checkQualifiedName } from '../../names.ts';
import type { Pod, PodStatus } from '../../types.ts';
import { validateIp } from '../validate/addresses.ts';
import { invalid, invalidEach } from '../validate/field-errors.ts';

const SYSTEM_CONDITIONS: readonly string[] = ['Initialized', 'PodScheduled', 'Ready'];
const NOT_NEGATIVE = 'must be a non-negative integer';

/** Errors of what is reported of a Pod. @see kubernetes `ValidatePodStatusUpdate` */
export function validatePodStatus(
  { status = {} }: Pod,
  old: Pod | undefined,
): readonly FieldError[] {
  const before = old?.status ?? {};
  const { nominatedNodeName: nominated = '', observedGeneration = 0, qosClass } = status;
  return [
    ...validateConditions('status.conditions', status.conditions ?? []),
    ...(nominated === '' || nominated === before.nominatedNodeName
      ? []
      : invalidEach('status.nominatedNodeName', nominated, checkDnsSubdomain(nominated))),
    ...(observedGeneration < 0
      ? [invalid('status.observedGeneration', observedGeneration, NOT_NEGATIVE)]
      : []),
    ...(before.qosClass === undefined || qosClass === before.qosClass
      ? []
      : [invalid('status.qosClass', qosClass, 'field is immutable')]),
    ...validatePodIps(status, before),
    ...validateHostIps(status, before),
  ];
}

type Conditions = NonNullable<PodStatus['conditions']>;

function validateConditions(field: string, conditions: Conditions): readonly FieldError[] {
  return conditions.flatMap(({ type, observedGeneration = 0 }, index) => [
    ...(observedGeneration < 0
      ? [invalid(`${field}[${index}].observedGeneration`, observedGeneration, NOT_NEGATIVE)]
      : []),
    ...(SYSTEM_CONDITIONS.includes(type)
      ? []
      : invalidEach(`${field}[${index}].Type`, type, checkQualifiedName(type))),
  ]);
}

type Addresses = readonly { readonly ip: string }[];

function validatePodIps(
  { podIPs }: PodStatus,
  { podIPs: before }: PodStatus,
): readonly FieldError[] {
  return podIPs === before ? [] : validateAddresses('status.podIPs', podIPs, before);
}

function validateHostIps(
  { hostIP, hostIPs = [] }: PodStatus,
  { hostIPs: before }: PodStatus,
): readonly FieldError[] {
  const [first] = hostIPs;
  if (first === undefined) return [];
  return [
    ...((hostIP ?? '') === first.ip
      ? []
      : [invalid('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`')]),
    ...validateAddresses('status.hostIPs', hostIPs, before),
  ];
}

/** At most one of each family. */
function validateAddresses(
  field: string,
  addresses: Addresses = [],
  before: Addresses = [],
): readonly FieldError[] {
  const stored = before.map(({ ip }) => ip);
  const families = new Set(addresses.map(({ ip }) => parseIp(ip)?.family));
  const isDual = addresses.length < 2 || (addresses.length === 2 && families.size === 2);
  return [
    ...addresses.flatMap(({ ip }, index) => validateIp(`${field}[${index}]`, ip, stored)),
    ...(isDual
      ? []
      : [
          invalid(
            field,
            addresses.map(({ ip }) => ({ IP: ip })),
            'may specify no more than one IP for each IP family',
          ),
        ]),
  ];
}
