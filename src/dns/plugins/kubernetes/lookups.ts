import { absolute, below, isInZone } from '../../names.ts';
import { TYPE, type ResourceRecord } from '../../wire/index.ts';
import type { Target } from './find.ts';
import {
  NODATA,
  requestOf,
  targetsOf,
  type Found,
  type FoundOrMissing,
  type Lookup,
} from './lookup.ts';
import { addressOfReverse, namesAt } from './reverse.ts';
import {
  addressRecord,
  isNameServer,
  nameServers,
  recordOf,
  SCHEMA_VERSION,
  soaRecord,
} from './zone-records.ts';

const SCHEMA_TTL = 28_800;
/** Links of a chain of ExternalNames that are followed inside the zone. */
const MAX_CHAIN = 8;

/** Answers one query type; undefined when the name does not exist. */
export type LookUp = (lookup: Lookup) => FoundOrMissing | Promise<FoundOrMissing>;

/** What each type is answered with; any other tells only whether the name exists. */
export const LOOKUPS: ReadonlyMap<number, LookUp> = new Map<number, LookUp>([
  [TYPE.A, lookUpAddresses],
  [TYPE.AAAA, lookUpAddresses],
  [TYPE.SRV, lookUpServices],
  [TYPE.CNAME, lookUpAlias],
  [TYPE.PTR, lookUpNames],
  [TYPE.TXT, lookUpText],
  [TYPE.NS, lookUpNameServers],
  [TYPE.SOA, lookUpSoa],
]);

/** Whether a name exists, for types that the zone never holds. */
export function lookUpNothing(lookup: Lookup): FoundOrMissing {
  if (isNameServer(lookup)) return NODATA;
  return targetsOf(lookup, lookup.query.qname) === undefined ? undefined : NODATA;
}

function lookUpAddresses(lookup: Lookup): FoundOrMissing | Promise<FoundOrMissing> {
  const { query, settings } = lookup;
  if (isNameServer(lookup)) {
    const hosts = nameServers(lookup).map(({ host }) => host);
    const records = hosts.map((host) => addressRecord(query.name, host, settings.ttl));
    return { answers: unique(ofType(records, query.qtype)) };
  }
  return addressesOf(lookup, query.name, []);
}

/** @param followed The aliases that led to `name`. */
function addressesOf(
  lookup: Lookup,
  name: string,
  followed: readonly ResourceRecord[],
): FoundOrMissing | Promise<FoundOrMissing> {
  const targets = targetsOf(lookup, name.toLowerCase());
  if (targets === undefined) return undefined;
  const { query, settings } = lookup;
  const records = targets.map(({ host }) => addressRecord(name, host, settings.ttl));
  const answers = unique(ofType(records, query.qtype));
  const aliases = targets.flatMap(({ host }) => (host.kind === 'name' ? [host.name] : []));
  if (aliases.length === 0) return { answers };
  return followAliases(lookup, { name, aliases, answers, followed });
}

interface Aliases {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly answers: readonly ResourceRecord[];
  readonly followed: readonly ResourceRecord[];
}

/**
 * Follows ExternalNames: inside the zone here, elsewhere through the chain.
 *
 * An alias into the zone that leads nowhere is left out; one that leads elsewhere is told, whatever becomes of it.
 */
async function followAliases(
  lookup: Lookup,
  { name, aliases, answers, followed }: Aliases,
): Promise<Found> {
  const records = [...answers];
  let isTruncated = false;
  for (const alias of aliases) {
    const target = absolute(alias);
    const isLoop = isInZone(target.toLowerCase(), name.toLowerCase());
    const link = recordOf({ name, ttl: lookup.settings.ttl }, TYPE.CNAME, { kind: 'name', target });
    if (isLoop || followed.length >= MAX_CHAIN || followed.some((other) => isSame(other, link)))
      continue;
    if (isInZone(target.toLowerCase(), lookup.zone.toLowerCase())) {
      const found = await addressesOf(lookup, target, [...followed, link]);
      if (found === undefined || found.answers.length === 0) continue;
      records.push(link, ...found.answers);
      isTruncated ||= found.isTruncated ?? false;
      continue;
    }
    const elsewhere = await resolveElsewhere(lookup, target);
    records.push(link, ...elsewhere.answers);
    isTruncated ||= elsewhere.isTruncated ?? false;
  }
  return { answers: records, isTruncated };
}

async function resolveElsewhere({ query, resolve }: Lookup, target: string): Promise<Found> {
  if (query.depth >= MAX_CHAIN) return NODATA;
  const answer = await resolve({
    ...query,
    name: target,
    qname: target.toLowerCase(),
    depth: query.depth + 1,
  });
  return answer ?? NODATA;
}

function lookUpServices(lookup: Lookup): FoundOrMissing {
  const { query, zone, settings } = lookup;
  if (isNameServer(lookup)) return NODATA;
  const targets = targetsOf(lookup, query.qname)?.filter(({ host }) => host.kind !== 'name');
  if (targets === undefined) return undefined;
  // The share of each, before those without a port and those named twice are left out.
  const weight = Math.max(1, Math.floor(100 / targets.length));
  const answers = new Map<string, ResourceRecord>();
  const additional = new Map<string, ResourceRecord>();
  for (const { host, port, owner } of targets) {
    if (port === undefined || host.kind === 'name') continue;
    const target = below(owner, zone);
    const address = addressRecord(target, host, settings.ttl);
    if (address !== undefined) additional.set(`${target} ${host.address}`, address);
    const key = `${target} ${port}`;
    if (!answers.has(key))
      answers.set(
        key,
        recordOf({ name: query.name, ttl: settings.ttl }, TYPE.SRV, {
          kind: 'srv',
          priority: 0,
          weight,
          port,
          target,
        }),
      );
  }
  return { answers: [...answers.values()], additional: [...additional.values()] };
}

function lookUpAlias(lookup: Lookup): FoundOrMissing {
  const { query, settings } = lookup;
  if (isNameServer(lookup)) return NODATA;
  const targets = targetsOf(lookup, query.qname);
  if (targets === undefined) return undefined;
  return { answers: aliasRecords(query.name, targets, settings.ttl) };
}

function aliasRecords(name: string, targets: readonly Target[], ttl: number): ResourceRecord[] {
  const [first] = targets;
  if (first?.host.kind !== 'name') return [];
  return [recordOf({ name, ttl }, TYPE.CNAME, { kind: 'name', target: absolute(first.host.name) })];
}

function lookUpNames(lookup: Lookup): FoundOrMissing {
  const { query, records, settings } = lookup;
  const address = addressOfReverse(query.qname);
  if (address === undefined)
    return targetsOf(lookup, query.qname) === undefined ? undefined : NODATA;
  const names = namesAt(address, records, settings);
  if (names.length === 0) return undefined;
  return {
    answers: names.map((target) =>
      recordOf({ name: query.name, ttl: settings.ttl }, TYPE.PTR, { kind: 'name', target }),
    ),
  };
}

/** `dns-version` is the only text; names that hold other things have none, and names that hold nothing do not exist. */
function lookUpText(lookup: Lookup): FoundOrMissing {
  const { query, zone } = lookup;
  if (query.qname === below('dns-version', zone.toLowerCase())) {
    const strings = [Buffer.from(SCHEMA_VERSION)];
    return {
      answers: [
        recordOf({ name: query.name, ttl: SCHEMA_TTL }, TYPE.TXT, { kind: 'strings', strings }),
      ],
    };
  }
  const targets = targetsOf(lookup, query.qname);
  const request = requestOf(lookup, query.qname);
  const isZonal = request.kind === 'service' && request.zone !== undefined;
  const hasData = targets !== undefined && (targets.length > 0 || isZonal);
  return hasData ? NODATA : undefined;
}

function lookUpNameServers(lookup: Lookup): FoundOrMissing {
  const { query, zone, settings } = lookup;
  if (query.qname !== zone) return lookUpNothing(lookup);
  const servers = nameServers(lookup);
  const names = [...new Set(servers.map(({ name }) => name))];
  return {
    answers: names.map((target) =>
      recordOf({ name: query.name, ttl: settings.ttl }, TYPE.NS, { kind: 'name', target }),
    ),
    additional: servers.flatMap(({ name, host }) => addressRecord(name, host, settings.ttl) ?? []),
  };
}

/** Only the zone itself is looked at: any name below has no SOA, whether it exists or not, as in CoreDNS. */
function lookUpSoa(lookup: Lookup): FoundOrMissing {
  return lookup.query.name === lookup.zone ? { answers: [soaRecord(lookup)] } : NODATA;
}

function ofType(
  records: readonly (ResourceRecord | undefined)[],
  type: number,
): readonly ResourceRecord[] {
  return records.filter(
    (record) => record !== undefined && record.type === type,
  ) as ResourceRecord[];
}

/** One record for each address. */
function unique(records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (records.length < 2) return records;
  const byAddress = new Map(
    records.map((record) => [record.rdata.kind === 'address' ? record.rdata.address : '', record]),
  );
  return byAddress.size === records.length ? records : [...byAddress.values()];
}

function isSame(a: ResourceRecord, b: ResourceRecord): boolean {
  const targetOf = ({ rdata }: ResourceRecord): string =>
    rdata.kind === 'name' ? rdata.target.toLowerCase() : '';
  return a.name.toLowerCase() === b.name.toLowerCase() && targetOf(a) === targetOf(b);
}
