import type * as apply from './apply.ts';

/** Server-side apply, which nothing needs before somebody applies. */
export function loadApply(): Promise<typeof apply> {
  return import('./apply.ts');
}
