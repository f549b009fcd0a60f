import type { Allocator, Reservation, ReserveOptions } from './admission.ts';
import type { KubeObject } from './object.ts';

/** One write as allocators see it. */
export interface AllocatedWrite extends ReserveOptions {
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
}

/**
 * Lets every allocator in turn reserve what it has to for one write; the result stands for all of them.
 *
 * When one refuses, what those before it reserved is given back.
 */
export function reserveAll(
  allocators: readonly Allocator[],
  { object, old, ...options }: AllocatedWrite,
): Reservation {
  const reservations: Reservation[] = [];
  const rollback = (): void => {
    for (const reservation of reservations.toReversed()) reservation.rollback();
  };
  let reserved = object;
  try {
    for (const allocator of allocators) {
      const reservation = allocator.reserve(reserved, old, options);
      reservations.push(reservation);
      reserved = reservation.object;
    }
  } catch (error) {
    rollback();
    throw error;
  }
  const commit = (): void => {
    for (const reservation of reservations) reservation.commit();
  };
  return { object: reserved, commit, rollback };
}
