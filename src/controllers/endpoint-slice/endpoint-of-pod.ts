import {
  resolveTargetPort,
  type DiscoveryEndpointPort,
  type Endpoint,
  type Node,
  type Pod,
  type Service,
} from '../../api/index.ts';
import { parseIp } from '../../net/index.ts';
import { defined } from '../defined.ts';
import { isPodReady } from '../pod-condition.ts';
import { podAddresses, publishedHostname } from '../service-pods.ts';

/** The label of a Node's zone. */
export const ZONE = 'topology.kubernetes.io/zone';

export interface PodPlace {
  readonly service: Service;
  /** Absent when the Pod's Node is not known. */
  readonly node: Node | undefined;
  readonly addressType: string;
}

/**
 * A Pod as an endpoint of a Service, with its addresses of one family.
 *
 * `serving` repeats the Pod's Ready condition; `ready` is never true while the Pod is being deleted, unless the
 * Service publishes unready addresses.
 */
export function endpointOf(pod: Pod, { service, node, addressType }: PodPlace): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { namespace = '', name, uid } = pod.metadata;
  return {
    addresses: podAddresses(pod).filter((address) => parseIp(address)?.family === addressType),
    conditions: { ready, serving, terminating },
    targetRef: defined({ kind: 'Pod', namespace, name, uid }),
    ...defined({
      nodeName: pod.spec?.nodeName || undefined,
      zone: node?.metadata.labels?.[ZONE] || undefined,
      hostname: publishedHostname(pod, service),
    }),
  };
}

/** The Service's ports as they are on this Pod; a target that the Pod does not name is left out. */
export function portsOn(pod: Pod, service: Service): readonly DiscoveryEndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = resolveTargetPort(pod, servicePort);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return [defined({ name, port, protocol, appProtocol })];
  });
}
