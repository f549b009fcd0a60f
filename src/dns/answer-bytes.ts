import { encodeAnswer, failure, type Answer } from './answer.ts';
import type { Resolve } from './chain.ts';
import { finishedAnswer, observe, observeAgain, type FinishedAnswer } from './finished-answer.ts';
import type { Observer } from './observation.ts';
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
import { encodeTransfer } from './encode-transfer.ts';
import type { ReplySpace } from './reply-space.ts';
import { createWireCache, repeatQuestion, type WireCache } from './wire-cache.ts';

/**
 * Answers a message with a message; undefined is silence.
 *
 * @param space Where a reply that is there at once may be put. @default memory of its own
 */
export type AnswerBytes = (
  octets: Uint8Array,
  client: Client,
  space?: ReplySpace,
) => Buffer | undefined | Promise<Buffer | undefined>;

/** Where a query goes. */
export interface Route {
  /** As the chain sees it. */
  readonly query: Query;
  readonly resolve: Resolve;
  /** Told of the query when it is answered. */
  readonly observers: readonly Observer[];
  /** Who else asks may be sent elsewhere: stable answers are stable for this client only. @default false */
  readonly dependsOnClient?: boolean;
}

export interface AnswerBytesOptions {
  readonly route: (query: Query) => Route;
  /** Rises when stable answers may have changed; absent keeps no answers. */
  readonly revision?: () => number;
  /** Rises when those may have changed that depend on the parts of a cell. @default never */
  readonly changesOf?: (cell: number) => number;
  /** Whether classes other than IN reach the chain, as they do beside `forward` and `chaos`. @default false */
  readonly hasAllClasses?: boolean;
  /** Told of queries that are refused before any chain, or whose chain throws. @default nobody */
  readonly dropObservers?: readonly Observer[];
  /** Told of what plugins throw; the client gets SERVFAIL. */
  readonly onError?: (error: unknown, query: Query) => void;
}

/** Every query to one chain. */
export function routeTo(resolve: Resolve): AnswerBytesOptions['route'] {
  return (query) => ({ query, resolve, observers: [] });
}

/** What a server answers. */
export interface Answering {
  readonly answerBytes: AnswerBytes;
  /** What everybody who sends these octets gets until the revision rises. @default undefined: ask again each time */
  finished(query: Buffer, transport: Client['transport']): FinishedAnswer | undefined;
}

/** The `answerBytes` of `createAnswering`. */
export function createAnswerBytes(options: AnswerBytesOptions): AnswerBytes {
  return createAnswering(options).answerBytes;
}

/**
 * From bytes to bytes: what a server does with each message.
 *
 * Responses and headers cut short are met with silence, as any answer to them could be made to bounce. Messages that
 * are no query get the bare code. The common query costs a look-up in the cache of finished answers.
 */
export function createAnswering(options: AnswerBytesOptions): Answering {
  const { revision, changesOf = () => 0 } = options;
  const cache =
    revision === undefined ? undefined : createWireCache<FinishedAnswer>({ revision, changesOf });
  const answerBytes: AnswerBytes = (octets, client, space) => {
    const bytes = asBuffer(octets);
    if (cache !== undefined) {
      const place = cache.find(bytes, client.transport);
      if (place > 0) return answerAgain(cache, place, { bytes, client, space });
    }
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
  return {
    answerBytes,
    finished: (query, transport) => cache?.valueAt(cache.find(query, transport)),
  };
}

interface Repetition {
  readonly bytes: Buffer;
  readonly client: Client;
  readonly space: ReplySpace | undefined;
}

function answerAgain(
  cache: WireCache<FinishedAnswer>,
  place: number,
  { bytes, client, space }: Repetition,
): Buffer {
  const finished = cache.isPlain(place) ? undefined : cache.valueAt(place);
  if (finished === undefined) return cache.reply(place, bytes, space);
  const startedMs = performance.now();
  const reply = finished.isArranged
    ? arrangedAgain(finished, bytes)
    : cache.reply(place, bytes, space);
  const durationMs = performance.now() - startedMs;
  observeAgain(finished, { id: bytes.readUInt16BE(0), client, durationMs });
  return reply;
}

/** Records come in another order than last time. */
function arrangedAgain({ query, answer, nameEnd }: FinishedAnswer, bytes: Buffer): Buffer {
  const reply = encodeAnswer(query, answer);
  repeatQuestion(reply, bytes, nameEnd);
  return reply;
}

interface QueryContext extends AnswerBytesOptions {
  readonly cache: WireCache<FinishedAnswer> | undefined;
  readonly bytes: Buffer;
}

function answerQuery(asked: Query, context: QueryContext): ReturnType<AnswerBytes> {
  const startedMs = performance.now();
  const { bytes, dropObservers = [] } = context;
  const finish = (
    { query, observers }: Pick<Route, 'query' | 'observers'>,
    answer: Answer | undefined,
  ): Buffer | undefined => {
    const reply = answer === undefined ? undefined : encodeReply(query, answer);
    const { id, client } = query;
    observe(observers, {
      query,
      id,
      client,
      answer,
      requestOctets: bytes.length,
      responseOctets: reply?.length ?? 0,
      durationMs: performance.now() - startedMs,
    });
    return reply;
  };
  const dropped = { query: asked, observers: dropObservers };
  if (asked.qclass !== CLASS.IN && context.hasAllClasses !== true)
    return finish(dropped, failure(RCODE.REFUSED));
  const rejected = unknownVersion(asked);
  if (rejected !== undefined) return rejected;
  const fail = (error: unknown): Buffer | undefined => {
    context.onError?.(error, asked);
    return finish(dropped, failure(RCODE.SERVFAIL));
  };
  try {
    const route = context.route(asked);
    const answer = route.resolve(route.query);
    if (answer instanceof Promise) return answer.then((later) => finish(route, later)).catch(fail);
    const reply = finish(route, answer);
    keep(route, { answer, reply, context });
    return reply;
  } catch (error) {
    return fail(error);
  }
}

/** The reply, or the last message of it. */
function encodeReply(query: Query, answer: Answer): Buffer {
  return answer.isTransfer === true ? encodeTransfer(query, answer) : encodeAnswer(query, answer);
}

interface Outcome {
  readonly answer: Answer | undefined;
  readonly reply: Buffer | undefined;
  readonly context: QueryContext;
}

function keep(route: Route, { answer, reply, context }: Outcome): void {
  if (answer?.isStable !== true || reply === undefined || route.dependsOnClient === true) return;
  const { query, observers } = route;
  const { cache, bytes } = context;
  const value = finishedAnswer({ query, answer, observers }, { bytes, reply });
  if (value === undefined) return;
  const { nameEnd, isCaseless, isArranged, cell } = value;
  const isPlain = observers.length === 0 && !isArranged;
  cache?.set(bytes, query.client.transport, { reply, value, nameEnd, isCaseless, isPlain, cell });
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

/** Its OPT record is an empty one, as that of CoreDNS. @see RFC 6891 §6.1.3 */
function unknownVersion(query: Query): Buffer | undefined {
  const { edns } = query;
  if (edns === undefined || edns.version === 0) return undefined;
  const empty = { ...edns, udpSize: 0, isDnssecOk: false };
  return encodeAnswer({ ...query, edns: empty }, failure(RCODE.BADVERS));
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

/**
 * The header and nothing else, with the flags that came, as CoreDNS gives it back. FORMERR speaks of a query, whatever
 * was sent; NOTIMP names the opcode.
 */
function bareReply({ id, flags }: Header, rcode: number): Buffer {
  const reply = Buffer.alloc(HEADER_SIZE);
  const opcode = rcode === RCODE.NOTIMP ? flags.opcode : OPCODE.QUERY;
  const bits = flagBits({
    ...flags,
    isResponse: true,
    opcode,
    isAuthoritative: false,
    rcode,
  });
  reply.writeUInt16BE(id, 0);
  reply.writeUInt16BE(bits, 2);
  return reply;
}
