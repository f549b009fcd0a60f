import type { ServiceCIDR } from '../../api/index.ts';
import { DEFAULT_SERVICE_CIDR_NAME } from '../../ipam/index.ts';

/** Holds a ServiceCIDR back while addresses are in use that no other range has. */
export const SERVICE_CIDR_FINALIZER = 'networking.k8s.io/service-cidr-finalizer';

/** The ServiceCIDR object that stands for the API server's `--service-cluster-ip-range`. */
export function defaultServiceCIDR(cidrs: readonly string[]): ServiceCIDR {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: DEFAULT_SERVICE_CIDR_NAME, finalizers: [SERVICE_CIDR_FINALIZER] },
    spec: { cidrs },
  };
}
