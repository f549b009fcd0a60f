import type * as conversions from './conversions/index.ts';

/** Objects in other versions than the one that is stored. */
export type Conversions = typeof conversions;

/** What nobody needs who neither serves the API nor judges by rules. */
export function loadConversions(): Promise<Conversions> {
  return import('./conversions/index.ts');
}
