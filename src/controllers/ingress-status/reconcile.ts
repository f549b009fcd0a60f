import {
  deepEqual,
  type Ingress,
  type IngressLoadBalancerIngress,
  type StoreReader,
} from '../../api/index.ts';
import { parseIp } from '../../net/index.ts';
import { keyOf, splitKey, updateStatus, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

export interface IngressStatusOptions {
  /** Where the ingress listens: addresses or host names. @default ['127.0.0.1'] */
  readonly addresses?: readonly string[];
  /** Whether the ingress serves an Ingress; the ingress itself knows. */
  readonly isOurs: (ingress: Ingress, reader: StoreReader) => boolean;
}

/** Writes into every Ingress that is served where it is served, and takes that out of those that are no longer. */
export function createIngressStatusController({
  addresses = ['127.0.0.1'],
  isOurs,
}: IngressStatusOptions): Controller {
  const served = addresses.map((address): IngressLoadBalancerIngress =>
    parseIp(address) === undefined ? { hostname: address } : { ip: address },
  );
  return {
    name: 'ingress-status-controller',
    watches: [
      watchKind('Ingress', (ingress) => [keyOf(ingress)]),
      watchKind('IngressClass', (_, reader) => reader.list('Ingress').map(keyOf)),
    ],
    reconcile: (key, snapshot) => reconcileStatus(key, snapshot, { served, isOurs }),
  };
}

interface StatusOptions extends Pick<IngressStatusOptions, 'isOurs'> {
  readonly served: readonly IngressLoadBalancerIngress[];
}

function reconcileStatus(
  key: string,
  snapshot: Snapshot,
  { served, isOurs }: StatusOptions,
): readonly Change[] {
  const ingress = snapshot.get('Ingress', ...splitKey(key));
  if (ingress === undefined) return [];
  const present = ingress.status?.loadBalancer?.ingress ?? [];
  if (isOurs(ingress, snapshot)) {
    if (deepEqual(present, served)) return [];
    return [updateStatus({ ...ingress, status: { loadBalancer: { ingress: served } } })];
  }
  // Only what was written here is taken back: another controller's status is its own.
  if (present.length === 0 || !deepEqual(present, served)) return [];
  return [updateStatus({ ...ingress, status: { loadBalancer: {} } })];
}
