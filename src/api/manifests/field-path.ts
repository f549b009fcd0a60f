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
function parseFieldPath(path: string): readonly string[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(
    ([, bracketed, plain]) => bracketed?.replace(/^"(.*)"$/, '$1') ?? plain ?? '',
  );
}

interface Step {
  readonly key: string | number;
  readonly next: number;
}

/** The field of `value` that the steps from `index` name. */
function step(value: object, steps: readonly string[], index: number): Step | undefined {
  if (!Array.isArray(value)) return stepIntoFields(value, steps, index);
  const key = Number(steps[index]);
  return Number.isInteger(key) && key < value.length ? { key, next: index + 1 } : undefined;
}

/** A key that holds dots takes several steps. */
function stepIntoFields(value: object, steps: readonly string[], index: number): Step | undefined {
  for (let next = index + 1; next <= steps.length; next += 1) {
    const key = steps.slice(index, next).join('.');
    if (Object.hasOwn(value, key)) return { key, next };
  }
  // The API fills `clusterIPs` from `clusterIP` before it finds fault with them.
  const singular = /^(.*IP)s$/.exec(steps[index] ?? '')?.[1];
  if (singular === undefined || !Object.hasOwn(value, singular)) return undefined;
  return { key: singular, next: index + 1 };
}
