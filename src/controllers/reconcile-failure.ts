import { ApiError } from '../api/index.ts';
import type { Logger } from '../observe/index.ts';

/** What a `fail` change becomes on its way to the retry. */
export class ReconcileFailure extends Error {
  override readonly name = 'ReconcileFailure';
}

/** A reconcile that throws anything else is a bug. */
export function logFailure(
  log: Logger,
  given: { readonly error: unknown; readonly [field: string]: unknown },
): void {
  const { error } = given;
  const isExpected = error instanceof ApiError || error instanceof ReconcileFailure;
  const fields = { part: 'controllers', ...given };
  if (isExpected) log.debug('reconcile failed', fields);
  else log.error('reconcile failed', fields);
}
