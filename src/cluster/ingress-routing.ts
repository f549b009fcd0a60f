import type { Ingress, KubeObject, Store, StoreReader } from '../api/index.ts';
import type { IngressStatusOptions } from '../controllers/index.ts';
import type { DatapathView } from '../datapath/index.ts';
import {
  annotationProblems,
  controllerOptions,
  errorFields,
  hasHost,
  isControllerConfigMap,
  isControllerWorkload,
  isOurs,
  personalityOf,
  publishAddresses,
  refuse,
  RouteIndex,
  routeRequest,
  type AdmissionFacts,
  type Destination,
  type DialEndpoint,
  type ForwardedRequest,
  type KeyPair,
  type RoutedRequest,
  type RouteRequest,
  type RoutingFacts,
  type ServerNames,
} from '../ingress/index.ts';
import { ConnectError, parseIp, type Connect, type Endpoint, type Origin } from '../net/index.ts';
import { backendProblem } from './backend-problem.ts';
import { flowOf, nodeCaller } from './caller.ts';
import { CertificateCache } from './certificate-cache.ts';
import { ingressFacts, type IngressFacts } from './ingress-facts.ts';
import { createIngressEndpoints, type IngressEndpoints } from './ingress-endpoints.ts';

export interface IngressRoutingOptions {
  readonly store: Store;
  readonly view: DatapathView;
  readonly random: () => number;
  readonly admissionFacts: () => AdmissionFacts;
  readonly connect: Connect;
  /** The addresses of a name, as a Pod on a Node's network asks for it. */
  readonly resolve: (name: string, origin: Origin) => Promise<readonly string[]>;
}

/** What the ingress asks of the cluster. */
export interface IngressRouting extends Disposable, Pick<IngressEndpoints, 'endpointsOf'> {
  readonly index: RouteIndex;
  readonly locate: (request: RouteRequest) => Destination;
  readonly dial: DialEndpoint;
  readonly certificateFor: (servername: string) => KeyPair | undefined;
  readonly serverNames: ServerNames;
  readonly isOurs: (ingress: Ingress, reader: StoreReader) => boolean;
  /** What the status of Ingresses is to say. */
  readonly status: IngressStatusOptions;
  /** What metrics tell of the Ingresses. */
  facts(): IngressFacts;
  /** Whether an Ingress names this host, as it is or by a wildcard. */
  hasHost(host: string): boolean;
  /** What becomes of a request, with every reason. @param dice In [0, 1), for what is left to chance. */
  explain(request: RouteRequest, dice?: () => number): RoutedRequest;
}

/** Routes from the Ingresses, endpoints from the Services, certificates from the Secrets. */
export function createIngressRouting(options: IngressRoutingOptions): IngressRouting {
  const { store, view, random } = options;
  const index = new RouteIndex(store);
  const certificates = new CertificateCache(store);
  const endpoints = createIngressEndpoints(store, view);
  const facts = (): RoutingFacts => ({
    table: index.table,
    random,
    hasEndpoints: endpoints.isServable,
  });
  return {
    index,
    isOurs,
    status: statusOptions(),
    endpointsOf: endpoints.endpointsOf,
    hasHost: (host) => hasHost(index.table, host),
    explain: (request, dice = random) =>
      routeRequest({ ...facts(), random: dice, isExplained: true }, request),
    locate: (request) => {
      const routed = routeRequest(facts(), request);
      if (routed.kind === 'answer') return routed;
      return destinationOf(routed, request, { store, endpoints });
    },
    dial: (endpoint, signal) => dial(endpoint, signal, options),
    certificateFor: (servername) => {
      const claim = index.certificateClaim(servername, certificates.isFor);
      return claim === undefined ? undefined : certificates.get(claim);
    },
    serverNames: serverNames(index, endpoints),
    facts: () =>
      ingressFacts({
        store,
        certificateOf: (claim) => certificates.get(claim),
        endpointsOf: endpoints.endpointsOf,
        admissionFacts: options.admissionFacts,
      }),
    [Symbol.dispose]: () => {
      index[Symbol.dispose]();
      emptyStatus(store);
    },
  };
}

/** As in ingress-nginx, TLS is passed on to the ClusterIP of a Service. */
function serverNames(index: RouteIndex, { placesOf }: IngressEndpoints): ServerNames {
  return {
    isNeeded: () => index.isServerNameNeeded,
    clientTlsFor: (servername) => index.clientTlsFor(servername),
    passthroughFor: (servername) => {
      const backend = index.passthroughFor(servername);
      return backend && placesOf(backend, { isServiceUpstream: true });
    },
  };
}

interface Places {
  readonly store: Store;
  readonly endpoints: IngressEndpoints;
}

function destinationOf(
  routed: ForwardedRequest,
  request: RouteRequest,
  { store, endpoints }: Places,
): Destination {
  const { fallback, policy, backend } = routed;
  const own = endpoints.placesOf(backend, policy);
  if (own.length > 0) return { kind: 'endpoints', endpoints: own, backend, routed };
  const other = fallback === undefined ? [] : endpoints.placesOf(fallback, {});
  if (fallback === undefined || other.length === 0) {
    const { namespace, name } = routed.route.source;
    const why = `Ingress ${namespace}/${name}: ${backendProblem(store, backend)}`;
    return { kind: 'answer', answer: refuse(503, policy, why), policy, route: routed.route };
  }
  const { set = [] } = errorFields(503, routed.route, request);
  const requestHeaders = {
    ...policy.requestHeaders,
    set: [...(policy.requestHeaders?.set ?? []), ...set.map(literally)],
  };
  return {
    kind: 'endpoints',
    endpoints: other,
    backend: fallback,
    routed: { ...routed, backend: fallback, policy: { ...policy, requestHeaders } },
  };
}

/** What a client says must not be read as a variable. */
function literally([name, value]: readonly [string, string]): readonly [string, string] {
  return [name, value.replaceAll('$', () => '${literal_dollar}')];
}

/** Services of type ExternalName lead to names. */
async function dial(
  endpoint: Endpoint,
  signal: AbortSignal,
  { view, connect, random, resolve }: IngressRoutingOptions,
): ReturnType<DialEndpoint> {
  const caller = nodeCaller(view);
  if (parseIp(endpoint.address) !== undefined)
    return connect(flowOf(caller, endpoint, { random }), { signal });
  const [address] = await resolve(endpoint.address, caller.origin);
  if (address === undefined)
    throw new ConnectError('ERR_UNREACHABLE', `${endpoint.address} has no address`);
  return connect(flowOf(caller, { ...endpoint, address }, { random }), { signal });
}

function statusOptions(): IngressStatusOptions {
  return {
    isOurs,
    addressesOf: publishAddresses,
    problemsOf: annotationProblems,
    isConcern: (object, reader) =>
      isControllerWorkload(object) ||
      (object.kind === 'ConfigMap' && isControllerConfigMap(object, reader)) ||
      isPublished(object, reader),
  };
}

function isPublished({ kind, metadata }: KubeObject, reader: StoreReader): boolean {
  if (kind !== 'Service') return false;
  return controllerOptions(reader).publishService === `${metadata.namespace}/${metadata.name}`;
}

/** As ingress-nginx does when its last controller ends: its Ingresses are served nowhere then. */
function emptyStatus(store: Store): void {
  for (const ingress of store.list('Ingress')) {
    if (ingress.status?.loadBalancer?.ingress === undefined) continue;
    if (personalityOf(ingress, store) !== 'ingress-nginx') continue;
    const emptied: Ingress = { ...ingress, status: { loadBalancer: {} } };
    // Generated types are interfaces, which TypeScript does not take for an object with an index signature.
    store.update(emptied as unknown as KubeObject, { subresource: 'status' });
  }
}
