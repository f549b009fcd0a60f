/** HTTP from outside to Services: routes from Ingresses, and the data path that carries requests. */
export { keyPairOf, selectCertificate, type KeyPair } from './certificates.ts';
export type { Destination } from './client-connection.ts';
export { isOurs, type CertificateClaim } from './from-ingress/index.ts';
export { matchRoute, type RouteMatch, type RouteQuestion } from './match.ts';
export { RouteIndex } from './route-index.ts';
export type { Route, RouteBackend, RouteTable } from './route-table.ts';
export {
  serveIngress,
  type IngressListen,
  type IngressServer,
  type IngressServerOptions,
} from './server.ts';
export { keyOf, type DialEndpoint } from './upstream-pool.ts';
