import { encodeAnswer, type Answer } from './answer.ts';
import type { Query } from './query.ts';
import type { ResourceRecord } from './wire/index.ts';

/** Octets of records in one message, before names are compressed; the head and the question need some too. */
const MAX_OCTETS = 63_000;

/**
 * A zone in as many messages as it takes: all but the last go ahead, the last is the reply.
 *
 * @see RFC 5936 §2.2
 */
export function encodeTransfer(query: Query, answer: Answer): Buffer {
  const { sendAhead } = query.client;
  const batches = sendAhead === undefined ? [answer.answers] : batchesOf(answer.answers);
  const messages = batches.map((answers) => ({ ...answer, answers }));
  for (const message of messages.slice(0, -1)) sendAhead?.(encodeAnswer(query, message));
  return encodeAnswer(query, messages.at(-1) ?? answer);
}

function batchesOf(records: readonly ResourceRecord[]): readonly (readonly ResourceRecord[])[] {
  const batches: ResourceRecord[][] = [];
  let batch: ResourceRecord[] = [];
  let octets = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (batch.length > 0 && octets + size > MAX_OCTETS) {
      batches.push(batch);
      batch = [];
      octets = 0;
    }
    batch.push(record);
    octets += size;
  }
  return [...batches, batch];
}

/** No less than the record takes; its head has ten octets besides the name. */
function sizeOf({ name, rdata }: ResourceRecord): number {
  const head = name.length + 12;
  switch (rdata.kind) {
    case 'address':
      return head + 16;
    case 'name':
      return head + rdata.target.length + 2;
    case 'mx':
      return head + rdata.exchange.length + 4;
    case 'srv':
      return head + rdata.target.length + 8;
    case 'soa':
      return head + rdata.soa.mname.length + rdata.soa.rname.length + 24;
    case 'strings':
      return head + rdata.strings.reduce((sum, { length }) => sum + length + 1, 0);
    case 'caa':
      return head + rdata.tag.length + rdata.value.length + 2;
    case 'opaque':
      return head + rdata.bytes.length;
    default:
      return rdata satisfies never;
  }
}
