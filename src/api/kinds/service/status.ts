import { parseIp } from '../../../net/index.ts';
import type { FieldError } from '../../errors.ts';
import { checkDnsSubdomain } from '../../names.ts';
import type { LoadBalancerIngress, LoadBalancerStatus, Service } from '../../types.ts';
import { validateIp } from '../validate/addresses.ts';
import {
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
} from '../validate/field-errors.ts';

const MODES: readonly string[] = ['Proxy', 'VIP'];
const INGRESS = 'status.loadBalancer.ingress';

/** Errors of a Service's status. @see kubernetes `ValidateServiceStatusUpdate` */
export function validateServiceStatus(
  { spec, status }: Service,
  old: Service | undefined,
): readonly FieldError[] {
  const { ingress = [] } = status?.loadBalancer ?? {};
  if (ingress.length === 0) return [];
  if (spec?.type !== 'LoadBalancer')
    return [forbidden(INGRESS, "may only be used when `spec.type` is 'LoadBalancer'")];
  const stored = addressesOf(old?.status?.loadBalancer);
  return ingress.flatMap((entry, index) => validateEntry(`${INGRESS}[${index}]`, entry, stored));
}

function addressesOf({ ingress = [] }: LoadBalancerStatus = {}): readonly string[] {
  return ingress.map(({ ip = '' }) => ip);
}

function validateEntry(
  field: string,
  { ip = '', hostname = '', ipMode }: LoadBalancerIngress,
  stored: readonly string[],
): readonly FieldError[] {
  return [
    ...(ip === '' ? [] : validateIp(`${field}.ip`, ip, stored)),
    ...validateMode(`${field}.ipMode`, ip, ipMode),
    ...validateHostname(`${field}.hostname`, hostname),
  ];
}

function validateMode(
  field: string,
  ip: string,
  ipMode: string | undefined,
): readonly FieldError[] {
  if (ipMode === undefined)
    return ip === '' ? [] : [required(field, 'must be specified when `ip` is set')];
  if (ip === '') return [forbidden(field, 'may not be specified when `ip` is not set')];
  return MODES.includes(ipMode) ? [] : [notSupported(field, ipMode, MODES)];
}

function validateHostname(field: string, hostname: string): readonly FieldError[] {
  if (hostname === '') return [];
  const errors = invalidEach(field, hostname, checkDnsSubdomain(hostname));
  return parseIp(hostname) === undefined
    ? errors
    : [...errors, invalid(field, hostname, 'must be a DNS name, not an IP address')];
}
