import type { PodTemplateSpec } from '../api/index.ts';
import { fnv32a } from './fnv.ts';
import { goDump } from './go-dump.ts';

/** Characters that spell no words. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * A short name for the contents of a Pod template: the same template has the same hash, whoever owns it.
 *
 * @param collisionCount Tells apart templates that came out alike before.
 * @see kubernetes controller_utils.go `ComputeHash`
 */
export function templateHash(template: PodTemplateSpec = {}, collisionCount?: number): string {
  const dump = Buffer.from(goDump('v1.PodTemplateSpec', template));
  if (collisionCount === undefined) return safeName(fnv32a(dump));
  const count = Buffer.alloc(8);
  count.writeUInt32LE(collisionCount);
  return safeName(fnv32a(Buffer.concat([dump, count])));
}

/** A number's digits in characters that fit a name. @see apimachinery `rand.SafeEncodeString` */
export function safeName(hash: number): string {
  return String(hash).replace(/\d/g, (digit) =>
    ALPHABET.charAt(digit.charCodeAt(0) % ALPHABET.length),
  );
}

/** Whether two Pod templates say the same, but for the labels named in `ignored`. */
export function isSameTemplate(
  a: PodTemplateSpec | undefined,
  b: PodTemplateSpec | undefined,
  ignored: string,
): boolean {
  return a === b || canonicalTemplate(a, ignored) === canonicalTemplate(b, ignored);
}

/** Objects in the store never change, so what they say is worked out once. */
const known = new WeakMap<PodTemplateSpec, string>();

function canonicalTemplate(template: PodTemplateSpec = {}, ignored: string): string {
  const present = known.get(template);
  if (present !== undefined) return present;
  const { [ignored]: _, ...labels } = template.metadata?.labels ?? {};
  const text = canonicalJson({ ...template, metadata: { ...template.metadata, labels } });
  known.set(template, text);
  return text;
}

/** JSON with the keys of objects in order, and without those that have no value. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner).filter(
      ([, entry]) => entry !== null && entry !== undefined,
    );
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
