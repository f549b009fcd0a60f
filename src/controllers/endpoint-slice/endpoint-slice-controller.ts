import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { ServiceIndex } from '../service-pods.ts';
import { TriggerTimes } from '../trigger-times.ts';
import { reconcileSlices } from './reconcile.ts';
import { MANAGED_BY, SERVICE_NAME, SLICE_MANAGER } from './slice-of-service.ts';
import { wantsTopologyHints } from './topology-hints.ts';

export interface EndpointSliceControllerOptions {
  /** How many endpoints a slice holds before another is begun, at most 1000. @default 100 */
  readonly maxEndpointsPerSlice?: number;
}

/** Writes the EndpointSlices of every Service that has a selector. */
export function createEndpointSliceController({
  maxEndpointsPerSlice = 100,
}: EndpointSliceControllerOptions = {}): Controller {
  const index = new ServiceIndex();
  const settings = { maxEndpointsPerSlice, times: new TriggerTimes(), hinted: new Set<string>() };
  return {
    name: 'endpointslice-controller',
    isNewestFirst: true,
    eventSource: 'endpoint-slice-controller',
    watches: [
      watchKind('Service', (service, reader) => {
        index.note(service, reader);
        return [keyOf(service)];
      }),
      watchKind('Pod', (pod, reader) => index.keysOf(pod, reader)),
      {
        ...watchKind('EndpointSlice', ({ metadata }) => {
          const name = metadata.labels?.[SERVICE_NAME];
          const isOurs = metadata.labels?.[MANAGED_BY] === SLICE_MANAGER;
          return isOurs && name !== undefined ? [`${metadata.namespace ?? ''}/${name}`] : [];
        }),
        ignoresOwnWrites: true,
      },
      watchKind('Node', (_, reader) =>
        reader.list('Service').filter(wantsTopologyHints).map(keyOf),
      ),
    ],
    reconcile: (key, snapshot) => reconcileSlices(key, snapshot, settings),
  };
}
