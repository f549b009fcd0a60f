/** Rules for addresses and prefixes. @see apimachinery `util/validation/ip.go`; KEP-4858 */
import { parseCidr, parseIp, type Ip, type IpFamily } from '../../../net/index.ts';
import type { FieldError } from '../../errors.ts';
import { invalid } from './field-errors.ts';

const NO_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const NO_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/**
 * An address as fields from before strict parsing have it: any spelling of IPv6, but no leading zeros and no IPv4-mapped form.
 *
 * @param stored Values that an update may keep although they break the newer rules.
 */
export function validateIp(
  field: string,
  value: string,
  stored: readonly string[] = [],
): readonly FieldError[] {
  if (stored.includes(value)) return [];
  const ip = parseIp(value);
  if (ip !== undefined)
    return isIPv4Mapped(ip)
      ? [invalid(field, value, 'must not be an IPv4-mapped IPv6 address')]
      : [];
  const isSloppy = parseIp(withoutLeadingZeros(value)) !== undefined;
  return [invalid(field, value, isSloppy ? 'must not have leading 0s' : NO_IP)];
}

/** A prefix, by the same rules. */
export function validateCidr(
  field: string,
  value: string,
  stored: readonly string[] = [],
): readonly FieldError[] {
  if (stored.includes(value)) return [];
  const cidr = parseCidr(value);
  if (cidr === undefined) {
    const isSloppy = parseCidr(withoutLeadingZeros(value)) !== undefined;
    const detail = isSloppy ? 'must not have leading 0s in IP or prefix length' : NO_CIDR;
    return [invalid(field, value, detail)];
  }
  const ip = parseIp(value.slice(0, value.indexOf('/')));
  if (ip !== undefined && isIPv4Mapped(ip))
    return [invalid(field, value, 'must not have an IPv4-mapped IPv6 address')];
  if (ip?.text !== cidr.network.text)
    return [invalid(field, value, 'must not have bits set beyond the prefix length')];
  return [];
}

/** An address that packets can be sent to from elsewhere: endpoints, external addresses. */
export function validateReachableIp(field: string, value: string): readonly FieldError[] {
  const ip = parseIp(value);
  if (ip === undefined) return [invalid(field, value, 'must be a valid IP address')];
  return reachabilityProblems(ip).map((problem) => invalid(field, value, problem));
}

/** The family of a prefix; undefined when `value` is none. */
export function cidrFamily(value: string): IpFamily | undefined {
  return parseCidr(value)?.family;
}

function reachabilityProblems(ip: Ip): readonly string[] {
  const problems: string[] = [];
  if (ip.bits === 0n) problems.push(`may not be unspecified (${ip.text})`);
  if (isLoopback(ip)) problems.push('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  if (inPrefix(ip, '169.254.0.0/16', 'fe80::/10'))
    problems.push('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  if (inPrefix(ip, '224.0.0.0/24', 'ff02::/16'))
    problems.push('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  return problems;
}

function isLoopback(ip: Ip): boolean {
  return ip.family === 'IPv4' ? ip.bits >> 24n === 127n : ip.bits === 1n;
}

function inPrefix(ip: Ip, v4: string, v6: string): boolean {
  const cidr = parseCidr(ip.family === 'IPv4' ? v4 : v6);
  if (cidr === undefined) return false;
  return ip.bits >= cidr.network.bits && ip.bits < cidr.network.bits + cidr.size;
}

function isIPv4Mapped(ip: Ip): boolean {
  return ip.family === 'IPv6' && ip.bits >> 32n === 0xffffn;
}

/** `010.0.0.1/08` as parsers before Go 1.17 read it. */
function withoutLeadingZeros(value: string): string {
  return value.includes(':')
    ? value.replace(/\/0+(?=\d)/, '/')
    : value.replace(/(^|[./])0+(?=\d)/g, '$1');
}
