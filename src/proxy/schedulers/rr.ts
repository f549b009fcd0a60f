import type { Schedule } from './scheduler.ts';

/** Round robin: one after the other. */
export const rr: Schedule = ({ candidates, turn }) => candidates[turn % candidates.length];
