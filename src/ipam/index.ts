/** Who gets which address, port and prefix: allocators for Services, Nodes and Pods, and their admission plugins. */
export { HostLocal, type HostLocalRange, type HostLocalState } from './host-local.ts';
export { IpamError, type IpamErrorCode } from './ipam-error.ts';
export {
  DEFAULT_NODE_PORT_RANGE,
  nodePortBands,
  NodePorts,
  parsePortRange,
  type NodePortBands,
  type PortRange,
} from './node-ports.ts';
export { createPodAddresses, type PodAddresses } from './pod-addresses.ts';
export { CidrSet, PodCidrs, type PodCidrsOptions } from './pod-cidrs.ts';
export { lotOf, preferenceOf } from './preference.ts';
export {
  createServiceAllocator,
  type ServiceAllocator,
  type ServiceAllocatorOptions,
} from './service-allocator.ts';
export { DEFAULT_SERVICE_CIDR_NAME, ServiceIps, type ServiceIpsOptions } from './service-ips.ts';
export {
  checkServiceRange,
  DEFAULT_SERVICE_CIDR,
  kubernetesServiceIP,
  serviceBands,
  ServiceRange,
  type RangeSnapshot,
  type ServiceAllocatorKind,
  type ServiceBands,
} from './service-range.ts';
