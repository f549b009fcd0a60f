import { below } from '../../names.ts';
import { CLASS, TYPE, type Rdata, type ResourceRecord } from '../../wire/index.ts';
import { hostOf, type Host } from './records.ts';
import type { Lookup } from './lookup.ts';

/** Version of the schema that the zone follows. */
export const SCHEMA_VERSION = '1.1.0';
/** Label of the server's own name, where it runs outside of the cluster. */
export const NAME_SERVER = 'ns.dns';
const MAX_SOA_TTL = 300;

/** A record of class IN. */
export function recordOf(
  { name, ttl }: { readonly name: string; readonly ttl: number },
  type: number,
  rdata: Rdata,
): ResourceRecord {
  return { name, type, class: CLASS.IN, ttl, rdata };
}

/** The address record of `host`; undefined for a name. */
export function addressRecord(name: string, host: Host, ttl: number): ResourceRecord | undefined {
  if (host.kind === 'name') return undefined;
  return recordOf({ name, ttl }, TYPE[host.kind], { kind: 'address', address: host.address });
}

/** The start of authority, its names under the zone as it was asked. */
export function soaRecord({ zone, settings, records }: Lookup): ResourceRecord {
  return recordOf({ name: zone, ttl: Math.min(settings.ttl, MAX_SOA_TTL) }, TYPE.SOA, {
    kind: 'soa',
    soa: {
      mname: below(NAME_SERVER, zone),
      rname: below('hostmaster', zone),
      serial: Math.floor(records.modifiedMs / 1000),
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: settings.ttl,
    },
  });
}

/** Whether the asked name is that of the server itself; a zone asked in capitals has none, as in CoreDNS. */
export function isNameServer({ query, zone }: Lookup): boolean {
  return query.qname === below(NAME_SERVER, zone);
}

/**
 * Names and addresses of the server: those of the Services whose endpoints it is among, else its own under `ns.dns`.
 */
export function nameServers(lookup: Lookup): readonly { name: string; host: Host }[] {
  const { records, zone } = lookup;
  const localAddresses = lookup.localAddresses();
  const slices = localAddresses.flatMap((address) => records.slicesAt(address));
  if (slices.length === 0)
    return localAddresses.map((address) => ({
      name: below(NAME_SERVER, zone),
      host: hostOf(address),
    }));
  return slices.flatMap((slice) => {
    const service = records.service(slice.namespace, slice.service);
    if (service === undefined || service.type === 'ExternalName') return [];
    const name = below(`${service.name}.${service.namespace}.svc`, zone);
    return service.type === 'Headless'
      ? slice.endpoints.map(({ label, host }) => ({ name: `${label}.${name}`, host }))
      : service.hosts.map((host) => ({ name, host }));
  });
}
