import {
  deepEqual,
  resolveTargetPort,
  type EndpointAddress,
  type EndpointPort,
  type Endpoints,
  type EndpointSubset,
  type Pod,
  type Service,
} from '../../api/index.ts';
import { parseIp } from '../../net/index.ts';
import { create, remove, splitKey, update } from '../change.ts';
import type { Change, Snapshot } from '../controller.ts';
import { defined } from '../defined.ts';
import { HEADLESS } from '../endpoint-slice/slice-of-service.ts';
import { addressTypesOf } from '../endpoint-slice/address-types.ts';
import { isPodReady } from '../pod-condition.ts';
import { repackSubsets } from '../repack-subsets.ts';
import {
  hasClusterIP,
  isEndpoint,
  isSelecting,
  podAddresses,
  podsOf,
  publishedHostname,
} from '../service-pods.ts';
import { TRIGGER_TIME } from '../slice-changes.ts';
import type { TriggerTimes } from '../trigger-times.ts';
import { truncateSubsets } from './truncate.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

type Labels = Readonly<Record<string, string>>;

/**
 * Brings the Endpoints object of a Service in line with its Pods: the old form of its slices.
 *
 * @see kubernetes pkg/controller/endpoint/endpoints_controller.go
 */
export function reconcileEndpoints(
  key: string,
  snapshot: Snapshot,
  times: TriggerTimes,
): readonly Change[] {
  const [namespace, name] = splitKey(key);
  const service = snapshot.get('Service', namespace, name);
  const current = snapshot.get('Endpoints', namespace, name);
  if (service === undefined) {
    times.forget(key);
    return current === undefined ? [] : [remove(current)];
  }
  if (!isSelecting(service)) return [];
  const pods = podsOf(service, snapshot);
  const triggerTime = times.next(key, service, pods);
  const wanted = endpointsOf(service, { pods, triggerTime, current });
  if (current === undefined) return [create(wanted)];
  return saysTheSame(current, wanted) ? [] : [update(wanted)];
}

interface Sync {
  readonly pods: readonly Pod[];
  readonly triggerTime: string | undefined;
  readonly current: Endpoints | undefined;
}

function endpointsOf(service: Service, { pods, triggerTime, current }: Sync): Endpoints {
  const { namespace, name } = service.metadata;
  const packed = repackSubsets(subsetsOf(service, pods));
  const cut = truncateSubsets(packed);
  const subsets = cut ?? packed;
  const { [OVER_CAPACITY]: _, [TRIGGER_TIME]: __, ...kept } = current?.metadata.annotations ?? {};
  const annotations = {
    ...kept,
    ...(cut !== undefined && { [OVER_CAPACITY]: 'truncated' }),
    ...(triggerTime !== undefined && { [TRIGGER_TIME]: triggerTime }),
  };
  const { annotations: _annotations, ...identity } = current?.metadata ?? {
    name,
    ...defined({ namespace }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...identity,
      labels: labelsOf(service),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    ...(subsets.length > 0 && { subsets }),
  };
}

/** Whether nothing but the trigger time differs, which alone is no reason to write. */
function saysTheSame(current: Endpoints, wanted: Endpoints): boolean {
  return (
    deepEqual(wanted.subsets ?? [], current.subsets ?? []) &&
    deepEqual(wanted.metadata.labels, current.metadata.labels) &&
    wanted.metadata.annotations?.[OVER_CAPACITY] === current.metadata.annotations?.[OVER_CAPACITY]
  );
}

/** A subset for each Pod and port; they are put together afterwards. */
function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const withTerminating = service.spec?.publishNotReadyAddresses === true;
  return pods
    .filter((pod) => isEndpoint(pod, { withTerminating }))
    .flatMap((pod) => {
      const address = addressOf(pod, service);
      if (address === undefined) return [];
      const isReady = withTerminating || isPodReady(pod);
      const subset = isReady ? { addresses: [address] } : { notReadyAddresses: [address] };
      if ((service.spec?.ports ?? []).length === 0)
        return service.spec?.clusterIP === 'None' ? [subset] : [];
      return portsOn(pod, service).map((port) => ({ ...subset, ports: [port] }));
    });
}

/** The Pod's address of the Service's first family. */
function addressOf(pod: Pod, service: Service): EndpointAddress | undefined {
  const [family] = addressTypesOf(service);
  const ip = podAddresses(pod).find((address) => parseIp(address)?.family === family);
  if (ip === undefined) return undefined;
  const { namespace = '', name, uid } = pod.metadata;
  return {
    ip,
    ...defined({
      hostname: publishedHostname(pod, service),
      nodeName: pod.spec?.nodeName || undefined,
    }),
    targetRef: defined({ kind: 'Pod', namespace, name, uid }),
  };
}

function portsOn(pod: Pod, service: Service): readonly EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = resolveTargetPort(pod, servicePort);
    if (port === undefined) return [];
    const { name, protocol = 'TCP', appProtocol } = servicePort;
    return [defined({ name: name || undefined, port, protocol, appProtocol })];
  });
}

function labelsOf(service: Service): Labels {
  const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(!hasClusterIP(service) && { [HEADLESS]: '' }),
    [MANAGED_BY]: MANAGER,
  };
}
