/** Who gets which address, port and prefix: allocators for Services, Nodes and Pods, and their admission plugins. */
export { HostLocal, type HostLocalRange, type HostLocalState } from './host-local.ts';
export { IpamError, type IpamErrorCode } from './ipam-error.ts';
export { createPodAddresses, type PodAddresses } from './pod-addresses.ts';
