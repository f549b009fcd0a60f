/** The messages that rows ask for, malformed ones included. */
import {
  CLASS,
  encodeMessage,
  OPCODE,
  typeOf,
  type Edns,
  type Question,
  type ResourceRecord,
} from '../../../../src/dns/index.ts';
import type { QueryFields } from './table.ts';

export interface Asked {
  readonly qname: string;
  readonly qtype: string;
  readonly query?: QueryFields;
}

/** @param authority What stands there: the SOA record of an IXFR. */
export function queryMessage(
  { qname, qtype, query = {} }: Asked,
  authority: readonly ResourceRecord[] = [],
): Buffer {
  const questions = questionsOf(qname, qtype, query);
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
    authority,
    additional: Array.from({ length: query.additionalCount ?? 0 }, () => padding),
    ...(edns === undefined ? {} : { edns }),
  });
}

function questionsOf(qname: string, qtype: string, query: QueryFields): readonly Question[] {
  if (query.qdcount === 0) return [];
  const class_ = CLASS[(query.qclass ?? 'IN') as keyof typeof CLASS];
  const all = [{ qname, qtype }, ...(query.extraQuestions ?? [])];
  return all.map((question) => {
    const type = typeOf(question.qtype);
    if (type === undefined) throw new Error(`no type ${question.qtype}`);
    return { name: question.qname, type, class: class_ };
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
