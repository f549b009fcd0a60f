import type { RuledWrite } from './admission-rules.ts';
import type { KindName, KubeObject, ObjectOf, ObjectRef } from './object.ts';

export interface StoreEvent<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The kind's name as the store keys it. */
  readonly kind: KindName;
  /** After the change; on DELETED the last state, with the resourceVersion of the deletion. */
  readonly object: T;
  /** Before the change; absent on ADDED. */
  readonly old?: T;
  /** The store's revision after this change; rises by one with each. */
  readonly revision: number;
}

export interface ListOptions {
  readonly namespace?: string;
  /** Labels that the objects must have, all of them; they are found by an index. */
  readonly matchLabels?: Readonly<Record<string, string>>;
  /** As kubectl's `-l`: `app=web,tier in (a,b),!canary`. */
  readonly labelSelector?: string;
  /** As kubectl's `--field-selector`: `spec.nodeName=n1,status.phase!=Running`. */
  readonly fieldSelector?: string;
}

export interface WatchOptions extends ListOptions {
  /** Deliver what happened after this revision first. @throws ApiError Expired when it is no longer kept. */
  readonly sinceRevision?: number;
  /** Deliver the present objects as ADDED first. @default false */
  readonly sendInitialEvents?: boolean;
}

/** What somebody may do or not. @see authorization.k8s.io/v1 SubjectAccessReview */
export type AccessQuestion = { readonly verb: string; readonly user?: string } & (
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'resource';
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
);

/** Who asks for a write, and how: for rules that look at it. */
export interface WriteRequest {
  readonly user: {
    readonly name: string;
    readonly groups: readonly string[];
  };
  /** Whether somebody may do something; who asks, unless it says who. */
  readonly authorize?: (question: AccessQuestion) => {
    readonly isAllowed: boolean;
    readonly reason: string;
  };
  /** The version of the API that was asked. @default the one that is stored */
  readonly version?: string;
  /** `status`, `resize`; absent for the object itself. */
  readonly subresource?: string | undefined;
  /** What the request is about where that is not the stored object: its Scale, say. @default the object itself */
  readonly shown?: {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
    of(object: KubeObject): KubeObject;
  };
  /** What the client said besides, as its options have it: `fieldManager`, say. @default nothing */
  readonly options?: Readonly<Record<string, string>>;
  /** Tells the client something that does not stop the write. */
  readonly warn: (text: string) => void;
}

/** What others make of a write on its way into the store. @see ../apiserver/webhooks */
export interface WriteReview {
  /** The object as its plugins want it; a new one goes on instead. @throws what stops the write */
  mutated(write: RuledWrite, object: KubeObject | undefined): KubeObject | undefined;
  /** The object as it would be stored. @throws what stops the write */
  validated(write: RuledWrite, object: KubeObject | undefined): void;
}

export interface WriteOptions {
  /** @default nobody is asked */
  readonly review?: WriteReview;
  /** Absent where a part of the cluster writes. */
  readonly request?: WriteRequest;
  /** At least 0, below 1: for what is to take nothing from the choices that a seed repeats. @default the store's own */
  readonly random?: () => number;
  /** Validate and answer as if it were written. @default false */
  readonly isDryRun?: boolean;
  /** Last word on the object before it is admitted, its defaults filled in: who owns its fields, say. */
  readonly manage?: (object: KubeObject, old: KubeObject | undefined) => KubeObject;
}

export interface UpdateOptions extends WriteOptions {
  /**
   * `status` writes status alone; `finalize` a Namespace's spec.finalizers alone; `part` what of the spec only
   * subresources write, which the caller has put into it; absent writes everything else.
   */
  readonly subresource?: 'status' | 'finalize' | 'part';
  /** The object is what is stored, with a change: another uid is a wrong field and no other life of it. @default false */
  readonly isPatch?: boolean;
}

export interface DeleteOptions extends WriteOptions {
  /** @default 'Background' */
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Pods only: overrides the Pod's terminationGracePeriodSeconds; 0 removes at once. */
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** What pure code may see of the store. Objects are shared: never change them in place. */
export interface StoreReader {
  /** The revision of the last change; 0 when nothing was ever written. */
  readonly revision: number;
  get<K extends KindName>(
    kind: K,
    namespace: string | undefined,
    name: string,
  ): ObjectOf<K> | undefined;
  /** In order of namespace and name; of `ANY_KIND` kind by kind. @throws ApiError BadRequest for a selector that cannot be read. */
  list<K extends KindName>(kind: K, options?: ListOptions): readonly ObjectOf<K>[];
  /** Objects of `kind`, or of `ANY_KIND`, whose ownerReferences name `uid`; O(answer). */
  ownedBy<K extends KindName>(kind: K, uid: string): readonly ObjectOf<K>[];
}

/**
 * The cluster's state as Kubernetes' API keeps it: the only mutable state that parts share.
 *
 * Every write defaults, allocates, validates and commits in one step; watchers are called after the commit, in order
 * of revision, each event once. A watcher may write: its events come after those under way.
 */
export interface Store extends StoreReader {
  /** @throws ApiError AlreadyExists, Invalid, Forbidden (namespace terminating), NotFound (no such namespace). */
  create<T extends KubeObject>(object: T, options?: WriteOptions): T;
  /**
   * Replaces the object; a `metadata.resourceVersion` makes it conditional. Writing what is already there changes nothing.
   *
   * @throws ApiError NotFound, Conflict, Invalid.
   */
  update<T extends KubeObject>(object: T, options?: UpdateOptions): T;
  /**
   * Deletes, or marks as being deleted where finalizers or a Pod's grace period hold the object.
   *
   * @returns the last state when it is gone, the marked object when it is held. @throws ApiError NotFound, Conflict.
   */
  delete(ref: ObjectRef, options?: DeleteOptions): KubeObject;
  /** Calls `listener` for each change of a kind, or of `ANY_KIND`, until disposed. */
  watch<K extends KindName>(
    kind: K,
    listener: (event: StoreEvent<ObjectOf<K> & KubeObject>) => void,
    options?: WatchOptions,
  ): Disposable;
  /** Every change of every kind. */
  watchAll(listener: (event: StoreEvent) => void): Disposable;
}
