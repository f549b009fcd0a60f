import { ApiError } from '../../../../src/api/index.ts';
import { IpamError } from '../../../../src/ipam/index.ts';

/** What one step came to. */
export interface Outcome {
  readonly value?: string;
  readonly error?: string;
  /** The HTTP status of an API error. */
  readonly code?: number;
  readonly isOutOfRange?: boolean;
}

/** Runs one step; errors that the tables speak of become outcomes. */
export function attempt(step: () => string | void): Outcome {
  try {
    const value = step();
    return typeof value === 'string' ? { value } : {};
  } catch (error) {
    if (error instanceof IpamError)
      return { error: error.message, isOutOfRange: error.code === 'ERR_IPAM_OUT_OF_RANGE' };
    if (error instanceof ApiError) return { error: error.message, code: error.status };
    throw error;
  }
}

/** `allocNext x 3` as three steps; a note in parentheses is dropped. */
export function expandSteps(steps: readonly string[]): readonly string[] {
  return steps.flatMap((step) => {
    const [, verb = step, count = '1'] = /^(\w+) x (\d+)$/.exec(step) ?? [];
    return Array.from({ length: Number(count) }, () => verb.replace(/ \([^)]*\)$/, ''));
  });
}

/** The outcome as the tables write it. */
export function show({ value, error }: Outcome): string {
  return error ?? value ?? 'ok';
}
