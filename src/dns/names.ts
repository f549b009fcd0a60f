/** Labels of an absolute name, leftmost first; a dot after a backslash is part of its label. */
export function labelsOf(name: string): readonly string[] {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  if (bare === '') return [];
  return bare.includes('\\') ? (bare.match(/(?:\\.|[^.\\])+/gs) ?? []) : bare.split('.');
}

/**
 * Whether `name` is `zone` or below it.
 *
 * @param name Absolute, lower case.
 * @param zone Absolute, lower case.
 */
export function isInZone(name: string, zone: string): boolean {
  if (zone === '.' || name === zone) return true;
  if (!name.endsWith(zone)) return false;
  const before = name.length - zone.length - 1;
  return name[before] === '.' && !isEscaped(name, before);
}

/** The longest of `zones` that `name` is in, or undefined. */
export function zoneOf(name: string, zones: readonly string[]): string | undefined {
  let longest: string | undefined;
  for (const zone of zones)
    if (isInZone(name, zone) && zone.length > (longest?.length ?? 0)) longest = zone;
  return longest;
}

/** Whether an absolute name keeps to 63 octets a label and 255 in all. @see RFC 1035 §2.3.4 */
export function isDomainName(name: string): boolean {
  if (name === '.') return true;
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  const plain = bare.replaceAll(/\\(\d{3}|[^])/g, 'x');
  const lengths = plain.split('.').map((label) => Buffer.byteLength(label));
  const total = lengths.reduce((sum, length) => sum + length + 1, 1);
  return total <= 255 && lengths.every((length) => length >= 1 && length <= 63);
}

/** `name` with its final dot. */
export function absolute(name: string): string {
  return name.endsWith('.') && !isEscaped(name, name.length - 1) ? name : `${name}.`;
}

/** `label.zone`, for the root zone too. */
export function below(label: string, zone: string): string {
  return zone === '.' ? `${label}.` : `${label}.${zone}`;
}

function isEscaped(name: string, at: number): boolean {
  let backslashes = 0;
  for (let before = at - 1; name[before] === '\\'; before -= 1) backslashes += 1;
  return backslashes % 2 === 1;
}
