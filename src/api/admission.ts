import type { KubeObject } from './object.ts';

/** A reservation that belongs to one write: kept when the write lands, given back when it fails. */
export interface Reservation<T extends KubeObject = KubeObject> {
  /** The object with what was reserved filled in. */
  readonly object: T;
  commit(): void;
  rollback(): void;
}

export interface ReserveOptions {
  /** Nothing may stay reserved: what would be chosen freely gets a stand-in. @default false */
  readonly isDryRun?: boolean;
}

/**
 * Assigns what only the server can assign (cluster IPs, node ports).
 *
 * It runs after defaulting and before validation, inside every write of its kinds: creates, updates, status updates and
 * the mark of a deletion that finalizers hold up. IPAM's allocators are such plugins.
 */
export interface Allocator {
  /** Kinds it wants to see. */
  readonly kinds: readonly string[];
  /** @throws ApiError when what is asked for cannot be had; nothing stays reserved then. */
  reserve(object: KubeObject, old: KubeObject | undefined, options?: ReserveOptions): Reservation;
  /** Takes what an object has that was stored before; absent where nothing is given away. @throws ApiError as `reserve` */
  restore?(object: KubeObject): void;
  /** The object is gone from the store. */
  release(object: KubeObject): void;
}
