/** The value at a path as tables write it: `spec.ports[0].nodePort`; undefined where it leads nowhere. */
export function at(object: unknown, path: string): unknown {
  let value = object;
  for (const part of path.split(/\.|(?=\[)/)) {
    const key = part.replace(/^\[(.*)\]$/, '$1');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
