import type { DiscoveryEndpointPort, EndpointSlice, Service } from '../../api/index.ts';
import { ownerReferenceTo } from '../owner.ts';
import { hasClusterIP } from '../service-pods.ts';

/** The label by which a slice names its Service. */
export const SERVICE_NAME = 'kubernetes.io/service-name';
/** The label by which a slice names its controller. */
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** The EndpointSlice controller, as `MANAGED_BY` names it. */
export const SLICE_MANAGER = 'endpointslice-controller.k8s.io';
/** The label of what belongs to a headless Service. */
export const HEADLESS = 'service.kubernetes.io/headless';

const RESERVED: ReadonlySet<string> = new Set([SERVICE_NAME, MANAGED_BY, HEADLESS]);

type Labels = Readonly<Record<string, string>>;

/** Which slices of a Service may hold which endpoints. */
export interface SliceShape {
  readonly addressType: string;
  readonly ports: readonly DiscoveryEndpointPort[];
}

/** A slice of the Service without endpoints and without a name yet. */
export function sliceOf(service: Service, { addressType, ports }: SliceShape): EndpointSlice {
  const { namespace, name } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${name}-`,
      ...(namespace !== undefined && { namespace }),
      labels: sliceLabels(service),
      ownerReferences: [ownerReferenceTo(service)],
    },
    addressType,
    endpoints: [],
    ports,
  };
}

/** The labels of the Service's slices: its own, and over them the reserved ones. */
export function sliceLabels(service: Service): Labels {
  return {
    ...unreserved(service.metadata.labels),
    ...(!hasClusterIP(service) && { [HEADLESS]: '' }),
    [SERVICE_NAME]: service.metadata.name,
    [MANAGED_BY]: SLICE_MANAGER,
  };
}

/** Whether a slice carries other labels of its own than its Service does. */
export function hasOtherLabels(slice: EndpointSlice, service: Service): boolean {
  const wanted = unreserved(service.metadata.labels);
  const present = unreserved(slice.metadata.labels);
  const keys = Object.keys(wanted);
  return (
    keys.length !== Object.keys(present).length || keys.some((key) => wanted[key] !== present[key])
  );
}

function unreserved(labels: Labels = {}): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !RESERVED.has(key)));
}
