import type { Query } from './query.ts';
import {
  encodeMessage,
  MAX_MESSAGE,
  OPCODE,
  RCODE,
  type Edns,
  type EdnsOption,
  type Flags,
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
  /** RD of the reply. @default as the query has it */
  readonly isRecursionDesired?: boolean;
  /** AD. @default false */
  readonly isAuthentic?: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** A zone: as many messages as it takes, for clients that take several. @default false */
  readonly isTransfer?: boolean;
  /** Options of the OPT record, which is there when the query had one. */
  readonly ednsOptions?: readonly EdnsOption[];
  /** An OPT record of a plugin: it is there for queries without one, too, and its DO stays. @default none */
  readonly ownEdns?: OwnEdns;
  /**
   * The same question gets this answer, from whomever, until the tables change.
   *
   * A plugin that answers by client, by chance or by time leaves it out.
   */
  readonly isStable?: boolean;
  /** Of a stable answer: it changes with this Service alone, `NAMESPACE/NAME`. @default with everything */
  readonly dependsOn?: string;
  /** Of a stable answer: other spellings of the name get the same, in theirs. @default false */
  readonly isCaseless?: boolean;
  /**
   * Puts the records of a section into the order of one reply; called anew for each, cached ones included.
   *
   * Other plugins see the records as they were found.
   */
  readonly arrange?: (records: readonly ResourceRecord[]) => readonly ResourceRecord[];
  /** Octets over UDP that the reply keeps to, and says it takes, where the client takes more. */
  readonly maxUdpSize?: number;
  /**
   * Nothing but a code, which no plugin wrote as a message: those that keep or change messages leave it alone.
   *
   * @default false
   */
  readonly isBare?: boolean;
  /** What went wrong on the way to this answer, for the plugin `errors`. */
  readonly error?: string;
}

/** What a plugin's OPT record says. */
export interface OwnEdns extends Pick<Edns, 'udpSize' | 'isDnssecOk'> {
  /** Plugins saw it in the query: the reply may be as large as it says. @default false */
  readonly isOfQuery?: boolean;
}

/** Payload that every client takes over UDP. @see RFC 1035 §4.2.1, RFC 6891 §6.2.3 */
export const MIN_UDP_SIZE = 512;
/** IPv4 datagrams carry no more. */
const MAX_UDP_SIZE = 65_507;

/** An answer that is nothing but its code. */
export function failure(rcode: number): Answer {
  return { rcode, answers: [], authority: [], additional: [], isBare: true };
}

/**
 * `found` as bytes that the client of `query` can take.
 *
 * An OPT record answers an OPT record with the client's own size and DO; options of the query are not repeated, as in
 * CoreDNS 1.15.
 */
export function encodeAnswer(query: Query, found: Answer): Buffer {
  const answer = arranged(found);
  const edns = limitedEdns(query, answer);
  const message: Message = {
    id: query.id,
    flags: flagsOf(query, answer, edns !== undefined),
    questions: [{ name: query.name, type: query.qtype, class: query.qclass }],
    answers: answer.answers,
    authority: answer.authority,
    additional: answer.additional,
    ...replyEdns(edns ?? answer.ownEdns, answer),
  };
  const { ownEdns } = answer;
  const limit = edns ?? (ownEdns?.isOfQuery === true ? ownEdns : undefined);
  return encodeMessage(message, maxSize(query.client, limit));
}

function flagsOf(query: Query, answer: Answer, hasEdns: boolean): Flags {
  // The answer to a NOTIFY repeats no flags.
  const isQuery = query.opcode === OPCODE.QUERY;
  return {
    isResponse: true,
    opcode: query.opcode,
    isAuthoritative: answer.isAuthoritative ?? false,
    isTruncated: answer.isTruncated ?? false,
    isRecursionDesired: answer.isRecursionDesired ?? (isQuery && query.isRecursionDesired),
    isRecursionAvailable: answer.isRecursionAvailable ?? false,
    isAuthentic: answer.isAuthentic ?? false,
    isCheckingDisabled: isQuery && query.isCheckingDisabled,
    rcode: !hasEdns && answer.rcode > 15 ? RCODE.SERVFAIL : answer.rcode,
  };
}

/** `answer` with its records in an order of their own. */
export function arranged(answer: Answer): Answer {
  const { arrange } = answer;
  if (arrange === undefined) return answer;
  const { arrange: _, ...rest } = answer;
  return {
    ...rest,
    answers: arrange(answer.answers),
    authority: arrange(answer.authority),
    additional: arrange(answer.additional),
  };
}

function limitedEdns({ edns }: Query, { maxUdpSize }: Answer): Edns | undefined {
  if (edns === undefined || maxUdpSize === undefined || edns.udpSize <= maxUdpSize) return edns;
  return { ...edns, udpSize: maxUdpSize };
}

/** The most octets that a client takes. */
export function maxSize(client: Query['client'], edns: Pick<Edns, 'udpSize'> | undefined): number {
  if (client.transport !== 'udp') return MAX_MESSAGE;
  return Math.min(Math.max(edns?.udpSize ?? MIN_UDP_SIZE, MIN_UDP_SIZE), MAX_UDP_SIZE);
}

function replyEdns(
  edns: Pick<Edns, 'udpSize' | 'isDnssecOk'> | undefined,
  { ednsOptions = [], ownEdns }: Answer,
): Pick<Message, 'edns'> {
  if (edns === undefined) return {};
  const { udpSize } = edns;
  const isDnssecOk = edns.isDnssecOk || ownEdns?.isDnssecOk === true;
  return { edns: { udpSize, version: 0, isDnssecOk, options: ednsOptions } };
}
