import { ApiError } from '../../api/index.ts';

/** A resource version that a client sent; undefined for none, 0 for any. @throws ApiError Invalid for another text. */
export function parseRevision(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const quoted = JSON.stringify(text);
  throw new ApiError(
    'InternalError',
    `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
  );
}

/** @throws ApiError Timeout for a version that the store has not reached: it may come from another life of it. */
export function checkRevision(text: string | null, present: number): void {
  const wanted = parseRevision(text) ?? 0;
  if (wanted <= present) return;
  throw new ApiError(
    'Timeout',
    `Timeout: Too large resource version: ${wanted}, current: ${present}`,
    {
      otherCauses: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  );
}
