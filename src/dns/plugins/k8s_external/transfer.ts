import { TYPE, type ResourceRecord } from '../../wire/index.ts';
import { hostOf, type Kubernetes, type ServiceRecords } from '../kubernetes/external.ts';
import { externalNs, externalSoa, nameServerRecords, type ExternalZone } from './apex.ts';
import { headOf } from './lookup.ts';
import type { ExternalOptions } from './options.ts';
import { addressRecord, ownerIn } from './target-answer.ts';

/** All records of an outside zone, from SOA to SOA; load balancers that are names come as aliases. */
export function transferExternal(
  zone: string,
  { options, kubernetes }: { readonly options: ExternalOptions; readonly kubernetes: Kubernetes },
): readonly ResourceRecord[] {
  const place: ExternalZone = { zone, options, kubernetes };
  const soa = externalSoa(place);
  const services = kubernetes.records.allServices(false);
  return [
    soa,
    externalNs(place),
    ...nameServerRecords(ownerIn(`ns1.${options.apex}`, zone), place),
    ...services.flatMap((service) => serviceRecords(service, place)),
    soa,
  ];
}

function serviceRecords(service: ServiceRecords, place: ExternalZone): readonly ResourceRecord[] {
  const { zone, options, kubernetes } = place;
  const owner = ownerIn(`${service.name}.${service.namespace}`, zone);
  const isByEndpoint =
    options.isHeadless && service.outside.length === 0 && service.type === 'Headless';
  if (isByEndpoint) return endpointRecords(service, owner, place);
  const { ttl } = kubernetes.settings;
  const addresses = service.outside.map((text): ResourceRecord => {
    const host = hostOf(text);
    if (host.kind !== 'name') return addressRecord(owner, host, options.ttl);
    const target = host.name.endsWith('.') ? host.name : `${host.name}.`;
    return { ...headOf(owner, TYPE.CNAME, ttl), rdata: { kind: 'name', target } };
  });
  const ports = service.outside.length === 0 ? [] : service.ports;
  return [
    ...addresses,
    ...ports.flatMap(({ name, protocol, port }) =>
      name === '' || port === undefined
        ? []
        : [serviceRecord(`_${name}._${protocol}.${owner}`, { port, target: owner, ttl })],
    ),
  ];
}

function endpointRecords(
  { slices }: ServiceRecords,
  owner: string,
  { options, kubernetes }: ExternalZone,
): readonly ResourceRecord[] {
  const { ttl } = kubernetes.settings;
  return slices.flatMap(({ endpoints, ports }) =>
    endpoints.flatMap(({ host, label }) => {
      if (host.kind === 'name') return [];
      const target = `${label}.${owner}`;
      return [
        addressRecord(owner, host, options.ttl),
        addressRecord(target, host, options.ttl),
        ...ports.flatMap(({ name, protocol, port }) =>
          name === '' || port === undefined
            ? []
            : [serviceRecord(`_${name}._${protocol}.${owner}`, { port, target, ttl })],
        ),
      ];
    }),
  );
}

function serviceRecord(
  name: string,
  { port, target, ttl }: { readonly port: number; readonly target: string; readonly ttl: number },
): ResourceRecord {
  return {
    ...headOf(name, TYPE.SRV, ttl),
    rdata: { kind: 'srv', priority: 0, weight: 100, port, target },
  };
}
