import { slotOf, slotOwner } from './hash-table.ts';
import type { Schedule } from './scheduler.ts';

/** Source hashing: a client's address says where it goes. */
export const sh: Schedule = ({ candidates, weightOf, source }) =>
  slotOwner(candidates, weightOf, slotOf(source));
