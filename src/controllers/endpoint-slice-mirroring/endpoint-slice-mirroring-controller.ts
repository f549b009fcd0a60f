import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { MANAGED_BY, SERVICE_NAME } from '../endpoint-slice/slice-of-service.ts';
import { MIRROR_MANAGER, reconcileMirror } from './reconcile.ts';

/** Mirrors Endpoints that somebody wrote for Services without selector into EndpointSlices. */
export function createEndpointSliceMirroringController(): Controller {
  return {
    name: 'endpointslice-mirroring-controller',
    eventSource: 'endpoint-slice-mirroring-controller',
    watches: [
      watchKind('Endpoints', (endpoints) => [keyOf(endpoints)]),
      watchKind('Service', (service) => [keyOf(service)]),
      {
        ...watchKind('EndpointSlice', ({ metadata }) => {
          const name = metadata.labels?.[SERVICE_NAME];
          const isOurs = metadata.labels?.[MANAGED_BY] === MIRROR_MANAGER;
          return isOurs && name !== undefined ? [`${metadata.namespace ?? ''}/${name}`] : [];
        }),
        ignoresOwnWrites: true,
      },
    ],
    reconcile: reconcileMirror,
  };
}
