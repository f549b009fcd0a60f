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
