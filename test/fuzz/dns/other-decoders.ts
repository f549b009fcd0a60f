/** What dns2 and dns-packet read of a message, in the words of zone files. */
import { decode as decodePacket, type Answer } from 'dns-packet';
import { Packet } from 'dns2';
import { TYPE, typeName, type Message, type ResourceRecord } from '../../../src/dns/index.ts';

/** Types that each of them reads into parts, and not wrongly: dns-packet takes strings for text, dns2 knows few. */
export const PACKET_TYPES: readonly number[] = [
  TYPE.A,
  TYPE.AAAA,
  TYPE.NS,
  TYPE.CNAME,
  TYPE.PTR,
  TYPE.DNAME,
  TYPE.MX,
  TYPE.SRV,
  TYPE.SOA,
  TYPE.TXT,
  TYPE.CAA,
  TYPE.RP,
];
export const DNS2_TYPES: readonly number[] = [
  TYPE.A,
  TYPE.NS,
  TYPE.CNAME,
  TYPE.PTR,
  TYPE.MX,
  TYPE.SRV,
  TYPE.SOA,
];

const bare = (name: string | undefined): string => (name ?? '').replace(/\.$/, '');

/** Our reading, in the form that all three are put into. */
export function readOurs({ questions, answers, authority, additional }: Message): object {
  return {
    questions: questions.map(({ name, type }) => `${bare(name)} ${typeName(type)}`),
    records: [...answers, ...authority, ...additional].map(showOurs),
  };
}

function showOurs({ name, ttl, type, rdata }: ResourceRecord): string {
  return `${bare(name)} ${ttl} ${typeName(type)} ${partsOf(rdata)}`;
}

function partsOf(rdata: ResourceRecord['rdata']): string {
  switch (rdata.kind) {
    case 'address':
      return rdata.address;
    case 'name':
      return bare(rdata.target);
    case 'mx':
      return `${rdata.preference} ${bare(rdata.exchange)}`;
    case 'srv':
      return `${rdata.priority} ${rdata.weight} ${rdata.port} ${bare(rdata.target)}`;
    case 'soa': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = rdata.soa;
      return [bare(mname), bare(rname), serial, refresh, retry, expire, minimum].join(' ');
    }
    case 'strings':
      return rdata.strings.map((string) => Buffer.from(string).toString('hex')).join(' ');
    case 'caa':
      return `${rdata.flags & 128} ${rdata.tag} ${Buffer.from(rdata.value).toString()}`;
    case 'opaque':
      return namesOf(rdata.bytes).join(' ');
    default:
      return rdata satisfies never;
  }
}

/** Names of plain letters, one after the other. */
function namesOf(bytes: Uint8Array): readonly string[] {
  const names: string[] = [];
  let labels: string[] = [];
  for (let at = 0; at < bytes.length; at += (bytes[at] ?? 0) + 1) {
    const length = bytes[at] ?? 0;
    if (length > 0) {
      labels.push(Buffer.from(bytes.subarray(at + 1, at + 1 + length)).toString());
      continue;
    }
    names.push(labels.join('.'));
    labels = [];
  }
  return names;
}

/** What dns-packet reads. */
export function readPacket(bytes: Buffer): object {
  const { questions = [], answers = [], authorities = [], additionals = [] } = decodePacket(bytes);
  return {
    questions: questions.map(({ name, type }) => `${dot(name)} ${type}`),
    records: [...answers, ...authorities, ...additionals].map(showPacket),
  };
}

/** It writes the root as a dot. */
const dot = (name = ''): string => (name === '.' ? '' : name);

function showPacket(answer: Answer): string {
  const ttl = 'ttl' in answer ? answer.ttl : 0;
  return `${dot(answer.name)} ${ttl} ${answer.type} ${packetParts(answer)}`;
}

const PACKET_PARTS: Readonly<Record<string, (data: Parts) => readonly unknown[]>> = {
  MX: ({ preference, exchange }) => [preference, dot(exchange)],
  SRV: ({ priority, weight, port, target }) => [priority, weight, port, dot(target)],
  SOA: ({ mname, rname, serial, refresh, retry, expire, minimum }) => [
    dot(mname),
    dot(rname),
    serial,
    refresh,
    retry,
    expire,
    minimum,
  ],
  CAA: ({ issuerCritical, tag, value }) => [issuerCritical ? 128 : 0, tag, value],
  RP: ({ mbox, txt }) => [dot(mbox), dot(txt)],
};

type Parts = Readonly<Record<string, string>>;

function packetParts(answer: Answer): string {
  const data: unknown = 'data' in answer ? answer.data : '';
  const parts = PACKET_PARTS[answer.type];
  if (parts !== undefined) return parts(data as Parts).join(' '); // an object for the types of the table
  if (answer.type === 'TXT') return hexOf(data);
  const text = data as string; // for any other that it reads
  return answer.type === 'AAAA' ? new URL(`http://[${text}]`).hostname.slice(1, -1) : dot(text);
}

function hexOf(data: unknown): string {
  const list = Array.isArray(data) ? data : [data];
  return list.map((item) => Buffer.from(item as Uint8Array).toString('hex')).join(' '); // texts as it reads them
}

interface Dns2Record {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly [part: string]: string | number | undefined;
}

/** What dns2 reads. */
export function readDns2(bytes: Buffer): object {
  const { questions, answers, authorities, additionals } = Packet.parse(bytes);
  const records = [...answers, ...authorities, ...additionals] as unknown as readonly Dns2Record[]; // what it makes
  return {
    questions: questions.map(
      ({ name, type }: { name: string; type: number }) => `${name} ${typeName(type)}`,
    ),
    records: records.map(showDns2),
  };
}

const DNS2_PARTS: Readonly<Record<number, readonly string[]>> = {
  [TYPE.A]: ['address'],
  [TYPE.NS]: ['ns'],
  [TYPE.CNAME]: ['domain'],
  [TYPE.PTR]: ['domain'],
  [TYPE.MX]: ['priority', 'exchange'],
  [TYPE.SRV]: ['priority', 'weight', 'port', 'target'],
  [TYPE.SOA]: ['primary', 'admin', 'serial', 'refresh', 'retry', 'expiration', 'minimum'],
};

function showDns2(record: Dns2Record): string {
  const parts = DNS2_PARTS[record.type] ?? [];
  const values = parts.map((part) => record[part] ?? '');
  return `${record.name} ${record.ttl} ${typeName(record.type)} ${values.join(' ')}`;
}
