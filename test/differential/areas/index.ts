/** The areas of `npm run differential`. One line an area. */
import type { Area } from '../script.ts';
import { cronJobs } from './cron-jobs.ts';
import { daemons } from './daemons.ts';
import { deployments } from './deployments.ts';
import { endpoints } from './endpoints.ts';
import { garbage } from './garbage.ts';
import { jobs } from './jobs.ts';
import { sets } from './sets.ts';

export const AREAS: ReadonlyMap<string, Area> = new Map([
  ['endpoints', endpoints],
  ['deployments', deployments],
  ['sets', sets],
  ['daemons', daemons],
  ['jobs', jobs],
  ['cronjobs', cronJobs],
  ['garbage', garbage],
]);
