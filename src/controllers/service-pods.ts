import { matchesLabels, type Pod, type Service, type StoreReader } from '../api/index.ts';
import { keyOf } from './change.ts';
import { isPodTerminal } from './pod-condition.ts';

/** Whether the controllers of endpoints take care of the Service: it has a selector and is a name for nothing else. */
export function isSelecting(service: Service): boolean {
  return (
    service.spec?.type !== 'ExternalName' && Object.keys(service.spec?.selector ?? {}).length > 0
  );
}

/** The Pods that a Service selects, whatever their state. */
export function podsOf(service: Service, reader: StoreReader): readonly Pod[] {
  const { metadata, spec } = service;
  return reader.list('Pod', {
    namespace: metadata.namespace ?? '',
    matchLabels: spec?.selector ?? {},
  });
}

/** Whether a Pod has a place among endpoints: it has an address and has not run to its end. @see endpointslice util `ShouldPodBeInEndpoints` */
export function isEndpoint(pod: Pod, { withTerminating }: { withTerminating: boolean }): boolean {
  if (isPodTerminal(pod) || podAddresses(pod).length === 0) return false;
  return withTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** Every address of a Pod, the primary one first. */
export function podAddresses({ status }: Pod): readonly string[] {
  const addresses = (status?.podIPs ?? []).map(({ ip }) => ip);
  return addresses.length > 0 || status?.podIP === undefined || status.podIP === ''
    ? addresses
    : [status.podIP];
}

/** The host name under which the Service publishes the Pod: only where the Pod's subdomain is that Service. */
export function publishedHostname({ spec }: Pod, service: Service): string | undefined {
  if (spec?.hostname === undefined || spec.hostname === '') return undefined;
  return spec.subdomain === service.metadata.name ? spec.hostname : undefined;
}

/** Whether a Service has an address of its own, so is not headless. */
export function hasClusterIP({ spec }: Service): boolean {
  return spec?.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None';
}

/**
 * Finds the Services that select a Pod at a cost that does not grow with the number of Services.
 *
 * Services are noted under one label of their selector. What is noted may be out of date, so each find is checked
 * against the store and dropped when it no longer holds.
 */
export class ServiceIndex {
  /** Keys of Services by `namespace label=value`. */
  readonly #byLabel = new Map<string, Set<string>>();

  /** To be called for every Service that appears or changes; one that is gone is passed over. */
  note(service: Service, reader: StoreReader): void {
    const place = placeOf(service);
    const { namespace, name } = service.metadata;
    if (place === undefined || reader.get('Service', namespace, name) === undefined) return;
    const keys = this.#byLabel.get(place) ?? new Set();
    this.#byLabel.set(place, keys.add(service.metadata.name));
  }

  /** Keys of the Services that select `pod`. */
  keysOf(pod: Pod, reader: StoreReader): readonly string[] {
    const { namespace = '', labels = {} } = pod.metadata;
    const found: string[] = [];
    for (const [label, value] of Object.entries(labels)) {
      const place = `${namespace} ${label}=${value}`;
      for (const name of this.#byLabel.get(place) ?? []) {
        const service = reader.get('Service', namespace, name);
        if (service === undefined || placeOf(service) !== place) this.#forget(place, name);
        else if (matchesLabels(service.spec?.selector ?? {}, labels)) found.push(keyOf(service));
      }
    }
    return found;
  }

  #forget(place: string, name: string): void {
    const names = this.#byLabel.get(place);
    names?.delete(name);
    if (names?.size === 0) this.#byLabel.delete(place);
  }
}

function placeOf(service: Service): string | undefined {
  if (!isSelecting(service)) return undefined;
  const [first] = Object.entries(service.spec?.selector ?? {});
  return first && `${service.metadata.namespace ?? ''} ${first[0]}=${first[1]}`;
}
