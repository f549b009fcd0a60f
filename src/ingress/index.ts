/** HTTP from outside to Services: routes from Ingresses, and the data path that carries requests. */
export { accessLogLine, isAccessLogged, type AccessLogFormat } from './access-log.ts';
export { checkUser } from './basic-auth.ts';
export { isCertificateFor, keyPairOf, type KeyPair } from './certificates.ts';
export { describeSource } from './explain-match.ts';
export { hasHost } from './find-route.ts';
export { errorFields } from './error-fields.ts';
export {
  annotationNotes,
  annotationProblems,
  checkIngress,
  controllerOptions,
  createIngressAdmission,
  describeForeign,
  foreignClassOf,
  isControllerConfigMap,
  isControllerWorkload,
  isOurs,
  personalityOf,
  publishAddresses,
  type AdmissionFacts,
  type AnnotationNote,
  type CertificateClaim,
  type CompiledIngress,
  type ForeignClass,
  type IngressPersonality,
  type NginxIngress,
} from './from-ingress/index.ts';
export type { CertificateFacts, ControllerFacts, OrphanFacts } from './controller-metrics.ts';
export { IngressMetrics, type MetricFacts } from './ingress-metrics.ts';
export { loadCrypto } from './load-crypto.ts';
export { serveIngressMetrics } from './metrics-server.ts';
export { reasonOf, refuse } from './refuse.ts';
export { upstreamFields } from './request-fields.ts';
export { downstreamFields } from './response-fields.ts';
export { RouteIndex } from './route-index.ts';
export type {
  ForwardedRequest,
  RouteAnswer,
  RoutedRequest,
  RoutePolicy,
  RouteRequest,
} from './route-policy.ts';
export { routeRequest, type RoutingFacts } from './route-request.ts';
export type { Route, RouteBackend, RouteSource, RouteTable } from './route-table.ts';
export type { RequestRecord } from './request-record.ts';
export type { Destination, DialName } from './services.ts';
export {
  serveIngress,
  type IngressListen,
  type IngressServer,
  type IngressServerOptions,
} from './server.ts';
export type { ServerNames } from './tls.ts';
export { keyOf, type DialEndpoint } from './upstream-pool.ts';
