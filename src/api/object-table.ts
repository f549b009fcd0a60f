import { LabelIndex } from './label-index.ts';
import type { KubeObject } from './object.ts';

/** The objects of one namespace, by name; names are put in order when somebody lists them. */
interface Shelf {
  readonly objects: Map<string, KubeObject>;
  /** Names in order; undefined after one came or went. */
  names: readonly string[] | undefined;
}

const NOTHING: readonly KubeObject[] = [];

/** All objects of one kind; cluster-scoped ones lie under the namespace ''. */
export class ObjectTable {
  readonly #shelves = new Map<string, Shelf>();
  /** Owner's uid to the objects that name it, by `namespace/name`. */
  readonly #owned = new Map<string, Map<string, KubeObject>>();
  readonly #labels = new LabelIndex(() => this.list(undefined));

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#shelves.get(namespace ?? '')?.objects.get(name);
  }

  /** In order of namespace and name. */
  list(namespace: string | undefined): readonly KubeObject[] {
    if (this.#shelves.size === 0) return NOTHING;
    const keys = namespace === undefined ? [...this.#shelves.keys()].toSorted() : [namespace];
    const found: KubeObject[] = [];
    for (const key of keys) {
      const shelf = this.#shelves.get(key);
      if (shelf === undefined) continue;
      shelf.names ??= [...shelf.objects.keys()].toSorted();
      for (const name of shelf.names) {
        const object = shelf.objects.get(name);
        if (object !== undefined) found.push(object);
      }
    }
    return found;
  }

  /** Those that have all of `labels`, at least one, in order of namespace and name. */
  labelled(
    namespace: string | undefined,
    labels: Readonly<Record<string, string>>,
  ): readonly KubeObject[] {
    return this.#labels.find(namespace, labels);
  }

  ownedBy(uid: string): readonly KubeObject[] {
    const owned = this.#owned.get(uid);
    return owned === undefined ? [] : [...owned.values()];
  }

  /** Puts `object` in the place of the one with its name. */
  set(object: KubeObject): void {
    const { namespace = '', name } = object.metadata;
    const shelf = this.#shelfOf(namespace);
    const old = shelf.objects.get(name);
    if (old === undefined) shelf.names = undefined;
    else this.#disown(old);
    this.#labels.replace(old, object);
    shelf.objects.set(name, object);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(uid) ?? new Map<string, KubeObject>();
      this.#owned.set(uid, owned.set(keyOf(object), object));
    }
  }

  delete({ metadata: { namespace = '', name } }: KubeObject): void {
    const shelf = this.#shelves.get(namespace);
    const old = shelf?.objects.get(name);
    if (shelf === undefined || old === undefined) return;
    this.#disown(old);
    this.#labels.replace(old, undefined);
    shelf.objects.delete(name);
    shelf.names = undefined;
    if (shelf.objects.size === 0) this.#shelves.delete(namespace);
  }

  #shelfOf(namespace: string): Shelf {
    const known = this.#shelves.get(namespace);
    if (known !== undefined) return known;
    const shelf: Shelf = { objects: new Map(), names: undefined };
    this.#shelves.set(namespace, shelf);
    return shelf;
  }

  #disown(old: KubeObject): void {
    for (const { uid } of old.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(uid);
      owned?.delete(keyOf(old));
      if (owned?.size === 0) this.#owned.delete(uid);
    }
  }
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
