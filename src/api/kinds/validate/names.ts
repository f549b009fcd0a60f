/** Rules for names besides those of every object, in the API's words. @see apimachinery `util/validation` */
import { checkDnsSubdomain, maxLength, type Complaints } from '../../names.ts';

const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const WILDCARD_PATTERN = new RegExp(`^\\*\\.${SUBDOMAIN}$`);

const SEARCH_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SEARCH_DOMAIN = `${SEARCH_LABEL}(\\.${SEARCH_LABEL})*`;
const SEARCH_PATTERN = new RegExp(`^${SEARCH_DOMAIN}$`);

/** `*.` and a DNS name. */
export function checkWildcardSubdomain(value: string): Complaints {
  const problems = value.length > 253 ? [maxLength(253)] : [];
  if (WILDCARD_PATTERN.test(value)) return problems;
  return [
    ...problems,
    `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.${SUBDOMAIN}')`,
  ];
}

/** A DNS name whose labels may have underscores, for resolvers take them. */
export function checkSearchDomain(value: string): Complaints {
  const problems = value.length > 253 ? [maxLength(253)] : [];
  if (SEARCH_PATTERN.test(value)) return problems;
  return [
    ...problems,
    `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SEARCH_DOMAIN}')`,
  ];
}

/** A qualified name that has its prefix: `example.com/x`, as controllers are named. */
export function checkDomainPrefixedPath(value: string): Complaints {
  const slash = value.indexOf('/');
  const [prefix, path] = slash < 0 ? ['', ''] : [value.slice(0, slash), value.slice(slash + 1)];
  if (prefix === '' || path === '')
    return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const problems = checkDnsSubdomain(prefix).map((text) => `prefix part ${text}`);
  if (/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) return problems;
  return [...problems, `path part must be an RFC 3986 path (e.g. 'example.com/MyName')`];
}

/** A port's name, as RFC 6335 has service names: at most 15 characters, one letter at least. */
export function checkPortName(value: string): Complaints {
  const problems: string[] = [];
  if (value.length > 15) problems.push(maxLength(15));
  if (!/^[-a-z0-9]+$/.test(value))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (/^-|-$/.test(value)) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** A key of a ConfigMap or Secret. */
export function checkConfigKey(value: string): Complaints {
  if (value.length > 253) return [maxLength(253)];
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    return [
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ];
  }
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

/** An environment variable's name: printable ASCII without `=`. */
export function checkEnvName(value: string): Complaints {
  if (/^[ -<>-~]+$/.test(value)) return [];
  return [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ];
}
