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
import type { ServiceEndpoint } from '../proxy/index.ts';
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
  readonly locate: (host: string, path: string) => Destination;
  readonly dial: DialEndpoint;
  readonly certificateFor: (servername: string) => KeyPair | undefined;
  readonly isOurs: (ingress: Ingress, reader: StoreReader) => boolean;
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
    locate: (host, path) => {
      const match = matchRoute(index.table, { host, path });
      if (match.kind === 'none')
        return { kind: 'answer', status: 404, reason: `no Ingress takes ${host}${path}` };
      const { backend } = match.route;
      const endpoints = backend === undefined ? [] : (endpointsOf(backend) ?? []);
      if (backend === undefined || endpoints.length === 0) return unavailable(match.route);
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

function unavailable({ backend, source: { namespace, name } }: Route): Destination {
  const what =
    backend === undefined
      ? 'a backend that is no Service'
      : `service ${backend.namespace}/${backend.service} port ${backend.port}`;
  return {
    kind: 'answer',
    status: 503,
    reason: `Ingress ${namespace}/${name} leads to ${what}, which has no ready endpoint`,
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
