/** How one of several endpoints is chosen, under the names that IPVS has for it. */
import { dh } from './dh.ts';
import { lc } from './lc.ts';
import { mh } from './mh.ts';
import { nq } from './nq.ts';
import { random } from './random.ts';
import { rr } from './rr.ts';
import type { Schedule } from './scheduler.ts';
import { sed } from './sed.ts';
import { sh } from './sh.ts';
import { wlc } from './wlc.ts';
import { wrr } from './wrr.ts';

export { random as pickRandom } from './random.ts';
export type { Schedule, ScheduleInput } from './scheduler.ts';

/** What IPVS calls them, and kube-proxy's own. */
export type SchedulerName =
  | 'random'
  | 'rr'
  | 'wrr'
  | 'lc'
  | 'wlc'
  | 'sh'
  | 'dh'
  | 'sed'
  | 'nq'
  | 'mh';

/** In the order in which they are listed to people; the first is the default. */
export const SCHEDULERS: Readonly<Record<SchedulerName, Schedule>> = {
  random,
  rr,
  wrr,
  lc,
  wlc,
  sh,
  dh,
  sed,
  nq,
  mh,
};

/** Whether there is a scheduler of this name. */
export function isSchedulerName(name: string): name is SchedulerName {
  return Object.hasOwn(SCHEDULERS, name);
}
