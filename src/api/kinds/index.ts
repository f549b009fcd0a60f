/** What podlane knows of each kind besides what discovery tells: one row and one file a kind. */
import type { KindRow } from '../kind.ts';
import { SERVICE } from './service.ts';

/** Every kind that has a row of its own; the others are stored as they are. */
export const KINDS: readonly KindRow[] = [SERVICE];
