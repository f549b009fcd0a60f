import type { KubeObject } from './object.ts';
import { matchesLabels } from './selectors.ts';

type Labels = Readonly<Record<string, string>>;

/** Objects by `namespace/name`. */
type Bucket = Map<string, KubeObject>;

/**
 * Finds objects by their labels at the cost of the answer.
 *
 * Only keys that somebody asked about are indexed, from the first time on: most labels are never looked for.
 */
export class LabelIndex {
  readonly #everything: () => readonly KubeObject[];
  /** By key, then by value. */
  readonly #byKey = new Map<string, Map<string, Bucket>>();

  /** @param everything All objects; read when a key is asked about for the first time. */
  constructor(everything: () => readonly KubeObject[]) {
    this.#everything = everything;
  }

  /** Objects with all of `labels`, at least one, in order of namespace and name. */
  find(namespace: string | undefined, labels: Labels): readonly KubeObject[] {
    let smallest: Bucket | undefined;
    for (const [key, value] of Object.entries(labels)) {
      const bucket = this.#valuesOf(key).get(value);
      if (bucket === undefined) return [];
      if (smallest === undefined || bucket.size < smallest.size) smallest = bucket;
    }
    return [...(smallest?.values() ?? [])]
      .filter(({ metadata }) => namespace === undefined || (metadata.namespace ?? '') === namespace)
      .filter(({ metadata }) => matchesLabels(labels, metadata.labels))
      .toSorted(inOrder);
  }

  /** Puts `next` in the place of `old`; either may be missing. */
  replace(old: KubeObject | undefined, next: KubeObject | undefined): void {
    for (const [key, values] of this.#byKey) {
      const before = old?.metadata.labels?.[key];
      const after = next?.metadata.labels?.[key];
      if (old !== undefined && before !== undefined && before !== after) take(values, before, old);
      if (next !== undefined && after !== undefined) put(values, after, next);
    }
  }

  #valuesOf(key: string): ReadonlyMap<string, Bucket> {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const values = new Map<string, Bucket>();
    this.#byKey.set(key, values);
    for (const object of this.#everything()) {
      const value = object.metadata.labels?.[key];
      if (value !== undefined) put(values, value, object);
    }
    return values;
  }
}

function put(values: Map<string, Bucket>, value: string, object: KubeObject): void {
  const bucket = values.get(value) ?? new Map<string, KubeObject>();
  values.set(value, bucket.set(nameOf(object), object));
}

function take(values: Map<string, Bucket>, value: string, object: KubeObject): void {
  const bucket = values.get(value);
  bucket?.delete(nameOf(object));
  if (bucket?.size === 0) values.delete(value);
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function inOrder(a: KubeObject, b: KubeObject): number {
  const [first, second] = [a.metadata.namespace ?? '', b.metadata.namespace ?? ''];
  if (first !== second) return first < second ? -1 : 1;
  if (a.metadata.name === b.metadata.name) return 0;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
