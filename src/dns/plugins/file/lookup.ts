import type { Answer } from '../../answer.ts';
import type { Resolve } from '../../chain.ts';
import { lookUp } from '../../look-up.ts';
import { isInZone, labelsOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import { RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import { namesDownTo, type Node, type Zone } from './zone.ts';

/** What a name is found to be. */
export interface Found {
  readonly kind: 'success' | 'nodata' | 'nxdomain' | 'delegation' | 'failure';
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** Whether other parts of the server had a say. */
  readonly isElsewhere: boolean;
}

type FoundLater = Found | Promise<Found>;

/** One query to one zone. */
export interface ZoneLookup {
  readonly zone: Zone;
  readonly query: Query;
  readonly resolve: Resolve;
}

/** Aliases that are followed within the zone. */
const MAX_ALIASES = 8;

/**
 * What `zone` says to a query: positive answers with its NS set beside, denials with its SOA record.
 *
 * @see RFC 1034 §4.3.2, RFC 4592 (wildcards), RFC 6672 (DNAME)
 */
export function lookUpZone(lookup: ZoneLookup): FoundLater {
  const { zone, query } = lookup;
  const apex = atApex(lookup);
  if (apex !== undefined) return apex;
  const { qname } = query;
  let wildcard: string | undefined;
  for (const name of namesDownTo(qname, zone.origin)) {
    const node = zone.node(name);
    if (node === undefined) {
      wildcard = wildcardAt(name, zone) ?? wildcard;
      continue;
    }
    const isElsewhere = redirect(name, node, lookup) ?? delegate(name, node, lookup);
    if (isElsewhere !== undefined) return isElsewhere;
  }
  const node = zone.node(qname);
  if (node !== undefined) return atNode(node, lookup);
  if (wildcard !== undefined && !isCloser(qname, wildcard, zone))
    return atNode(synthesize(zone.node(wildcard), query), lookup);
  return result(zone.hasBelow(qname) ? 'success' : 'nxdomain', [], [zone.soa]);
}

/** The SOA and NS records of the zone itself. */
function atApex(lookup: ZoneLookup): Found | undefined {
  const { zone, query } = lookup;
  if (query.qname !== zone.origin) return undefined;
  if (query.qtype === TYPE.SOA) return positive(lookup, [zone.soa]);
  if (query.qtype !== TYPE.NS) return undefined;
  return {
    ...result('success', zone.nameServers, []),
    additional: addressesOf(zone.nameServers, zone),
  };
}

/** The wildcard beside `name`, if there is one. */
function wildcardAt(name: string, zone: Zone): string | undefined {
  const [, ...rest] = labelsOf(name);
  const wildcard = ['*', ...rest, ''].join('.');
  return zone.node(wildcard) !== undefined || zone.hasBelow(wildcard) ? wildcard : undefined;
}

/** Whether a name between the wildcard's parent and `qname` exists, if only by those below it. */
function isCloser(qname: string, wildcard: string, zone: Zone): boolean {
  const parent = wildcard.slice(2) || '.';
  return namesDownTo(qname, parent)
    .slice(1, -1)
    .some((name) => zone.hasBelow(name));
}

/** The records of a wildcard as records of the name asked for. */
function synthesize(node: Node | undefined, { qname }: Query): Node {
  return new Map(
    [...(node ?? [])].map(([type, records]) => [
      type,
      records.map((record) => ({ ...record, name: qname })),
    ]),
  );
}

function atNode(node: Node, lookup: ZoneLookup): FoundLater {
  const { query, zone } = lookup;
  const aliases = node.get(TYPE.CNAME) ?? [];
  if (aliases.length > 0 && query.qtype !== TYPE.CNAME) return follow(aliases, lookup);
  const records = node.get(query.qtype) ?? [];
  if (records.length === 0) return result('nodata', [], [zone.soa]);
  return positive(lookup, records);
}

/** Names below a DNAME are aliases. */
function redirect(name: string, node: Node, lookup: ZoneLookup): FoundLater | undefined {
  const { query, zone } = lookup;
  const [dname] = node.get(TYPE.DNAME) ?? [];
  if (dname?.rdata.kind !== 'name' || query.qname === name) return undefined;
  const { target: to } = dname.rdata;
  const head = query.qname.slice(0, query.qname.length - name.length);
  const target = to === '.' ? head : head + to;
  if (target.toLowerCase() === query.qname) return result('failure', [], []);
  const alias: ResourceRecord = {
    name: query.qname,
    type: TYPE.CNAME,
    class: dname.class,
    ttl: dname.ttl,
    rdata: { kind: 'name', target },
  };
  if (query.qtype === TYPE.CNAME) return result('success', [dname, alias], zone.nameServers);
  const found = follow([alias], lookup);
  const withDname = (later: Found): Found => ({ ...later, answers: [dname, ...later.answers] });
  return found instanceof Promise ? found.then(withDname) : withDname(found);
}

/** Names at and below an NS record are another's, but for the DS record of the name itself. */
function delegate(name: string, node: Node, { query, zone }: ZoneLookup): Found | undefined {
  const servers = node.get(TYPE.NS);
  if (servers === undefined) return undefined;
  if (query.qtype === TYPE.DS && name === query.qname) return undefined;
  return { ...result('delegation', [], servers), additional: addressesOf(servers, zone) };
}

/** Goes where an alias leads: within the zone, to another's, or elsewhere. */
function follow(aliases: readonly ResourceRecord[], lookup: ZoneLookup): FoundLater {
  const { query, zone } = lookup;
  let records = aliases;
  let target = targetOf(aliases[0]);
  for (let count = 0; count <= MAX_ALIASES; count += 1) {
    const delegated = findDelegation(target, lookup);
    if (delegated !== undefined) return { ...delegated, answers: records };
    const node = zone.node(target);
    if (node === undefined || isApexType(target, lookup))
      return lookElsewhere(records, target, lookup);
    const [alias] = node.get(TYPE.CNAME) ?? [];
    if (alias === undefined)
      return positive(lookup, [...records, ...(node.get(query.qtype) ?? [])]);
    if (targetOf(alias) === target) return result('failure', [], []);
    records = [...records, alias];
    target = targetOf(alias);
  }
  return positive(lookup, records);
}

/** The zone's own SOA and NS records are no node. */
function isApexType(target: string, { query, zone }: ZoneLookup): boolean {
  return query.qtype === TYPE.NS || (query.qtype === TYPE.SOA && target === zone.origin);
}

function findDelegation(target: string, lookup: ZoneLookup): Found | undefined {
  const { zone } = lookup;
  if (!isInZone(target, zone.origin)) return undefined;
  for (const name of namesDownTo(target, zone.origin).slice(1)) {
    const node = zone.node(name);
    const delegated = node === undefined ? undefined : delegate(name, node, lookup);
    if (delegated !== undefined) return delegated;
  }
  return undefined;
}

function lookElsewhere(
  records: readonly ResourceRecord[],
  target: string,
  lookup: ZoneLookup,
): FoundLater {
  const { query, resolve } = lookup;
  const finish = (answer: Answer | undefined): Found => {
    const kind = kindOf(answer);
    const answers = [...records, ...(answer?.answers ?? [])];
    const isDenial = kind === 'nxdomain' || kind === 'nodata';
    const { soa, nameServers } = lookup.zone;
    return {
      kind,
      answers,
      authority: isDenial ? [soa] : nameServers,
      additional: targetAddresses(answers, lookup.zone),
      isElsewhere: true,
    };
  };
  const found = lookUp(resolve, query, { name: target, type: query.qtype });
  return found instanceof Promise ? found.then(finish) : finish(found);
}

function kindOf(answer: Answer | undefined): Found['kind'] {
  // Aliases that lead in circles.
  if (answer === undefined) return 'failure';
  if (answer.rcode === RCODE.NXDOMAIN) return 'nxdomain';
  if (answer.rcode === RCODE.SERVFAIL) return 'failure';
  return answer.rcode === RCODE.NOERROR && answer.answers.length === 0 ? 'nodata' : 'success';
}

function positive({ zone }: ZoneLookup, records: readonly ResourceRecord[]): Found {
  return {
    ...result('success', records, zone.nameServers),
    additional: targetAddresses(records, zone),
  };
}

function result(
  kind: Found['kind'],
  answers: readonly ResourceRecord[],
  authority: readonly ResourceRecord[],
): Found {
  return { kind, answers, authority, additional: [], isElsewhere: false };
}

/** Addresses of what SRV and MX records name within the zone, each target once. */
function targetAddresses(
  records: readonly ResourceRecord[],
  zone: Zone,
): readonly ResourceRecord[] {
  const targets = records.flatMap(({ rdata }) => {
    if (rdata.kind === 'srv') return [rdata.target.toLowerCase()];
    return rdata.kind === 'mx' ? [rdata.exchange.toLowerCase()] : [];
  });
  return [...new Set(targets)].flatMap((target) => addressesAt(target, zone));
}

function addressesOf(servers: readonly ResourceRecord[], zone: Zone): readonly ResourceRecord[] {
  return servers.flatMap((server) => addressesAt(targetOf(server), zone));
}

function addressesAt(name: string, zone: Zone): readonly ResourceRecord[] {
  const node = isInZone(name, zone.origin) ? zone.node(name) : undefined;
  return [TYPE.A, TYPE.AAAA].flatMap((type) => node?.get(type) ?? []);
}

function targetOf(record: ResourceRecord | undefined): string {
  return record?.rdata.kind === 'name' ? record.rdata.target.toLowerCase() : '.';
}
