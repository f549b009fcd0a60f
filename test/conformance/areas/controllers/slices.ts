import type { Endpoint, EndpointSlice } from '../../../../src/api/index.ts';
import type { Field } from './plant.ts';
import { sorted } from './expectation.ts';

export const MANAGER = 'endpointslice-controller.k8s.io';
export const MIRROR = 'endpointslicemirroring-controller.k8s.io';

/** Slices of the Service, by the controller that wrote them. */
export function slicesOf(field: Field, manager: string): readonly EndpointSlice[] {
  return field.store
    .list('EndpointSlice', { labelSelector: `endpointslice.kubernetes.io/managed-by=${manager}` })
    .toSorted((a, b) => birth(field, a) - birth(field, b));
}

/** What happened to slices after the controllers started, by name. */
export function touched(field: Field, type: 'ADDED' | 'MODIFIED' | 'DELETED'): readonly string[] {
  const names = field.writes
    .filter((event) => event.type === type && event.kind === 'EndpointSlice')
    .map(({ object }) => object.metadata.name);
  return [...new Set(names)];
}

/** An endpoint as tables write it: without the uid that every run makes anew. */
export function plainEndpoint({ targetRef, ...endpoint }: Endpoint): object {
  if (targetRef === undefined) return endpoint;
  const { uid: _, ...target } = targetRef;
  return { ...endpoint, targetRef: target };
}

/** A slice as tables write it. */
export function plainSlice({ addressType, ports = [], endpoints = [] }: EndpointSlice): object {
  return { addressType, ports: sorted(ports), endpoints: sorted(endpoints.map(plainEndpoint)) };
}

/** Plants a slice as the controller would have left it. */
export function plantSlice(field: Field, slice: object): void {
  field.create({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...slice });
}

/** When a slice came about: planted ones before all others. */
function birth(field: Field, { metadata }: EndpointSlice): number {
  const index = field.writes.findIndex(
    ({ type, object }) => type === 'ADDED' && object.metadata.name === metadata.name,
  );
  return index;
}
