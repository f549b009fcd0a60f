import type { EndpointSlice, Service, Store } from '../api/index.ts';
import type { RouteBackend } from '../ingress/index.ts';
import type { ServiceEndpoint } from '../proxy/index.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';

/**
 * The endpoints of a Service without a ClusterIP: kube-proxy knows nothing of it, and an ingress serves it all the same.
 *
 * @returns undefined when it has a ClusterIP, or no such port.
 */
export function headlessEndpoints(
  store: Store,
  { namespace, service: name, port: wanted }: RouteBackend,
): readonly ServiceEndpoint[] | undefined {
  const service = store.get('Service', namespace, name);
  const { clusterIP, ports = [] }: NonNullable<Service['spec']> = service?.spec ?? {};
  if (clusterIP !== 'None') return undefined;
  const port = ports.find((own) => wanted === own.name || wanted === own.port || wanted === 0);
  if (port === undefined) return undefined;
  return store
    .list('EndpointSlice', { namespace, matchLabels: { [SERVICE_NAME]: name } })
    .flatMap((slice) => readyOf(slice, port.name ?? ''));
}

function readyOf(
  { endpoints = [], ports = [] }: EndpointSlice,
  portName: string,
): readonly ServiceEndpoint[] {
  const number = ports.find(({ name = '' }) => name === portName)?.port;
  if (number === undefined) return [];
  return endpoints.flatMap(({ addresses, conditions, targetRef, nodeName, zone }) => {
    const [address] = addresses;
    if (address === undefined || conditions?.ready === false) return [];
    const { namespace = '', name } = targetRef ?? {};
    return [
      {
        key: `${address}:${number}`,
        address,
        port: number,
        isReady: true,
        isServing: true,
        isTerminating: false,
        node: nodeName,
        zone,
        hintedZones: [],
        hintedNodes: [],
        pod: name === undefined ? undefined : { namespace, name },
      },
    ];
  });
}
