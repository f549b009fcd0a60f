import type { FieldError } from './errors.ts';
import type { Complaints } from './names.ts';
import type { KindName, KubeObject, ObjectOf } from './object.ts';

/** One column of `kubectl get`; @see metav1.TableColumnDefinition */
export interface Column<T = KubeObject> {
  /** As printed, before upper-casing: `Cluster-IP`. */
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  /** 0 is always shown, above 0 only with `-o wide`. */
  readonly priority: number;
  /** The cell. @param now milliseconds, for ages. */
  value(object: T, now: number): string | number | boolean;
}

/** The value of a selectable field. Written as a method so that rows of different kinds fit into one list. */
export type FieldReader<T> = { read(object: T): string }['read'];

/** What defaulting may look at besides the object. */
export interface DefaultsContext<K extends KindName = KindName> {
  /** The stored object, on update. */
  readonly old: ObjectOf<K> | undefined;
}

/** What code knows about a kind, besides what discovery tells: one row of `kinds/`. */
export interface KindRow<K extends KindName = KindName> {
  readonly name: K;
  /** Drops the fields that the kind's schema does not have. @default nothing */
  prune?(object: ObjectOf<K>): ObjectOf<K>;
  /** Fills in defaults, as `SetDefaults_…` does; pure, idempotent. */
  defaults?(object: ObjectOf<K>, context: DefaultsContext<K>): ObjectOf<K>;
  /** Strategy: clears what a create may not set (status) and sets what the server decides. */
  prepareForCreate?(object: ObjectOf<K>): ObjectOf<K>;
  /** Strategy: keeps what an update may not touch, patches old values back in; never raises the generation. */
  prepareForUpdate?(object: ObjectOf<K>, old: ObjectOf<K>): ObjectOf<K>;
  /** Every error of the object, and of its change from `old`; ObjectMeta is validated by the store. */
  validate?(object: ObjectOf<K>, old: ObjectOf<K> | undefined): readonly FieldError[];
  /** Every error of a status, where the status alone is written. @default `validate` */
  validateStatus?(object: ObjectOf<K>, old: ObjectOf<K> | undefined): readonly FieldError[];
  /** Rule for `metadata.name`, in the API's words. @default `checkDnsSubdomain` */
  validateName?(name: string, object: ObjectOf<K>): Complaints;
  /** Fields besides `metadata.name` and `metadata.namespace` that field selectors may name. */
  readonly selectableFields?: Readonly<Record<string, FieldReader<ObjectOf<K>>>>;
  /** Columns of `kubectl get`; Name and Age by default. */
  readonly columns?: readonly Column<ObjectOf<K>>[];
  /** Whether the API server counts `metadata.generation` for it. @default true */
  readonly hasGeneration?: boolean;
  /** Whether an update is a new generation. @default where anything but metadata, and status where that is apart, is new */
  isNewGeneration?(object: ObjectOf<K>, old: ObjectOf<K>, isUsually: boolean): boolean;
}

/** Paths as `.spec.replicas`; @see CustomResourceSubresourceScale */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** What one kind means: everything the store and the printers need to know about it. */
export interface KindDefinition<K extends KindName = KindName> extends KindRow<K> {
  /** '' is the core group. */
  readonly group: string;
  /** The version that is stored. */
  readonly version: string;
  /** Every version that is served, the preferred one first. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** `status`, `scale`, `finalize`, … */
  readonly subresources: readonly string[];
  readonly isNamespaced: boolean;
  readonly hasStatus: boolean;
  readonly hasGeneration: boolean;
  /** `openAPIV3Schema` of a custom resource by version; absent where code knows the kind. */
  readonly schemas?: Readonly<Record<string, unknown>>;
  /** Where a custom resource keeps its scale, by version. */
  readonly scales?: Readonly<Record<string, ScalePaths>>;
  /** Whether the API has it, a CustomResourceDefinition made it, or an object's apiVersion and kind are all we know. */
  readonly origin: 'builtin' | 'custom' | 'guessed';
}

/**
 * One row of `kinds/`: what code knows about the kind `name`.
 *
 * Group, version, plural, scope and verbs come from the discovery document.
 */
export function defineKind<K extends KindName>(
  name: K,
  row: Omit<KindRow<K>, 'name'> = {},
): KindRow<K> {
  return { ...row, name };
}
