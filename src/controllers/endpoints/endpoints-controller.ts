import { keyOf, watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { ServiceIndex } from '../service-pods.ts';
import { TriggerTimes } from '../trigger-times.ts';
import { reconcileEndpoints } from './reconcile.ts';

/** Writes the Endpoints object of every Service that has a selector, for those who still read it. */
export function createEndpointsController(): Controller {
  const index = new ServiceIndex();
  const times = new TriggerTimes();
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
      // What somebody writes into the object stands until something else is the reason to look at the Service.
      watchKind('Endpoints', (endpoints, reader) => {
        const { namespace, name } = endpoints.metadata;
        return reader.get('Endpoints', namespace, name) === undefined ? [keyOf(endpoints)] : [];
      }),
    ],
    reconcile: (key, snapshot) => reconcileEndpoints(key, snapshot, times),
  };
}
