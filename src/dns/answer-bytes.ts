import { encodeAnswer, failure, type Answer } from './answer.ts';
import type { Resolve } from './chain.ts';
import type { Client, Query } from './query.ts';
import {
  asBuffer,
  CLASS,
  decodeMessage,
  flagBits,
  HEADER_SIZE,
  OPCODE,
  RCODE,
  readHeader,
  WireError,
  type Header,
  type Message,
} from './wire/index.ts';
import { createWireCache, type WireCache } from './wire-cache.ts';

/** Answers a message with a message; undefined is silence. */
export type AnswerBytes = (
  octets: Uint8Array,
  client: Client,
) => Buffer | undefined | Promise<Buffer | undefined>;

export interface AnswerBytesOptions {
  readonly resolve: Resolve;
  /** Rises when stable answers may have changed; absent keeps no answers. */
  readonly revision?: () => number;
  /** Whether classes other than IN reach the chain, as they do beside `forward` and `chaos`. @default false */
  readonly hasAllClasses?: boolean;
  /** Told of what plugins throw; the client gets SERVFAIL. */
  readonly onError?: (error: unknown, query: Query) => void;
}

/**
 * From bytes to bytes: what a server does with each message.
 *
 * Responses and headers cut short are met with silence, as any answer to them could be made to bounce. Messages that
 * are no query get the bare code. The common query costs a look-up in the cache of finished answers.
 */
export function createAnswerBytes(options: AnswerBytesOptions): AnswerBytes {
  const cache = options.revision === undefined ? undefined : createWireCache(options.revision);
  return (octets, client) => {
    const bytes = asBuffer(octets);
    const known = cache?.get(bytes, client.transport);
    if (known !== undefined) return known;
    const header = readHeader(bytes);
    if (header === undefined || header.flags.isResponse) return undefined;
    const rejection = rejectionOf(header);
    if (rejection !== undefined) return bareReply(header, rejection);
    const message = decode(bytes);
    if (message === undefined) return bareReply(header, RCODE.FORMERR);
    const query = queryOf(message, client);
    if (query === undefined) return bareReply(header, RCODE.FORMERR);
    return answerQuery(query, { ...options, cache, bytes });
  };
}

interface QueryContext extends AnswerBytesOptions {
  readonly cache: WireCache | undefined;
  readonly bytes: Buffer;
}

function answerQuery(query: Query, context: QueryContext): ReturnType<AnswerBytes> {
  const refusal = refusalOf(query, context.hasAllClasses ?? false);
  if (refusal !== undefined) return encodeAnswer(query, refusal);
  const encode = (answer: Answer | undefined): Buffer | undefined =>
    answer === undefined ? undefined : encodeAnswer(query, answer);
  const fail = (error: unknown): Buffer => {
    context.onError?.(error, query);
    return encodeAnswer(query, failure(RCODE.SERVFAIL));
  };
  try {
    const answer = context.resolve(query);
    if (answer instanceof Promise) return answer.then(encode).catch(fail);
    const reply = encode(answer);
    if (reply !== undefined && answer?.isStable === true)
      context.cache?.set(context.bytes, query.client.transport, reply);
    return reply;
  } catch (error) {
    return fail(error);
  }
}

/** What is refused on sight of the header. @see RFC 1996 §3.7, RFC 1995 §3, RFC 9619 (one question) */
function rejectionOf({
  flags,
  questions,
  answers,
  authority,
  additional,
}: Header): number | undefined {
  if (flags.opcode !== OPCODE.QUERY && flags.opcode !== OPCODE.NOTIFY) return RCODE.NOTIMP;
  const isPlausible = questions === 1 && answers <= 1 && authority <= 1 && additional <= 2;
  return isPlausible ? undefined : RCODE.FORMERR;
}

/** What is refused before any plugin sees it. @see RFC 6891 §6.1.3 */
function refusalOf(query: Query, hasAllClasses: boolean): Answer | undefined {
  if (query.qclass !== CLASS.IN && !hasAllClasses) return failure(RCODE.REFUSED);
  const isKnownVersion = query.edns === undefined || query.edns.version === 0;
  return isKnownVersion ? undefined : failure(RCODE.BADVERS);
}

function decode(bytes: Buffer): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function queryOf(message: Message, client: Client): Query | undefined {
  const [question] = message.questions;
  if (question === undefined) return undefined;
  const { opcode, isRecursionDesired, isCheckingDisabled, isAuthentic } = message.flags;
  return {
    id: message.id,
    opcode,
    name: question.name,
    qname: question.name.toLowerCase(),
    qtype: question.type,
    qclass: question.class,
    isRecursionDesired,
    isCheckingDisabled,
    isAuthentic,
    authority: message.authority,
    client,
    depth: 0,
    ...(message.edns === undefined ? {} : { edns: message.edns }),
  };
}

/** A header and nothing else. FORMERR speaks of a query, whatever was sent; NOTIMP names the opcode. */
function bareReply({ id, flags }: Header, rcode: number): Buffer {
  const reply = Buffer.alloc(HEADER_SIZE);
  const opcode = rcode === RCODE.NOTIMP ? flags.opcode : OPCODE.QUERY;
  const bits = flagBits({
    ...flags,
    isResponse: true,
    opcode,
    isAuthoritative: false,
    isTruncated: false,
    isRecursionAvailable: false,
    rcode,
  });
  reply.writeUInt16BE(id, 0);
  reply.writeUInt16BE(bits, 2);
  return reply;
}
