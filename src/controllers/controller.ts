import type {
  ApiError,
  DeleteOptions,
  KindName,
  KubeObject,
  ObjectRef,
  StoreReader,
  WriteOptions,
} from '../api/index.ts';

/** The store as one reconcile sees it. */
export interface Snapshot extends StoreReader {
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a controller wants done; carried out in order, the rest dropped and the key tried again when one fails. */
export type Change =
  | {
      readonly kind: 'create';
      readonly object: KubeObject;
      readonly announce?: Announce;
      /** What is to be done where the API refuses the object, before the key is tried again. */
      readonly whenRefused?: (error: ApiError) => readonly Change[];
    }
  | { readonly kind: 'update'; readonly object: KubeObject; readonly announce?: Announce }
  | { readonly kind: 'updateStatus'; readonly object: KubeObject }
  /** A Namespace's spec.finalizers, which nothing else may take away. */
  | { readonly kind: 'finalize'; readonly object: KubeObject }
  | {
      readonly kind: 'delete';
      readonly ref: ObjectRef;
      readonly options?: DeleteOptions;
      readonly announce?: Announce;
    }
  | { readonly kind: 'event'; readonly event: EventNote }
  /** Reconcile this key again after a time, whatever happens. */
  | { readonly kind: 'requeue'; readonly afterMs: number }
  /** Count this reconcile as failed: what came before stands, and the key is tried again with growing delays. */
  | { readonly kind: 'fail'; readonly because: string };

/** The Event to record once a write was tried; the object as written, where it got a generated name, or the error. */
export type Announce = (outcome: KubeObject | ApiError) => EventNote | undefined;

/** An Event to record about `about`; @see events as `kubectl describe` shows them */
export interface EventNote {
  /** An object, and perhaps a part of it. */
  readonly about: ObjectRef & { readonly fieldPath?: string };
  /** The Node on which the component runs that says it. */
  readonly host?: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Which objects wake a controller. */
export interface ControllerWatch {
  readonly kind: KindName;
  /** Keys to reconcile after a change of `object`; called for the old and the new object. */
  readonly keys: (object: KubeObject, reader: StoreReader) => readonly string[];
  /** Whether a change of what was there is of interest. @default always */
  readonly isOfInterest?: (object: KubeObject, old: KubeObject) => boolean;
  /** Whether the controller's own writes go unheard: for one whose reconcile leaves nothing to do. @default false */
  readonly ignoresOwnWrites?: boolean;
}

/** One control loop: a snapshot in, changes out. It knows neither the store, nor time, nor other controllers. */
export interface Controller {
  /** As kube-controller-manager calls it: `deployment-controller`. */
  readonly name: string;
  /** Who its Events are from, where that differs from the name (`endpoint-slice-controller`). */
  readonly eventSource?: string;
  readonly watches: readonly ControllerWatch[];
  /** Keys that it reconciles before the others get their turn. @default 4 */
  readonly keysARound?: number;
  /** Serves what has changed last before what has waited longest. @default false */
  readonly isNewestFirst?: boolean;
  /** @param key `namespace/name` of what is reconciled, or as `watches` made it. */
  reconcile(key: string, snapshot: Snapshot): readonly Change[];
}

/** What others have to say to an object before a controller may create it. */
export interface CreationReview {
  /** Whether anybody may want to; otherwise it is created at once. */
  isNeeded(): boolean;
  /**
   * Calls `write` with a review to pass on to the store, more than once where somebody has something to say.
   *
   * @param signal Aborted: nobody is asked any more, and nothing written. @throws ApiError of the store, and of whoever refuses.
   */
  carryOut(
    write: (options: Pick<WriteOptions, 'review'>) => KubeObject,
    signal: AbortSignal,
  ): Promise<KubeObject>;
}
