import type { Query } from './query.ts';
import {
  encodeMessage,
  MAX_MESSAGE,
  RCODE,
  type Edns,
  type EdnsOption,
  type Message,
  type ResourceRecord,
} from './wire/index.ts';

/** What a chain says to a query; never changed in place. */
export interface Answer {
  readonly rcode: number;
  /** AA. @default false */
  readonly isAuthoritative?: boolean;
  /** TC of an upstream that is passed on. @default false */
  readonly isTruncated?: boolean;
  /** RA. @default false */
  readonly isRecursionAvailable?: boolean;
  /** AD. @default false */
  readonly isAuthentic?: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** Options of the OPT record, which is there when the query had one. */
  readonly ednsOptions?: readonly EdnsOption[];
  /**
   * The same question gets this answer, from whomever, until the tables change.
   *
   * A plugin that answers by client, by chance or by time leaves it out.
   */
  readonly isStable?: boolean;
  /** What went wrong on the way to this answer, for the plugin `errors`. */
  readonly error?: string;
}

/** Payload that every client takes over UDP. @see RFC 1035 §4.2.1, RFC 6891 §6.2.3 */
export const MIN_UDP_SIZE = 512;
/** IPv4 datagrams carry no more. */
const MAX_UDP_SIZE = 65_507;

/** An answer that is nothing but its code. */
export function failure(rcode: number): Answer {
  return { rcode, answers: [], authority: [], additional: [] };
}

/**
 * `answer` to `query` as bytes that its client can take.
 *
 * An OPT record answers an OPT record with the client's own size and DO; options of the query are not repeated, as in
 * CoreDNS 1.15.
 */
export function encodeAnswer(query: Query, answer: Answer): Buffer {
  const { edns } = query;
  const message: Message = {
    id: query.id,
    flags: {
      isResponse: true,
      opcode: query.opcode,
      isAuthoritative: answer.isAuthoritative ?? false,
      isTruncated: answer.isTruncated ?? false,
      isRecursionDesired: query.isRecursionDesired,
      isRecursionAvailable: answer.isRecursionAvailable ?? false,
      isAuthentic: answer.isAuthentic ?? false,
      isCheckingDisabled: query.isCheckingDisabled,
      rcode: edns === undefined && answer.rcode > 15 ? RCODE.SERVFAIL : answer.rcode,
    },
    questions: [{ name: query.name, type: query.qtype, class: query.qclass }],
    answers: answer.answers,
    authority: answer.authority,
    additional: answer.additional,
    ...(edns === undefined ? {} : { edns: replyEdns(edns, answer) }),
  };
  return encodeMessage(message, maxSize(query));
}

/** The most octets that the client of `query` takes. */
export function maxSize({ client, edns }: Query): number {
  if (client.transport !== 'udp') return MAX_MESSAGE;
  return Math.min(Math.max(edns?.udpSize ?? MIN_UDP_SIZE, MIN_UDP_SIZE), MAX_UDP_SIZE);
}

function replyEdns(edns: Edns, answer: Answer): Edns {
  const { udpSize, isDnssecOk } = edns;
  return { udpSize, version: 0, isDnssecOk, options: answer.ednsOptions ?? [] };
}
