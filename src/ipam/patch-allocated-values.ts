import type { ServicePort, ServiceSpec } from '../api/index.ts';
import {
  hasClusterIP,
  hasHealthCheck,
  hasNodePorts,
  nodePortOf,
  nodePortsOf,
  type ServiceDraft,
} from './service-draft.ts';

/**
 * Puts back what an update left out of what was allocated before, so that the manifest that made a Service can be
 * applied again: addresses, node ports by port name, the health-check port.
 *
 * @see kubernetes pkg/registry/core/service/storage/storage.go, `patchAllocatedValues`
 */
export function patchAllocatedValues({ spec, old }: ServiceDraft): void {
  if (old === undefined) return;
  if (hasClusterIP(old) && hasClusterIP(spec)) patchClusterIPs(spec, old);
  if (hasNodePorts(old) && hasNodePorts(spec)) patchNodePorts(spec, old);
  if (hasHealthCheck(old) && hasHealthCheck(spec) && old.healthCheckNodePort !== undefined)
    spec.healthCheckNodePort ||= old.healthCheckNodePort;
}

function patchClusterIPs(spec: ServiceDraft['spec'], old: ServiceSpec): void {
  if (old.clusterIP !== undefined) spec.clusterIP ||= old.clusterIP;
  if (old.clusterIPs !== undefined && !spec.clusterIPs?.length) spec.clusterIPs = old.clusterIPs;
}

/** A port that the new object gives to another of its entries is not put back. */
function patchNodePorts(spec: ServiceDraft['spec'], old: ServiceSpec): void {
  if (spec.ports === undefined) return;
  const used = new Set(nodePortsOf(spec));
  const byName = new Map(old.ports?.map((port) => [port.name ?? '', nodePortOf(port)]));
  spec.ports = spec.ports.map((port): ServicePort => {
    const before = byName.get(port.name ?? '') ?? 0;
    return nodePortOf(port) !== 0 || before === 0 || used.has(before)
      ? port
      : { ...port, nodePort: before };
  });
}
