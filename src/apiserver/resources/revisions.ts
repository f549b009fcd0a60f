import { ApiError } from '../../api/index.ts';

/** A resource version that a client sent; undefined for none, 0 for any. @throws ApiError Invalid for another text. */
export function parseRevision(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ApiError(
    'BadRequest',
    `invalid resource version ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

/** @throws ApiError Timeout for a version that the store has not reached: it may come from another life of it. */
export function checkRevision(text: string | null, present: number): void {
  const wanted = parseRevision(text) ?? 0;
  if (wanted <= present) return;
  throw new ApiError('Timeout', `Too large resource version: ${wanted}, current: ${present}`, {
    otherCauses: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
