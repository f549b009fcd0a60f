/** Rules for names in the API server's own words; @see apimachinery `util/validation` */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const DNS_LABEL = new RegExp(`^${LABEL}$`);
const DNS_SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const DNS_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_NAME = new RegExp(`^${QUALIFIED}$`);
const LABEL_VALUE = new RegExp(`^(${QUALIFIED})?$`);

const MAX_LABEL = 63;
const MAX_SUBDOMAIN = 253;

const NOTHING: Complaints = [];

/** What is wrong, each as the text after `Invalid value: …: `; empty when nothing is. */
export type Complaints = readonly string[];

/** An RFC 1123 label: names of Namespaces, most of what becomes one DNS label. */
export function checkDnsLabel(value: string): Complaints {
  if (value.length <= MAX_LABEL && DNS_LABEL.test(value)) return NOTHING;
  const message = DNS_SUBDOMAIN.test(value) ? 'must not contain dots' : LABEL_MESSAGE;
  return check(value, { pattern: DNS_LABEL, max: MAX_LABEL, message });
}

/** An RFC 1123 subdomain: names of most objects. */
export function checkDnsSubdomain(value: string): Complaints {
  return check(value, SUBDOMAIN_RULE);
}

/** An RFC 1035 label, which begins with a letter: names of Services. */
export function checkDns1035Label(value: string): Complaints {
  return check(value, DNS_1035_RULE);
}

/** A name that may stand in a URL: names of RBAC objects. @see apimachinery `IsValidPathSegmentName` */
export function checkPathSegment(value: string): Complaints {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%']
    .filter((character) => value.includes(character))
    .map((character) => `may not contain '${character}'`);
}

/** A label's or annotation's key: `name` or `prefix/name`. */
export function checkQualifiedName(value: string): Complaints {
  if (value.length <= MAX_LABEL && QUALIFIED_NAME.test(value)) return NOTHING;
  const parts = value.split('/');
  if (parts.length > 2) return [`a valid label key ${QUALIFIED_MESSAGE} ${PREFIX_HINT}`];
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const complaints: string[] = [];
  if (prefix === '') complaints.push('prefix part must be non-empty');
  else if (prefix !== undefined)
    complaints.push(...check(prefix, PREFIX_RULE).map((text) => `prefix part ${text}`));
  if (name === '') complaints.push('name part must be non-empty');
  else if (name.length > MAX_LABEL) complaints.push(`name part ${maxBytes(MAX_LABEL)}`);
  if (!QUALIFIED_NAME.test(name)) complaints.push(`name part ${QUALIFIED_MESSAGE}`);
  return complaints;
}

/** A label's value, which may be empty. */
export function checkLabelValue(value: string): Complaints {
  return check(value, LABEL_VALUE_RULE);
}

interface Rule {
  readonly pattern: RegExp;
  readonly max: number;
  readonly message: string;
  /** @default maxLength(max) */
  readonly tooLong?: string;
}

/** Both may be wrong at once; a too long text that is well formed has one complaint. */
function check(value: string, { pattern, max, message, tooLong }: Rule): Complaints {
  if (value.length <= max && pattern.test(value)) return NOTHING;
  const complaints: string[] = [];
  if (value.length > max) complaints.push(tooLong ?? maxLength(max));
  if (!pattern.test(value)) complaints.push(message);
  return complaints;
}

/** How the API server words a length. */
export const maxLength = (max: number): string => `must be no more than ${max} characters`;

/** The same of keys and values of labels. */
const maxBytes = (max: number): string => `must be no more than ${max} bytes`;

/** How the API server words a broken pattern. */
function regexMessage(message: string, pattern: string, examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const LABEL_MESSAGE = regexMessage(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  ['my-name', '123-abc'],
);
const SUBDOMAIN_MESSAGE = regexMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  `${LABEL}(\\.${LABEL})*`,
  ['example.com'],
);
const DNS_1035_MESSAGE = regexMessage(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  ['my-name', 'abc-123'],
);
const QUALIFIED_MESSAGE = regexMessage(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED,
  ['MyName', 'my.name', '123-abc'],
);
const LABEL_VALUE_MESSAGE = regexMessage(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  `(${QUALIFIED})?`,
  ['MyValue', 'my_value', '12345'],
);
const SUBDOMAIN_RULE: Rule = {
  pattern: DNS_SUBDOMAIN,
  max: MAX_SUBDOMAIN,
  message: SUBDOMAIN_MESSAGE,
};
const PREFIX_RULE: Rule = { ...SUBDOMAIN_RULE, tooLong: maxBytes(MAX_SUBDOMAIN) };
const DNS_1035_RULE: Rule = { pattern: DNS_1035, max: MAX_LABEL, message: DNS_1035_MESSAGE };
const LABEL_VALUE_RULE: Rule = {
  pattern: LABEL_VALUE,
  max: MAX_LABEL,
  message: LABEL_VALUE_MESSAGE,
  tooLong: maxBytes(MAX_LABEL),
};
const PREFIX_HINT = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
