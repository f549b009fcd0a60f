/** A semantic version. @see https://semver.org */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Parts of `-rc.1`; empty for a release. */
  readonly preRelease: readonly string[];
  /** As it is written in full. */
  readonly text: string;
}

const NUMBER = '(?:0|[1-9]\\d*)';
const IDENTIFIER = '[0-9A-Za-z-]+';
const PATTERN = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+${IDENTIFIER}(?:\\.${IDENTIFIER})*)?$`,
);

/** @param isLoose Takes `v1.02` as `1.2.0`. @returns undefined for what is none. */
export function parseVersion(text: string, isLoose: boolean = false): Version | undefined {
  const written = isLoose ? completed(text) : text;
  const [, major = '', minor = '', patch = '', pre = ''] = PATTERN.exec(written) ?? [];
  if (major === '') return undefined;
  const preRelease = pre === '' ? [] : pre.split('.');
  if (preRelease.some((part) => /^0\d+$/.test(part))) return undefined;
  return {
    major: BigInt(major),
    minor: BigInt(minor),
    patch: BigInt(patch),
    preRelease,
    text: written,
  };
}

/** Below 0 where `left` comes first, above where `right` does; a release comes after what led to it. */
export function compareVersions(left: Version, right: Version): number {
  for (const part of ['major', 'minor', 'patch'] as const)
    if (left[part] !== right[part]) return left[part] < right[part] ? -1 : 1;
  const [one, other] = [left.preRelease, right.preRelease];
  if (one.length === 0 || other.length === 0)
    return Number(one.length === 0) - Number(other.length === 0);
  for (const [index, part] of one.entries()) {
    const counterpart = other[index];
    if (counterpart === undefined) return 1;
    if (part !== counterpart) return comparePart(part, counterpart);
  }
  return one.length === other.length ? 0 : -1;
}

/** Numbers by their size and before words. */
function comparePart(left: string, right: string): number {
  const [isOne, isOther] = [left, right].map((part) => /^\d+$/.test(part));
  if (isOne === true && isOther === true) return BigInt(left) < BigInt(right) ? -1 : 1;
  if (isOne !== isOther) return isOne === true ? -1 : 1;
  return left < right ? -1 : 1;
}

/** With all three numbers, none beginning with zeros. */
function completed(text: string): string {
  const [numbers = '', rest = ''] = /^([^-+]*)(.*)$/.exec(text.replace(/^v/, ''))?.slice(1) ?? [];
  const parts = numbers.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}
