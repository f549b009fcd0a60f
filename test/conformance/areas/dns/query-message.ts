/** The message that a row asks for, malformed ones included. */
import {
  CLASS,
  encodeMessage,
  OPCODE,
  typeOf,
  type Edns,
  type ResourceRecord,
} from '../../../../src/dns/index.ts';
import type { QueryFields } from './table.ts';

export function queryMessage(qname: string, qtype: string, query: QueryFields = {}): Buffer {
  const type = typeOf(qtype);
  if (type === undefined) throw new Error(`no type ${qtype}`);
  const class_ = CLASS[(query.qclass ?? 'IN') as keyof typeof CLASS];
  const extra = (query.extraQuestions ?? []).map((question) => ({
    name: question.qname,
    type: typeOf(question.qtype) ?? 1,
    class: class_,
  }));
  const questions = query.qdcount === 0 ? [] : [{ name: qname, type, class: class_ }, ...extra];
  const padding: ResourceRecord = {
    name: 'padding.test.',
    type: 1,
    class: 1,
    ttl: 0,
    rdata: { kind: 'address', address: '192.0.2.1' },
  };
  const edns = query.edns ? ednsOf(query.edns) : undefined;
  return encodeMessage({
    id: Math.floor(Math.random() * 65_536),
    flags: {
      isResponse: query.qr ?? false,
      opcode: OPCODE[(query.opcode ?? 'QUERY') as keyof typeof OPCODE],
      isAuthoritative: false,
      isTruncated: false,
      isRecursionDesired: query.rd ?? true,
      isRecursionAvailable: false,
      isAuthentic: false,
      isCheckingDisabled: false,
      rcode: 0,
    },
    questions,
    answers: [],
    authority: [],
    additional: Array.from({ length: query.additionalCount ?? 0 }, () => padding),
    ...(edns === undefined ? {} : { edns }),
  });
}

function ednsOf(edns: NonNullable<QueryFields['edns']>): Edns {
  return {
    udpSize: edns.udpSize ?? 1232,
    version: edns.version ?? 0,
    isDnssecOk: edns.do ?? false,
    options: (edns.options ?? []).map(({ code, hex }) => ({ code, data: Buffer.from(hex, 'hex') })),
  };
}
