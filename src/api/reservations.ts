import type { Allocator, Reservation } from './admission.ts';
import type { KubeObject } from './object.ts';

/**
 * Lets every allocator in turn reserve what it has to for one write; the result stands for all of them.
 *
 * When one refuses, what those before it reserved is given back.
 */
export function reserveAll(
  allocators: readonly Allocator[],
  object: KubeObject,
  old: KubeObject | undefined,
): Reservation {
  const reservations: Reservation[] = [];
  const rollback = (): void => {
    for (const reservation of reservations.toReversed()) reservation.rollback();
  };
  let reserved = object;
  try {
    for (const allocator of allocators) {
      const reservation = allocator.reserve(reserved, old);
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
