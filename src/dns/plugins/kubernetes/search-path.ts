import { below, zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import type { KubernetesSettings } from './options.ts';
import type { ClusterRecords } from './tables.ts';

/**
 * Where the Pod that asks looks names up, nearest first: its Namespace, all Services, the zone.
 *
 * Pods are known by their address, and only where they are verified.
 */
export function searchPathOf(
  { qname, client }: Query,
  { zones }: KubernetesSettings,
  records: ClusterRecords,
): readonly string[] | undefined {
  const zone = zoneOf(qname, zones);
  const namespace = records.podAt(client.address)?.namespace;
  if (zone === undefined || namespace === undefined) return undefined;
  const services = below('svc', zone);
  return [below(namespace, services), services, zone];
}
