import type * as patches from './request-patches.ts';

/** The patches that clients of the API send, which nothing needs before one does. */
export function loadPatches(): Promise<typeof patches> {
  return import('./request-patches.ts');
}
