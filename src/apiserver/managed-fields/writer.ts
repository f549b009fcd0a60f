import { formatTime } from '../../api/index.ts';
import type { Target } from '../context.ts';
import { apiVersionOf } from '../context.ts';
import type { Manager, ManagerId } from './managers.ts';

/** Who writes, and when. */
export interface Writer {
  readonly target: Target;
  readonly manager: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** How the writer goes by in managed fields. */
export function managerId({ target, manager }: Writer, operation: Manager['operation']): ManagerId {
  return {
    name: manager,
    operation,
    apiVersion: apiVersionOf(target),
    subresource: target.subresource ?? '',
  };
}

/** When a write was, as managed fields have it: those of a Scale tell no time. */
export function timeOf({ target, now }: Writer): string {
  return target.subresource === 'scale' ? '' : formatTime(now);
}
