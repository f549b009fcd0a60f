import type { Answer } from '../../answer.ts';
import { labelsOf } from '../../names.ts';
import { RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import type { Host, Kubernetes } from '../kubernetes/external.ts';
import { hostOf } from '../kubernetes/external.ts';
import { headOf, type ExternalLookup } from './lookup.ts';
import type { ExternalOptions } from './options.ts';

/** Where zone and tables are, without a query. */
export type ExternalZone = Pick<ExternalLookup, 'zone' | 'options' | 'kubernetes'>;

/** The start of authority of an outside zone. */
export function externalSoa({ zone, options, kubernetes }: ExternalZone): ResourceRecord {
  const { apex, ttl } = options;
  return {
    ...headOf(zone, TYPE.SOA, ttl),
    rdata: {
      kind: 'soa',
      soa: {
        mname: joined(`ns1.${apex}`, zone),
        rname: joined(`hostmaster.${apex}`, zone),
        serial: Math.floor(kubernetes.records.modifiedMs / 1000),
        refresh: 7200,
        retry: 1800,
        expire: 86_400,
        minimum: ttl,
      },
    },
  };
}

/** The name server of an outside zone. */
export function externalNs({ zone, options }: ExternalZone): ResourceRecord {
  const target = joined(`ns1.${options.apex}`, zone);
  return { ...headOf(zone, TYPE.NS, options.ttl), rdata: { kind: 'name', target } };
}

/** Addresses of the name server, as records of `name`. */
export function nameServerRecords(
  name: string,
  { options, kubernetes }: ExternalZone,
): readonly ResourceRecord[] {
  return nameServerHosts(kubernetes, options).flatMap((host) =>
    host.kind === 'name'
      ? []
      : [
          {
            ...headOf(name, TYPE[host.kind], options.ttl),
            rdata: { kind: 'address' as const, address: host.address },
          },
        ],
  );
}

/** Where the outside world reaches the Services whose endpoints this server is among; else its own addresses. */
function nameServerHosts(
  { records, localAddresses }: Kubernetes,
  { isHeadless }: ExternalOptions,
): readonly Host[] {
  const own = localAddresses();
  const slices = own.flatMap((address) => records.slicesAt(address));
  if (slices.length === 0) return own.map(hostOf);
  return slices.flatMap((slice) => {
    const service = records.service(slice.namespace, slice.service);
    if (service === undefined) return [];
    return isHeadless && service.type === 'Headless'
      ? slice.endpoints.map(({ host }) => host)
      : service.outside.map(hostOf);
  });
}

/** What the zone's own name holds. */
export function apexAnswer(lookup: ExternalLookup): Answer {
  const { query, zone, options } = lookup;
  if (query.qtype === TYPE.SOA) return positive([externalSoa(lookup)]);
  if (query.qtype !== TYPE.NS) return negativeAnswer(lookup, RCODE.NOERROR);
  const name = joined(`ns1.${options.apex}`, zone);
  return { ...positive([externalNs(lookup)]), additional: nameServerRecords(name, lookup) };
}

/** `dns.ZONE`, `ns1.dns.ZONE`, and names beside that which do not exist. */
export function nameServerAnswer(lookup: ExternalLookup): Answer {
  const { query, zone } = lookup;
  const [first, ...more] = labelsOf(query.qname.slice(0, query.qname.length - zone.length));
  if (more.length === 0) return negativeAnswer(lookup, RCODE.NOERROR);
  if (more.length > 1 || first !== 'ns1') return negativeAnswer(lookup, RCODE.NXDOMAIN);
  const addresses = nameServerRecords(query.name, lookup).filter(
    ({ type }) => type === query.qtype,
  );
  return addresses.length === 0 ? negativeAnswer(lookup, RCODE.NOERROR) : positive(addresses);
}

/** Nothing, with the SOA record. */
export function negativeAnswer(lookup: ExternalZone, rcode: number): Answer {
  const authority = [externalSoa(lookup)];
  return { rcode, isAuthoritative: true, answers: [], authority, additional: [] };
}

function positive(answers: readonly ResourceRecord[]): Answer {
  return { rcode: RCODE.NOERROR, isAuthoritative: true, answers, authority: [], additional: [] };
}

function joined(name: string, zone: string): string {
  return zone === '.' ? `${name}.` : `${name}.${zone}`;
}
