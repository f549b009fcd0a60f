import { hostOf } from './records.ts';
import type { KubernetesSettings } from './options.ts';
import type { ClusterRecords } from './tables.ts';

const IN_ADDR = '.in-addr.arpa.';
const IP6 = '.ip6.arpa.';

/** Whether `qname` is below one of the reverse trees. */
export function isReverse(qname: string): boolean {
  return qname.endsWith(IN_ADDR) || qname.endsWith(IP6);
}

/**
 * The address that a reverse name spells; undefined when it spells none.
 *
 * Labels left of 32 nibbles are overlooked when they are fewer than four, as CoreDNS does.
 */
export function addressOfReverse(qname: string): string | undefined {
  const isIPv4 = qname.endsWith(IN_ADDR);
  if (!isIPv4 && !qname.endsWith(IP6)) return undefined;
  const parts = qname
    .slice(0, -(isIPv4 ? IN_ADDR : IP6).length)
    .split('.')
    .toReversed();
  const host = hostOf(isIPv4 ? parts.join('.') : groupNibbles(parts));
  return host.kind === 'name' ? undefined : host.address;
}

/**
 * Names of the Service or the endpoints at `address`, in the primary zone.
 *
 * A Service's cluster IP has one name; an address of endpoints one for each Service that selects it.
 */
export function namesAt(
  address: string,
  records: ClusterRecords,
  settings: KubernetesSettings,
): readonly string[] {
  const isShown = (namespace: string): boolean =>
    settings.namespaces === undefined || records.hasNamespace(namespace);
  const service = records.servicesAt(address).find(({ namespace }) => isShown(namespace));
  if (service !== undefined)
    return [`${service.name}.${service.namespace}.svc.${settings.primaryZone}`];
  const names = new Set<string>();
  for (const slice of records.slicesAt(address)) {
    if (!isShown(slice.namespace)) continue;
    for (const endpoint of slice.endpoints)
      if (endpoint.address === address)
        names.add(
          `${endpoint.label}.${slice.service}.${slice.namespace}.svc.${settings.primaryZone}`,
        );
  }
  return [...names];
}

function groupNibbles(parts: readonly string[]): string {
  const groups: string[] = [];
  for (let at = 0; at + 4 <= parts.length; at += 4) groups.push(parts.slice(at, at + 4).join(''));
  return groups.join(':');
}
