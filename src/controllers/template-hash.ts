import type { PodTemplateSpec } from '../api/index.ts';

/** Characters that spell no words. @see apimachinery `rand.SafeEncodeString` */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const OFFSET_BASIS = 2_166_136_261;
const PRIME = 16_777_619;

/**
 * A short name for the contents of a Pod template: the same template has the same hash, whoever owns it.
 *
 * FNV-1a over the canonical JSON; upstream hashes a dump of Go structs, so its hashes are others.
 *
 * @param collisionCount Told apart templates that came out alike before.
 * @see kubernetes controller_utils.go `ComputeHash`
 */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount = 0): string {
  return safeHash(canonicalJson(template) + (collisionCount === 0 ? '' : String(collisionCount)));
}

/** FNV-1a, 32 bits, of `text`, in characters that fit a name. */
export function safeHash(text: string): string {
  let hash = OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, PRIME) >>> 0;
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
