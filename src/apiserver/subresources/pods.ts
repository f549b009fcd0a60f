import { ApiError } from '../../api/index.ts';
import type { ApiContext } from '../context.ts';
import type { PodAccess } from '../streams/pod-access.ts';

/** The way to the kubelets. @throws ApiError ServiceUnavailable where there are none. */
export function podsOf({ pods }: ApiContext): PodAccess {
  if (pods !== undefined) return pods;
  throw new ApiError('ServiceUnavailable', 'no kubelet runs behind this API server');
}
