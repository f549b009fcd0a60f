import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { ServiceIndex } from '../service-pods.ts';
import { reconcileEndpoints } from './reconcile.ts';

/** Writes the Endpoints object of every Service that has a selector, for those who still read it. */
export function createEndpointsController(): Controller {
  const index = new ServiceIndex();
  return {
    name: 'endpoints-controller',
    isNewestFirst: true,
    eventSource: 'endpoint-controller',
    watches: [
      watchKind('Service', (service, reader) => {
        index.note(service, reader);
        return [keyOf(service)];
      }),
      watchKind('Pod', (pod, reader) => index.keysOf(pod, reader)),
      { ...watchKind('Endpoints', (endpoints) => [keyOf(endpoints)]), ignoresOwnWrites: true },
    ],
    reconcile: reconcileEndpoints,
  };
}
