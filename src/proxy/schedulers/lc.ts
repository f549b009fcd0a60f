import { cheapest, type Schedule } from './scheduler.ts';

/** Least connection. */
export const lc: Schedule = ({ candidates, connectionsTo }) => cheapest(candidates, connectionsTo);
