import { cheapest, type Schedule } from './scheduler.ts';

/** Weighted least connection: connections for its weight. */
export const wlc: Schedule = ({ candidates, connectionsTo, weightOf }) =>
  cheapest(candidates, (endpoint) => connectionsTo(endpoint) / weightOf(endpoint));
