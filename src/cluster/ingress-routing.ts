import type { Ingress, Store, StoreReader } from '../api/index.ts';
import type { DatapathView } from '../datapath/index.ts';
import {
  hasHost,
  isCertificateFor,
  isOurs,
  keyPairOf,
  refuse,
  RouteIndex,
  routeRequest,
  type CertificateClaim,
  type Destination,
  type DialEndpoint,
  type ForwardedRequest,
  type KeyPair,
  type RouteBackend,
  type RoutedRequest,
  type RouteRequest,
  type RoutingFacts,
} from '../ingress/index.ts';
import type { Connect, Endpoint } from '../net/index.ts';
import type { ServiceEndpoint } from '../proxy/index.ts';
import { backendProblem } from './backend-problem.ts';
import { flowOf, nodeCaller } from './caller.ts';

export interface IngressRoutingOptions {
  readonly store: Store;
  readonly view: DatapathView;
  readonly random: () => number;
  readonly connect: Connect;
}

/** What the ingress asks of the cluster. */
export interface IngressRouting extends Disposable {
  readonly index: RouteIndex;
  readonly locate: (request: RouteRequest) => Destination;
  readonly dial: DialEndpoint;
  readonly certificateFor: (servername: string) => KeyPair | undefined;
  readonly isOurs: (ingress: Ingress, reader: StoreReader) => boolean;
  /** Whether an Ingress names this host, as it is or by a wildcard. */
  hasHost(host: string): boolean;
  /** What becomes of a request, with every reason. */
  explain(request: RouteRequest): RoutedRequest;
  /** The endpoints of a backend that may serve now; undefined when there is no such Service or port. */
  endpointsOf(backend: RouteBackend): readonly ServiceEndpoint[] | undefined;
}

/** Routes from the Ingresses, endpoints from the Services, certificates from the Secrets. */
export function createIngressRouting({
  store,
  view,
  random,
  connect,
}: IngressRoutingOptions): IngressRouting {
  const index = new RouteIndex(store);
  const certificates = new CertificateCache(store);
  const turns = new Map<string, number>();
  const endpointsOf = (backend: RouteBackend): readonly ServiceEndpoint[] | undefined => {
    const port = view.services
      .get(backend.namespace, backend.service)
      ?.ports.find(
        ({ protocol, name, port: number }) =>
          protocol === 'TCP' &&
          (backend.port === name || backend.port === number || backend.port === 0),
      );
    if (port === undefined) return undefined;
    return [...port.endpoints.IPv4, ...port.endpoints.IPv6].filter(({ isReady }) => isReady);
  };
  const hasEndpoints = (backend: RouteBackend): boolean => (endpointsOf(backend) ?? []).length > 0;
  const facts = (): RoutingFacts => ({ table: index.table, random, hasEndpoints });
  const destinationOf = (routed: ForwardedRequest): Destination => {
    const { fallback, policy } = routed;
    const backend =
      fallback !== undefined && !hasEndpoints(routed.backend) ? fallback : routed.backend;
    const endpoints = endpointsOf(backend) ?? [];
    if (endpoints.length === 0) {
      const { namespace, name } = routed.route.source;
      const why = `Ingress ${namespace}/${name}: ${backendProblem(store, routed.backend)}`;
      return { kind: 'answer', answer: refuse(503, policy, why), policy };
    }
    const key = `${backend.namespace}/${backend.service}:${backend.port}`;
    const turn = turns.get(key) ?? 0;
    turns.set(key, (turn + 1) % 0x40_00_00_00);
    return { kind: 'endpoints', endpoints: rotate(endpoints, turn), routed };
  };
  return {
    index,
    isOurs,
    endpointsOf,
    hasHost: (host) => hasHost(index.table, host),
    explain: (request) => routeRequest({ ...facts(), isExplained: true }, request),
    locate: (request) => {
      const routed = routeRequest(facts(), request);
      if (routed.kind === 'answer')
        return { kind: 'answer', answer: routed.answer, policy: routed.policy };
      return destinationOf(routed);
    },
    dial: (endpoint, signal) => connect(flowOf(nodeCaller(view), endpoint, { random }), { signal }),
    certificateFor: (servername) => {
      const claim = index.certificateClaim(servername, certificates.isFor);
      return claim === undefined ? undefined : certificates.get(claim);
    },
    [Symbol.dispose]: () => index[Symbol.dispose](),
  };
}

/** Round robin: each request begins one endpoint further. */
function rotate(endpoints: readonly ServiceEndpoint[], turn: number): readonly Endpoint[] {
  const start = turn % endpoints.length;
  return start === 0 ? endpoints : [...endpoints.slice(start), ...endpoints.slice(0, start)];
}

/** Key pairs by Secret, so that one certificate is one object for as long as it does not change. */
class CertificateCache {
  readonly #store: Store;
  readonly #hosts = new WeakMap<KeyPair, Map<string, boolean>>();
  readonly #pairs = new Map<
    string,
    { readonly resourceVersion: string | undefined; readonly pair: KeyPair | undefined }
  >();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether the certificate of a claim is one for a host; remembered for as long as the Secret stays. */
  readonly isFor = (claim: CertificateClaim, host: string): boolean => {
    const pair = this.get(claim);
    if (pair === undefined) return false;
    const hosts = this.#hosts.get(pair) ?? new Map<string, boolean>();
    this.#hosts.set(pair, hosts);
    const before = hosts.get(host);
    if (before !== undefined) return before;
    const isFor = isCertificateFor(pair, host);
    hosts.set(host, isFor);
    return isFor;
  };

  get({ namespace, secretName }: CertificateClaim): KeyPair | undefined {
    const secret = this.#store.get('Secret', namespace, secretName);
    if (secret === undefined) return undefined;
    const key = `${namespace}/${secretName}`;
    const known = this.#pairs.get(key);
    const { resourceVersion } = secret.metadata;
    if (known !== undefined && known.resourceVersion === resourceVersion) return known.pair;
    const pair = keyPairOf(secret);
    this.#pairs.set(key, { resourceVersion, pair });
    return pair;
  }
}
