import { isInZone, labelsOf } from '../../names.ts';
import { TYPE, type Rdata, type ResourceRecord, type Soa } from '../../wire/index.ts';

/** Records of one name, by type. */
export type Node = ReadonlyMap<number, readonly ResourceRecord[]>;

/** The records of a zone, as they are looked up. */
export interface Zone {
  readonly origin: string;
  readonly soa: ResourceRecord;
  readonly serial: number;
  /** Of the origin. */
  readonly nameServers: readonly ResourceRecord[];
  /** What stands at a name in lower case; the SOA and NS records of the origin do not. */
  node(name: string): Node | undefined;
  /** Whether names below `name` exist. */
  hasBelow(name: string): boolean;
  /** From SOA to SOA. */
  readonly transfer: readonly ResourceRecord[];
}

/**
 * A zone from its records; names are in lower case, as CoreDNS keeps them.
 *
 * @throws TypeError without a SOA record of `origin`, or with one of another name.
 */
export function compileZone(records: readonly ResourceRecord[], origin: string): Zone {
  const normal = records.map(lowered);
  const soas = normal.filter(({ type }) => type === TYPE.SOA);
  const stranger = soas.find(({ name }) => name !== origin);
  if (stranger !== undefined)
    throw new TypeError(`SOA owner ${stranger.name} does not match origin ${origin}`);
  const soa = soas.at(-1);
  if (soa === undefined) throw new TypeError(`no SOA record for origin ${origin}`);
  const isApexNs = ({ name, type }: ResourceRecord): boolean => name === origin && type === TYPE.NS;
  const nameServers = normal.filter(isApexNs);
  const others = normal.filter((record) => record.type !== TYPE.SOA && !isApexNs(record));
  const inside = others.filter(({ name }) => isInZone(name.toLowerCase(), origin));
  const nodes = groupByName(inside);
  const parents = new Set([...nodes.keys()].flatMap((name) => ancestorsOf(name, origin)));
  const sorted = [...nodes].toSorted(([a], [b]) => compareNames(a, b));
  return {
    origin,
    soa,
    serial: soaOf(soa).serial,
    nameServers,
    node: (name) => nodes.get(name),
    hasBelow: (name) => parents.has(name),
    transfer: [
      soa,
      ...nameServers,
      ...sorted.flatMap(([, node]) => [...node.values()].flat()),
      soa,
    ],
  };
}

function soaOf({ rdata }: ResourceRecord): Soa {
  if (rdata.kind !== 'soa') throw new TypeError('a SOA record without its data');
  return rdata.soa;
}

function groupByName(
  records: readonly ResourceRecord[],
): ReadonlyMap<string, Map<number, ResourceRecord[]>> {
  const nodes = new Map<string, Map<number, ResourceRecord[]>>();
  for (const record of records) {
    const name = record.name.toLowerCase();
    const node = nodes.get(name) ?? new Map<number, ResourceRecord[]>();
    nodes.set(name, node);
    node.set(record.type, [...(node.get(record.type) ?? []), record]);
  }
  return nodes;
}

/** Names above `name`, the origin included. */
function ancestorsOf(name: string, origin: string): readonly string[] {
  const names = namesDownTo(name, origin);
  return names.slice(0, -1);
}

/** `origin`, then a label more each time, to `name`. */
export function namesDownTo(name: string, origin: string): readonly string[] {
  const labels = labelsOf(name);
  const count = labels.length - labelsOf(origin).length;
  return Array.from({ length: count + 1 }, (_, index) =>
    index === 0 ? origin : `${labels.slice(count - index).join('.')}.`,
  );
}

/** @see RFC 4034 §6.1 */
function compareNames(a: string, b: string): number {
  const [left, right] = [labelsOf(a).toReversed(), labelsOf(b).toReversed()];
  for (const [index, label] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (label !== other) return label < other ? -1 : 1;
  }
  return left.length - right.length;
}

/** SRV records keep their spelling, in CoreDNS. */
function lowered(record: ResourceRecord): ResourceRecord {
  if (record.type === TYPE.SRV) return record;
  return { ...record, name: record.name.toLowerCase(), rdata: loweredRdata(record) };
}

const LOWERED: ReadonlySet<number> = new Set([TYPE.NS, TYPE.CNAME]);

function loweredRdata({ type, rdata }: ResourceRecord): Rdata {
  if (rdata.kind === 'name' && LOWERED.has(type))
    return { ...rdata, target: rdata.target.toLowerCase() };
  if (rdata.kind === 'mx' && type === TYPE.MX)
    return { ...rdata, exchange: rdata.exchange.toLowerCase() };
  if (rdata.kind !== 'soa') return rdata;
  const { soa } = rdata;
  return {
    ...rdata,
    soa: { ...soa, mname: soa.mname.toLowerCase(), rname: soa.rname.toLowerCase() },
  };
}
