/** The backend that serves Services and Pods on loopback aliases, with no privileges. */
export type { ListenVia } from './wanted.ts';
export type { Reach } from './reach.ts';
export {
  createUserspaceBackend,
  type BackendView,
  type UserspaceBackend,
  type UserspaceBackendOptions,
} from './userspace.ts';
