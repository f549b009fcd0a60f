import type { Allocator } from './admission.ts';
import { completeNew } from './complete-new.ts';
import {
  checkDeleteOptions,
  checkDeletePreconditions,
  isGoneByUpdate,
  planDeletion,
} from './deletion.ts';
import { EventLog } from './event-log.ts';
import { alreadyExists, notFound } from './field-errors.ts';
import { NOTHING_STORED, sortForRestore, type Journal, type StoredState } from './journal.ts';
import type { KindDefinition } from './kind.ts';
import { checkDeletable, isNamespace, namespaceTerminating } from './namespace-life.ts';
import {
  isEstablished,
  isSameGroup,
  settleDefinition,
} from './kinds/custom-resource-definition/names.ts';
import { ObjectTable } from './object-table.ts';
import {
  ANY_KIND,
  type KindName,
  type KubeObject,
  type ObjectOf,
  type ObjectRef,
} from './object.ts';
import { nameIn, predicateOf } from './object-predicate.ts';
import { checkTypeMeta, readObject } from './read-object.ts';
import type { KindRegistry } from './registry.ts';
import { reserveAll } from './reservations.ts';
import type {
  DeleteOptions,
  ListOptions,
  Store,
  StoreEvent,
  UpdateOptions,
  WatchOptions,
  WriteOptions,
} from './store.ts';
import { throwLater } from './throw-later.ts';
import { formatTime } from './time.ts';
import { WriteAdmission } from './write-admission.ts';
import {
  applyDefaults,
  checkPreconditions,
  fillNewObject,
  finishCreate,
  finishUpdate,
  mergeMutated,
  mergeUpdate,
  withRevision,
} from './write.ts';

export interface StoreOptions {
  readonly kinds: KindRegistry;
  /** In the order in which they see each write. @default none */
  readonly allocators?: readonly Allocator[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** Give Pods the ServiceAccount and the token that the admission plugin of that name does. @default false */
  readonly hasServiceAccounts?: boolean;
  /** What it begins with; whoever watched before lists anew. @default nothing */
  readonly stored?: StoredState;
  /** Where changes are kept. @default nowhere */
  readonly journal?: Journal;
  /** How many events a watch may go back. @default 4096 */
  readonly historySize?: number;
  /** Told of what watchers throw. @default thrown again, outside of the write */
  readonly onListenerError?: (error: unknown) => void;
}

const HISTORY_SIZE = 4096;
const CRD = 'CustomResourceDefinition.apiextensions.k8s.io';
const NO_JOURNAL: Journal = { append: () => {} };

/**
 * A store in memory.
 *
 * @throws ApiError where allocators refuse what the stored objects have.
 */
export function createStore(options: StoreOptions): Store {
  return new MemoryStore({
    stored: NOTHING_STORED,
    journal: NO_JOURNAL,
    allocators: [],
    hasServiceAccounts: false,
    historySize: HISTORY_SIZE,
    onListenerError: throwLater,
    ...options,
  });
}

class MemoryStore implements Store {
  readonly #options: Required<StoreOptions>;
  readonly #kinds: KindRegistry;
  readonly #log: EventLog;
  readonly #admission: WriteAdmission;
  readonly #tables = new Map<string, ObjectTable>();
  /** The tables by every name that somebody asked for. */
  readonly #tablesByAlias = new Map<string, ObjectTable>();

  constructor(options: Required<StoreOptions>) {
    this.#options = options;
    this.#kinds = options.kinds;
    this.#admission = new WriteAdmission(this, options);
    this.#log = new EventLog({ ...options, firstRevision: options.stored.revision });
    for (const object of sortForRestore(options.stored.objects)) this.#restore(object);
  }

  get revision(): number {
    return this.#log.revision;
  }

  // The casts below hold because a table has objects of its kind alone.
  get<K extends KindName>(
    kind: K,
    namespace: string | undefined,
    name: string,
  ): ObjectOf<K> | undefined {
    return this.#table(kind).get(namespace, name) as ObjectOf<K> | undefined;
  }

  list<K extends KindName>(kind: K, options: ListOptions = {}): readonly ObjectOf<K>[] {
    const { namespace, matchLabels, ...selectors } = options;
    const isLabelled = matchLabels !== undefined && Object.keys(matchLabels).length > 0;
    const objects = this.#gather(kind, (table) =>
      isLabelled ? table.labelled(namespace, matchLabels) : table.list(namespace),
    );
    const isAll = selectors.labelSelector === undefined && selectors.fieldSelector === undefined;
    const found = isAll ? objects : objects.filter(predicateOf(kind, selectors, this.#kinds));
    return found as readonly ObjectOf<K>[];
  }

  ownedBy<K extends KindName>(kind: K, uid: string): readonly ObjectOf<K>[] {
    return this.#gather(kind, (table) => table.ownedBy(uid)) as readonly ObjectOf<K>[];
  }

  create<T extends KubeObject>(object: T, options: WriteOptions = {}): T {
    const [definition, given] = this.#read(object, 'new');
    const table = this.#table(definition.name);
    const { namespace } = given.metadata;
    this.#checkNamespace(definition, given);
    const filled = fillNewObject(given, {
      definition,
      now: this.#options.now(),
      random: options.random ?? this.#options.random,
      isTaken: (name) => table.get(namespace, name) !== undefined,
    });
    const defaulted = applyDefaults(definition, filled, undefined);
    const managed = options.manage?.(defaulted, undefined) ?? defaulted;
    const complete = completeNew(definition, managed, {
      store: this,
      random: this.#options.random,
      hasServiceAccounts: this.#options.hasServiceAccounts,
      isDryRun: options.isDryRun === true,
    });
    const created = this.#admission.admit(definition, complete, {
      old: undefined,
      options,
      finish: (reserved) => finishCreate(definition, reserved),
      check: ({ metadata }) => {
        const { name } = metadata;
        const present = table.get(metadata.namespace, name);
        if (present !== undefined) throw alreadyExists(definition, present);
      },
    });
    if (options.isDryRun === true) return created as T;
    return this.#put(definition, created, undefined) as T;
  }

  update<T extends KubeObject>(object: T, options: UpdateOptions = {}): T {
    const [definition, given] = this.#read(object, 'known');
    const old = this.#existing(definition, given.metadata);
    checkPreconditions(definition, given, { old, isPatch: options.isPatch === true });
    const change = { old, subresource: options.subresource };
    const merged = mergeUpdate(definition, given, change);
    const defaulted = applyDefaults(definition, merged, old);
    const updated = this.#admission.admit(
      definition,
      options.manage?.(defaulted, old) ?? defaulted,
      {
        old,
        options,
        merge: (mutated) => mergeMutated(definition, mutated, change),
        finish: (reserved) => finishUpdate(definition, reserved, change),
      },
    );
    if (options.isDryRun === true) return updated as T;
    // What was written before may hold the very object that is stored.
    if (updated === old) return old as T;
    if (!isGoneByUpdate(updated, old)) return this.#put(definition, updated, old) as T;
    // Watchers see it go as it was: the update that lets it go is answered and never stored.
    const { resourceVersion = '' } = this.#remove(definition, old, old).metadata;
    return { ...updated, metadata: { ...updated.metadata, resourceVersion } } as T;
  }

  delete(ref: ObjectRef, options: DeleteOptions = {}): KubeObject {
    const definition = this.#kinds.byName(ref.kind);
    checkDeleteOptions(options);
    const old = this.#existing(definition, ref);
    checkDeletePreconditions(definition, old, options);
    if (isNamespace(old)) checkDeletable(old, definition);
    this.#admission.checkDelete(definition, old, options);
    const plan = planDeletion(old, options, this.#options.now());
    if (plan.kind === 'keep') return old;
    if (options.isDryRun === true) return plan.object;
    if (plan.kind === 'mark') {
      const reservation = reserveAll(this.#admission.allocatorsOf(definition), {
        object: plan.object,
        old,
      });
      reservation.commit();
      return this.#put(definition, reservation.object, old);
    }
    return this.#remove(definition, plan.object, old);
  }

  watch<K extends KindName>(
    kind: K,
    listener: (event: StoreEvent<ObjectOf<K> & KubeObject>) => void,
    options: WatchOptions = {},
  ): Disposable {
    const watcher = {
      kind: kind === ANY_KIND ? undefined : this.#kinds.byName(kind).name,
      name: nameIn(options.fieldSelector),
      matches: predicateOf(kind, options, this.#kinds),
      listener: listener as (event: StoreEvent) => void,
    };
    return this.#log.subscribe(watcher, this.#firstEvents(kind, options));
  }

  watchAll(listener: (event: StoreEvent) => void): Disposable {
    return this.watch<string>(ANY_KIND, listener);
  }

  #firstEvents(kind: KindName, options: WatchOptions): readonly StoreEvent[] {
    if (options.sendInitialEvents === true)
      return this.list<string>(kind, options).map((object) => ({
        type: 'ADDED',
        kind: this.#kinds.byApiVersion(object.apiVersion, object.kind).name,
        object,
        revision: Number(object.metadata.resourceVersion),
      }));
    return options.sinceRevision === undefined ? [] : this.#log.since(options.sinceRevision);
  }

  /** @throws ApiError BadRequest for what is no object of its kind. */
  #read(object: KubeObject, as: 'new' | 'known'): readonly [KindDefinition, KubeObject] {
    checkTypeMeta(object);
    const definition = this.#kinds.byApiVersion(object.apiVersion, object.kind);
    if (as === 'new') return [definition, readObject(definition, object)];
    // What a client left out is not known yet.
    const { namespace, name }: Partial<KubeObject['metadata']> = object.metadata ?? {};
    const stored = this.#table(definition.name).get(namespace, name ?? '');
    return [definition, readObject(definition, object, stored)];
  }

  #table(kind: KindName): ObjectTable {
    const known = this.#tablesByAlias.get(kind);
    if (known !== undefined) return known;
    const { name } = this.#kinds.byName(kind);
    const table = this.#tables.get(name) ?? new ObjectTable();
    this.#tables.set(name, table);
    this.#tablesByAlias.set(kind, table);
    return table;
  }

  #gather(
    kind: KindName,
    read: (table: ObjectTable) => readonly KubeObject[],
  ): readonly KubeObject[] {
    return kind === ANY_KIND ? [...this.#tables.values()].flatMap(read) : read(this.#table(kind));
  }

  #existing(
    definition: KindDefinition,
    { namespace, name }: { readonly namespace?: string; readonly name: string },
  ): KubeObject {
    const object = this.#table(definition.name).get(namespace, name);
    if (object === undefined) throw notFound(definition, name);
    return object;
  }

  /** @throws ApiError NotFound or Forbidden where nothing can be created in the object's namespace. */
  #checkNamespace(definition: KindDefinition, object: KubeObject): void {
    const { namespace = '' } = object.metadata;
    if (namespace === '' || (!definition.isNamespaced && definition.origin !== 'guessed')) return;
    const found = this.get('Namespace', undefined, namespace);
    if (found === undefined) throw notFound(this.#kinds.byName('Namespace'), namespace);
    if (found.metadata.deletionTimestamp !== undefined)
      throw namespaceTerminating(object, definition);
  }

  /** Puts back what was stored: it was admitted then, and nobody watches yet. */
  #restore(object: KubeObject): void {
    const definition = this.#kinds.byApiVersion(object.apiVersion, object.kind);
    for (const allocator of this.#admission.allocatorsOf(definition)) allocator.restore?.(object);
    this.#table(definition.name).set(object);
    this.#admission.track(object, undefined);
    if (definition.name === CRD && isEstablished(object)) this.#kinds.define(object);
  }

  #put(definition: KindDefinition, object: KubeObject, old: KubeObject | undefined): KubeObject {
    const revision = this.#log.revision + 1;
    const stored = withRevision(object, revision);
    const { name: kind } = definition;
    const event: StoreEvent =
      old === undefined
        ? { type: 'ADDED', kind, object: stored, revision }
        : { type: 'MODIFIED', kind, object: stored, old, revision };
    this.#options.journal.append(event);
    this.#table(definition.name).set(stored);
    this.#admission.track(stored, old);
    if (definition.name === CRD && isEstablished(stored)) this.#kinds.define(stored);
    this.#log.append(event);
    if (definition.name === CRD) this.#settleDefinitions(definition, stored);
    return stored;
  }

  /** Names that became free, or are asked for: who writes a definition is answered before it has them. */
  #settleDefinitions(definition: KindDefinition, changed: KubeObject): void {
    const others = this.list<string>(CRD).filter((other) => isSameGroup(other, changed));
    const own = others.filter(({ metadata }) => metadata.name === changed.metadata.name);
    const now = formatTime(this.#options.now());
    const next = settleDefinition([...new Set([...own, ...others])], now);
    if (next !== undefined) this.#put(definition, next.object, next.old);
  }

  #remove(definition: KindDefinition, object: KubeObject, old: KubeObject): KubeObject {
    const revision = this.#log.revision + 1;
    const last = withRevision(object, revision);
    const { name: kind } = definition;
    const event: StoreEvent = { type: 'DELETED', kind, object: last, old, revision };
    this.#options.journal.append(event);
    this.#table(kind).delete(old);
    this.#admission.track(undefined, old);
    if (kind === CRD) this.#kinds.forget(last);
    for (const allocator of this.#admission.allocatorsOf(definition)) allocator.release(last);
    this.#log.append(event);
    if (kind === CRD) this.#settleDefinitions(definition, last);
    return last;
  }
}
