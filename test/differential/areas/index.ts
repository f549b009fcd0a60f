/** The areas of `npm run differential`. One line an area. */
import type { Area } from '../script.ts';
import { endpoints } from './endpoints.ts';

export const AREAS: ReadonlyMap<string, Area> = new Map([['endpoints', endpoints]]);
