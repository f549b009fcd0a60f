import { slotOf, slotOwner } from './hash-table.ts';
import type { Schedule } from './scheduler.ts';

/** Destination hashing: all that is sent to one address goes to one endpoint, which is pointless for a Service with one. */
export const dh: Schedule = ({ candidates, destination }) =>
  slotOwner(candidates, () => 1, slotOf(destination));
