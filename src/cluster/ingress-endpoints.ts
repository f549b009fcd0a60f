import type { Service, Store } from '../api/index.ts';
import type { DatapathView } from '../datapath/index.ts';
import type { ForwardedRequest, RouteBackend } from '../ingress/index.ts';
import { parseIp, type Endpoint } from '../net/index.ts';
import type { ServiceEndpoint, ServicePort } from '../proxy/index.ts';
import { headlessEndpoints } from './headless-endpoints.ts';

/** Where the backends of the ingress are. */
export interface IngressEndpoints {
  /** The endpoints of a backend that may serve now; undefined when there is no such Service or port. */
  readonly endpointsOf: (backend: RouteBackend) => readonly ServiceEndpoint[] | undefined;
  /** Whether a request can go to a backend now. */
  readonly isServable: (backend: RouteBackend) => boolean;
  /** Where a request for `backend` may go: its endpoints, its ClusterIP where the route asks for that, or a name outside. */
  readonly placesOf: (
    backend: RouteBackend,
    policy: ForwardedRequest['policy'],
  ) => readonly Endpoint[];
}

/** Looks backends up as the cluster is at the time. */
export function createIngressEndpoints(store: Store, view: DatapathView): IngressEndpoints {
  // Each request of a route asks for the same backend.
  const known = new WeakMap<RouteBackend, KnownEndpoints>();
  const endpointsOf = (backend: RouteBackend): readonly ServiceEndpoint[] | undefined => {
    const { revision } = view.services;
    const last = known.get(backend);
    if (last?.revision === revision) return last.endpoints;
    const port = portOf(view, backend);
    // Headless ones are nowhere in the view.
    if (port === undefined) return headlessEndpoints(store, backend);
    const { IPv4, IPv6 } = port.endpoints;
    const endpoints = [...IPv4, ...IPv6].filter(({ isReady }) => isReady);
    known.set(backend, { revision, endpoints });
    return endpoints;
  };
  const otherPlaces = (backend: RouteBackend, isServiceUpstream: boolean): readonly Endpoint[] => {
    const service = store.get('Service', backend.namespace, backend.service);
    if (service?.spec?.type === 'ExternalName') return externalPlace(service, backend);
    return isServiceUpstream && service !== undefined ? clusterPlace(service, backend) : [];
  };
  return {
    endpointsOf,
    isServable: (backend) =>
      (endpointsOf(backend) ?? []).length > 0 || otherPlaces(backend, false).length > 0,
    placesOf: (backend, { isServiceUpstream = false }) => {
      const own = isServiceUpstream ? [] : (endpointsOf(backend) ?? []);
      return own.length > 0 ? own : otherPlaces(backend, isServiceUpstream);
    },
  };
}

/** Endpoints of a backend, as of one revision of the Services. */
interface KnownEndpoints {
  readonly revision: number;
  readonly endpoints: readonly ServiceEndpoint[];
}

function portOf(
  view: DatapathView,
  { namespace, service, port: wanted }: RouteBackend,
): ServicePort | undefined {
  return view.services
    .get(namespace, service)
    ?.ports.find(
      ({ protocol, name, port: number }) =>
        protocol === 'TCP' && (wanted === name || wanted === number || wanted === 0),
    );
}

function externalPlace({ spec }: Service, backend: RouteBackend): readonly Endpoint[] {
  const { externalName = '' } = spec ?? {};
  return externalName === ''
    ? []
    : [{ address: externalName, port: numberOf(spec, backend) ?? Number(backend.port) }];
}

function clusterPlace({ spec }: Service, backend: RouteBackend): readonly Endpoint[] {
  const { clusterIP = '' } = spec ?? {};
  const port = numberOf(spec, backend);
  return parseIp(clusterIP) === undefined || port === undefined
    ? []
    : [{ address: clusterIP, port }];
}

/** The number of the port that a backend names. */
function numberOf(spec: Service['spec'], { port: wanted }: RouteBackend): number | undefined {
  const { ports = [] } = spec ?? {};
  return ports.find(({ name, port }) => wanted === name || wanted === port || wanted === 0)?.port;
}
