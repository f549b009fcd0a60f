import { sameList, type ServiceDraft } from './service-draft.ts';

/**
 * Ties `clusterIPs` to `clusterIP` for clients that know only the latter.
 *
 * @see kubernetes pkg/registry/core/service/storage/storage.go, `normalizeClusterIPs`
 */
export function normalizeClusterIPs({ spec, old }: ServiceDraft): void {
  const { clusterIP = '', clusterIPs = [] } = spec;
  if (old === undefined) {
    if (clusterIP !== '' && clusterIPs.length === 0) spec.clusterIPs = [clusterIP];
    return;
  }
  if ((old.clusterIP ?? '') === clusterIP) return;
  if (!sameList(old.clusterIPs, clusterIPs)) return;
  if (clusterIP === '') delete spec.clusterIPs;
  else spec.clusterIPs = [clusterIP];
}
