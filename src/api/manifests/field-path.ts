import type { Located } from './source.ts';

/**
 * Where the field at `path` begins, or the nearest field around it that the text has.
 *
 * @param path As the API writes it: `spec.ports[0].nodePort`, `metadata.annotations[example.org/a]`; keys with dots are
 *   found without brackets too.
 * @returns undefined when not even the first field is there.
 */
export function findField(located: Located, path: string): number | undefined {
  const steps = parseFieldPath(path);
  let value = located.value;
  let offset: number | undefined;
  for (let index = 0; index < steps.length;) {
    if (typeof value !== 'object' || value === null) break;
    const found = step(value, steps, index);
    if (found === undefined) break;
    offset = located.marks.get(value)?.get(found.key) ?? offset;
    // Fields of any name may be read; a name that is not there gives undefined.
    value = (value as Record<string | number, unknown>)[found.key];
    index = found.next;
  }
  return offset;
}

/** Parts a path at its dots and brackets. */
export function parseFieldPath(path: string): readonly string[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(
    ([, bracketed, plain]) => bracketed?.replace(/^"(.*)"$/, '$1') ?? plain ?? '',
  );
}

interface Step {
  readonly key: string | number;
  readonly next: number;
}

/** The field of `value` that the steps from `index` name; a key that holds dots takes several. */
function step(value: object, steps: readonly string[], index: number): Step | undefined {
  if (Array.isArray(value)) {
    const key = Number(steps[index]);
    return Number.isInteger(key) && key < value.length ? { key, next: index + 1 } : undefined;
  }
  let key = '';
  for (let next = index; next < steps.length; next += 1) {
    key = next === index ? (steps[next] ?? '') : `${key}.${steps[next] ?? ''}`;
    if (Object.hasOwn(value, key)) return { key, next: next + 1 };
  }
  return undefined;
}
