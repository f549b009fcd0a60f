import { cheapest, type Schedule } from './scheduler.ts';

/** Shortest expected delay: connections with this one more, for its weight. */
export const sed: Schedule = ({ candidates, connectionsTo, weightOf }) =>
  cheapest(candidates, (endpoint) => (connectionsTo(endpoint) + 1) / weightOf(endpoint));
