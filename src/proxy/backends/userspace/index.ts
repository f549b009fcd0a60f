/** The backend that serves Services and Pods on loopback aliases, with no privileges. */
export { balancedNode } from './incoming-flow.ts';
export type { ListenVia } from './wanted.ts';
export type { Reach } from './reach.ts';
export {
  createUserspaceBackend,
  type BackendSync,
  type BackendView,
  type HealthCheckFailure,
  type UserspaceBackend,
  type UserspaceBackendOptions,
} from './userspace.ts';
