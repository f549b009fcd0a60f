import type { Position } from '../../net/index.ts';

/** Something about a manifest that its author should know. */
export interface Problem {
  /** With an error nothing is applied. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly position: Position;
  /** The object it is about: `Service shop/api`. */
  readonly object?: string;
  /** What to do about it, as a whole sentence. */
  readonly hint?: string;
}
