import type { ApiResponse } from '../request.ts';

/** A Status that says that it was done. */
export function success(status: 200 | 201): ApiResponse {
  return {
    status,
    kind: 'object',
    object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: status },
  };
}
