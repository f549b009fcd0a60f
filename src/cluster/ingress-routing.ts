import type { Ingress, Store, StoreReader } from '../api/index.ts';
import type { DatapathView } from '../datapath/index.ts';
import {
  isOurs,
  keyPairOf,
  matchRoute,
  RouteIndex,
  selectCertificate,
  type CertificateClaim,
  type Destination,
  type DialEndpoint,
  type KeyPair,
  type Route,
  type RouteBackend,
} from '../ingress/index.ts';
import type { Connect, Endpoint } from '../net/index.ts';
import type { Step } from '../observe/index.ts';
import type { ServiceEndpoint } from '../proxy/index.ts';
import { backendProblem } from './backend-problem.ts';
import { flowOf, nodeCaller } from './caller.ts';

export interface IngressRoutingOptions {
  readonly store: Store;
  readonly view: DatapathView;
  readonly random: () => number;
  readonly connect: Connect;
}

/** What becomes of a request at the ingress. */
export interface ExplainedRoute {
  readonly isRouted: boolean;
  readonly backend: RouteBackend | undefined;
  readonly steps: readonly Step[];
}

/** What the ingress asks of the cluster. */
export interface IngressRouting extends Disposable {
  readonly index: RouteIndex;
  readonly locate: (host: string, path: string) => Destination;
  readonly dial: DialEndpoint;
  readonly certificateFor: (servername: string) => KeyPair | undefined;
  readonly isOurs: (ingress: Ingress, reader: StoreReader) => boolean;
  /** Whether an Ingress names this host, as it is or by a wildcard. */
  hasHost(host: string): boolean;
  /** Which rule takes a request, and why; without a backend where none does, or where it is no Service. */
  explain(host: string, path: string): ExplainedRoute;
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
          protocol === 'TCP' && (backend.port === name || backend.port === number),
      );
    if (port === undefined) return undefined;
    return [...port.endpoints.IPv4, ...port.endpoints.IPv6].filter(({ isReady }) => isReady);
  };
  return {
    index,
    isOurs,
    endpointsOf,
    hasHost: (host) => {
      const { hosts, wildcards } = index.table;
      const name = host.toLowerCase().replace(/\.$/, '');
      return hosts.has(name) || wildcards.has(name.replace(/^[^.]+/, ''));
    },
    explain: (host, path) => {
      const match = matchRoute(index.table, { host, path }, true);
      const isRouted = match.kind === 'route';
      return { isRouted, backend: isRouted ? match.route.backend : undefined, steps: match.steps };
    },
    locate: (host, path) => {
      const match = matchRoute(index.table, { host, path });
      if (match.kind === 'none')
        return { kind: 'answer', status: 404, reason: `no Ingress takes ${host}${path}` };
      const { backend } = match.route;
      const endpoints = backend === undefined ? [] : (endpointsOf(backend) ?? []);
      if (backend === undefined || endpoints.length === 0) return unavailable(store, match.route);
      const key = `${backend.namespace}/${backend.service}:${backend.port}`;
      const turn = turns.get(key) ?? 0;
      turns.set(key, (turn + 1) % 0x40_00_00_00);
      return { kind: 'endpoints', endpoints: rotate(endpoints, turn) };
    },
    dial: (endpoint, signal) => connect(flowOf(nodeCaller(view), endpoint, { random }), { signal }),
    certificateFor: (servername) => {
      const claim = selectCertificate(index.certificateClaims(), servername);
      return claim === undefined ? undefined : certificates.get(claim);
    },
    [Symbol.dispose]: () => index[Symbol.dispose](),
  };
}

function unavailable(store: Store, { backend, source: { namespace, name } }: Route): Destination {
  const why = backend === undefined ? 'its backend is no Service' : backendProblem(store, backend);
  return { kind: 'answer', status: 503, reason: `Ingress ${namespace}/${name}: ${why}` };
}

/** Round robin: each request begins one endpoint further. */
function rotate(endpoints: readonly ServiceEndpoint[], turn: number): readonly Endpoint[] {
  const start = turn % endpoints.length;
  return start === 0 ? endpoints : [...endpoints.slice(start), ...endpoints.slice(0, start)];
}

/** Key pairs by Secret, so that one certificate is one object for as long as it does not change. */
class CertificateCache {
  readonly #store: Store;
  readonly #pairs = new Map<
    string,
    { readonly resourceVersion: string | undefined; readonly pair: KeyPair | undefined }
  >();

  constructor(store: Store) {
    this.#store = store;
  }

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
