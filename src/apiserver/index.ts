/** The cluster's state over HTTP, as kubectl, client-go and everything built on them expect it. */
export { ADMIN, isSameSecret, type TokenReviewer } from './authentication.ts';
export type { ApiContext, ResourceHandler, Target } from './context.ts';
export {
  createCredentials,
  withAddresses,
  type KeyPair,
  type ServerCredentials,
} from './credentials.ts';
export { cleanCustomResources } from './custom-cleanup.ts';
export { kubeconfigOf, type KubeconfigEntry } from './kubeconfig.ts';
export type { ApiRequest, ApiResponse, StreamSink, User } from './request.ts';
export type {
  CommandStreams,
  ContainerTarget,
  LogOptions,
  PodAccess,
} from './streams/pod-access.ts';
export { creationReview } from './resources/carry-out.ts';
export { Snapshots } from './resources/snapshots.ts';
export { createTokenIssuer, type TokenIssuer, type TokenWish } from './tokens.ts';
export { SUBRESOURCES } from './subresources/index.ts';
export { bootstrapPolicy } from './authorization/index.ts';
export { route, routeUpgrade } from './routes.ts';
export { serveApi, type ApiServer, type ApiServerOptions, type UpgradeRequest } from './server.ts';
