/** A reply as text in which two servers can be compared. */
import {
  className,
  decodeMessage,
  formatRecord,
  opcodeName,
  rcodeName,
  TYPE,
  typeName,
  WireError,
  type Edns,
  type Message,
  type ResourceRecord,
} from '../../../src/dns/index.ts';
import type { Asked } from './generate-question.ts';

/** Serials are times. */
const SERIAL = /^(\S+ \d+ \S+ SOA \S+ \S+) \d+/;

/** `whoami` tells the port of the client. */
const CLIENT_PORT = /( SRV 0 0) \d+ \.$/;

/** Header, question, sections as sets, EDNS; sections that were cut by their size. */
export function describeReply(reply: Buffer | undefined): string {
  if (reply === undefined) return 'silence';
  try {
    return describeMessage(decodeMessage(reply));
  } catch (error) {
    if (error instanceof WireError) return `unreadable: ${reply.toString('hex')}`;
    throw error;
  }
}

function describeMessage(message: Message): string {
  const { flags, questions, answers, authority, additional, edns } = message;
  const section = (name: string, records: readonly ResourceRecord[]): readonly string[] =>
    flags.isTruncated
      ? [`${name}: ${records.length} records`]
      : records.map((record) => `${name}: ${showRecord(record)}`).toSorted();
  return [
    showHeader(message),
    ...questions.map(
      (asked) => `question: ${asked.name} ${className(asked.class)} ${typeName(asked.type)}`,
    ),
    ...section('answer', answers),
    ...section('authority', authority),
    ...section('additional', additional),
    ...showEdns(edns),
  ].join('\n');
}

function showHeader({ id, flags }: Message): string {
  const set = Object.entries(flags).flatMap(([name, value]) => (value === true ? [name] : []));
  return `${id} ${opcodeName(flags.opcode)} ${rcodeName(flags.rcode)} ${set.join(' ')}`;
}

function showRecord(record: ResourceRecord): string {
  const text = formatRecord(record).replaceAll(/\s+/g, ' ');
  return record.type === TYPE.SOA
    ? text.replace(SERIAL, '$1 *')
    : text.replace(CLIENT_PORT, '$1 * .');
}

function showEdns(edns: Edns | undefined): readonly string[] {
  if (edns === undefined) return [];
  const options = edns.options.map(
    ({ code, data }) => `${code}=${Buffer.from(data).toString('hex')}`,
  );
  return [
    `edns: size ${edns.udpSize} version ${edns.version}${edns.isDnssecOk ? ' do' : ''} ${options.join(' ')}`,
  ];
}

/** As a person would ask with dig. */
export function showAsked({ bytes, transport, from }: Asked): string {
  return `${transport} from ${from}: ${describeReply(bytes).replaceAll('\n', '; ')}\n${bytes.toString('hex')}`;
}
