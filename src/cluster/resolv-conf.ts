import type { ResolvConfRequest, ResolvConfResult } from '../control/index.ts';
import { formatResolvConf } from '../dns/index.ts';
import { loopbackAlias } from '../net/index.ts';
import { podCaller } from './caller.ts';
import type { Cluster } from './create-cluster.ts';
import { dnsServiceIP } from './system-objects.ts';

const DNS_PORT = 53;

/**
 * The resolv.conf of a Pod as the kubelet writes it, or with nameservers as this host reaches them.
 *
 * @throws PodlaneError `ERR_NO_SUCH_POD`
 */
export function printResolvConf(
  cluster: Cluster,
  { pod: named, namespace, isForHost }: ResolvConfRequest,
): ResolvConfResult {
  const { store, names } = cluster;
  const origin = named === undefined ? undefined : podCaller(store, named, namespace).origin;
  const pod = origin?.kind === 'pod' ? store.get('Pod', origin.namespace, origin.name) : undefined;
  const { resolvConf, events } =
    pod === undefined ? { resolvConf: names.nodeResolvConf, events: [] } : names.podResolvConf(pod);
  if (!isForHost) return { text: formatResolvConf(resolvConf), warnings: events };
  const nameservers = resolvConf.nameservers.map((address) => reachOf(cluster, address));
  const warnings = [...events, ...nameservers.flatMap(({ warning }) => warning ?? [])];
  const text = formatResolvConf({
    ...resolvConf,
    nameservers: nameservers.map(({ address }) => address),
  });
  return { text, warnings: [...new Set(warnings)] };
}

interface HostReach {
  readonly address: string;
  readonly warning?: string;
}

/** Where this host finds the nameserver of a Pod: only the cluster's DNS is somewhere else. */
function reachOf({ plan, dns }: Cluster, address: string): HostReach {
  if (address !== dnsServiceIP(plan.serviceCIDRs)) return { address };
  const doors = dns?.addresses ?? [];
  const onPort = doors.find(({ port }) => port === DNS_PORT);
  if (onPort !== undefined) return { address: onPort.address };
  const [door] = doors;
  const where = door === undefined ? 'nowhere on this host' : `on ${door.address}:${door.port}`;
  return {
    address: door?.address ?? loopbackAlias(address) ?? '127.0.0.1',
    warning: `resolv.conf has no word for a port, and DNS is served ${where}: programs would ask port ${DNS_PORT} there. Start with --dns 127.0.0.1:53, or let the aliases be served (${loopbackAlias(address) ?? address} port ${DNS_PORT}), where this user may bind the port.`,
  };
}
