import { below } from '../../names.ts';
import { TYPE, type ResourceRecord } from '../../wire/index.ts';
import type { Lookup } from './lookup.ts';
import type { Host, PortRecord, ServiceRecords, SliceRecords } from './records.ts';
import { addressRecord, nameServers, recordOf, soaRecord } from './zone-records.ts';

/** Weight of SRV records, shared by the targets of one name. */
const WEIGHT = 100;

/**
 * All records of a zone, from SOA to SOA: its name servers, then Services in order of their names.
 *
 * Pods and reverse names are not among them, and addresses of name servers come without TTL, as in CoreDNS.
 */
export function transferZone(lookup: Lookup): readonly ResourceRecord[] {
  const { records, isMulticluster } = lookup;
  const soa = soaRecord(lookup);
  const services = records
    .allServices(isMulticluster)
    .filter(({ namespace }) => records.hasNamespace(namespace));
  return [
    soa,
    ...nameServerRecords(lookup),
    ...services.flatMap((service) => serviceRecords(service, lookup)),
    soa,
  ];
}

function nameServerRecords(lookup: Lookup): readonly ResourceRecord[] {
  const { zone, settings } = lookup;
  const servers = nameServers(lookup);
  const names = new Set(servers.map(({ name }) => name));
  const delegations = [...names].map((target) =>
    recordOf({ name: zone, ttl: settings.ttl }, TYPE.NS, { kind: 'name', target }),
  );
  return [
    ...delegations,
    ...servers.flatMap(({ name, host }) => addressRecord(name, host, 0) ?? []),
  ];
}

function serviceRecords(service: ServiceRecords, lookup: Lookup): readonly ResourceRecord[] {
  const { zone, settings } = lookup;
  const owner = below(`${service.name}.${service.namespace}.svc`, zone);
  const [host] = service.hosts;
  if (service.type === 'ExternalName')
    return host?.kind === 'name' ? [aliasRecord(owner, host.name, settings.ttl)] : [];
  if (service.type === 'ClusterIP' && host !== undefined)
    return clusterRecords(service, owner, lookup);
  return service.slices.flatMap((slice) => sliceRecords(slice, owner, lookup));
}

function aliasRecord(name: string, externalName: string, ttl: number): ResourceRecord {
  const target = externalName.endsWith('.') ? externalName : `${externalName}.`;
  return recordOf({ name, ttl }, TYPE.CNAME, { kind: 'name', target });
}

/** Each port has two SRV records: under the Service itself, and under its own name. */
function clusterRecords(
  { hosts, ports }: ServiceRecords,
  owner: string,
  { settings }: Lookup,
): readonly ResourceRecord[] {
  const { ttl } = settings;
  const addresses = hosts.flatMap((host) => addressRecord(owner, host, ttl) ?? []);
  const services = ports.flatMap((port) => {
    const plain = serviceRecord(owner, { port, target: owner, weight: WEIGHT, ttl });
    const named = serviceRecord(portName(port, owner), {
      port,
      target: owner,
      weight: WEIGHT,
      ttl,
    });
    return port.name === '' ? plain : [...plain, ...named];
  });
  return [...addresses, ...services];
}

function sliceRecords(
  { endpoints, ports }: SliceRecords,
  owner: string,
  { settings }: Lookup,
): readonly ResourceRecord[] {
  const { ttl } = settings;
  const weight = Math.max(1, Math.floor(WEIGHT / endpoints.length));
  return endpoints.flatMap(({ host, label }) => {
    const target = below(label, owner);
    const named = ports.filter(({ name }) => name !== '');
    return [
      ...addressesAt([owner, target], host, ttl),
      ...named.flatMap((port) =>
        serviceRecord(portName(port, owner), { port, target, weight, ttl }),
      ),
    ];
  });
}

function addressesAt(names: readonly string[], host: Host, ttl: number): readonly ResourceRecord[] {
  return names.flatMap((name) => addressRecord(name, host, ttl) ?? []);
}

function portName({ name, protocol }: PortRecord, owner: string): string {
  return `_${name}._${protocol}.${owner}`;
}

interface ServiceTarget {
  readonly port: PortRecord;
  readonly target: string;
  readonly weight: number;
  readonly ttl: number;
}

/** A Service without ports has none. */
function serviceRecord(
  name: string,
  { port: { port }, target, weight, ttl }: ServiceTarget,
): readonly ResourceRecord[] {
  if (port === undefined) return [];
  return [recordOf({ name, ttl }, TYPE.SRV, { kind: 'srv', priority: 0, weight, port, target })];
}
