import { PodlaneError } from '../../net/index.ts';
import { absolute, labelsOf } from '../names.ts';

/** A name that no DNS message can hold. */
export class NameError extends PodlaneError {
  override readonly name = 'NameError';

  constructor(message: string) {
    super('ERR_DNS_NAME', message);
  }
}

const MAX_LABEL = 63;
/** Characters of an absolute name: 255 octets on the wire, of which the root's length is one. */
const MAX_NAME = 254;

/**
 * Candidate names for `name`, in the order a Pod's resolver (glibc) tries them.
 *
 * Absolute names (trailing dot) are tried alone; names with at least `ndots` dots are tried as they are first. The root
 * in the search list tries the name itself at that place, and then not again.
 *
 * @param search Search domains, with or without trailing dot.
 * @returns Absolute, lower-case names, never empty.
 * @throws NameError when a candidate exceeds 255 octets (RFC 1035 §2.3.4).
 * @see resolv.conf(5), "ndots"; Kubernetes default is 5.
 */
export function searchNames(
  name: string,
  search: readonly string[],
  ndots: number,
): readonly string[] {
  const bare = absolute(name.toLowerCase());
  const names = isAbsolute(name) ? [bare] : orderNames(bare, search, hasEnoughDots(name, ndots));
  for (const candidate of names) checkName(candidate);
  return names;
}

/** Whether `name` is to be tried as it is, before the search list. glibc, musl and Go cap `ndots` at 15. */
export function hasEnoughDots(name: string, ndots: number): boolean {
  return name.split('.').length - 1 >= Math.min(ndots, 15);
}

/** Whether `name` ends in a dot. */
export function isAbsolute(name: string): boolean {
  return name.endsWith('.');
}

/** `name` below `domain`; the root adds nothing. */
export function inDomain(name: string, domain: string): string {
  const zone = absolute(domain.toLowerCase());
  return zone === '.' ? name : `${name}${zone}`;
}

/** Whether a message can hold `name`: labels of 1 to 63 octets, 255 in all. */
export function isName(name: string): boolean {
  const labels = labelsOf(name);
  const isLabel = (label: string): boolean => label !== '' && label.length <= MAX_LABEL;
  return name.length <= MAX_NAME && labels.every(isLabel);
}

function orderNames(bare: string, search: readonly string[], isFirst: boolean): readonly string[] {
  const names = search.map((domain) => inDomain(bare, domain));
  return [...new Set(isFirst ? [bare, ...names] : [...names, bare])];
}

function checkName(name: string): void {
  if (!isName(name)) throw new NameError(`name ${name}: no DNS message can hold it`);
}
