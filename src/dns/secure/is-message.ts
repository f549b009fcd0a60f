import { decodeMessage } from '../wire/index.ts';

/** Whether bytes can be answered at all: where it can be said, those who send something else are told. */
export function isMessage(bytes: Buffer): boolean {
  try {
    return !decodeMessage(bytes).flags.isResponse;
  } catch {
    return false;
  }
}
