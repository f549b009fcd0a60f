import type { Schedule } from './scheduler.ts';
import { sed } from './sed.ts';

/** Never queue: an idle endpoint if there is one, else the shortest expected delay. */
export const nq: Schedule = (input) =>
  input.candidates.find((endpoint) => input.connectionsTo(endpoint) === 0) ?? sed(input);
