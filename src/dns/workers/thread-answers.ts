import type { Answering } from '../answer-bytes.ts';
import { repeatQuestion } from '../finished-answer.ts';
import type { Client } from '../query.ts';
import type { Revision } from '../revision.ts';
import { asBuffer } from '../wire/index.ts';
import { createWireCache } from '../wire-cache.ts';
import type { AnsweredThere, AskedThere, FinishedThere, Reply, ThreadLot } from './messages.ts';

export interface ThreadAnswersOptions {
  readonly revision: Revision;
  /** Hands a lot to the main thread. */
  readonly post: (lot: ThreadLot) => void;
}

/** How a thread answers: from finished answers, else by asking the main thread. */
export interface ThreadAnswers extends Pick<Answering, 'answerBytes' | 'answerShared'> {
  /** Takes what the main thread says. */
  receive(replies: readonly Reply[]): void;
}

/** Queries that may wait for the main thread; more are met with silence, as by a full socket. */
const MAX_WAITING = 4096;

interface Kept extends FinishedThere {
  readonly reply: Buffer;
}

interface Waiting {
  readonly query: Buffer;
  readonly resolve: (reply: Buffer | undefined) => void;
}

/** Answers one thread's datagrams. The main thread hears of each lot once. */
export function createThreadAnswers({ revision, post }: ThreadAnswersOptions): ThreadAnswers {
  const waiting = new Map<number, Waiting>();
  const lot = createLot(post);
  let newest = 0;
  let tickets = 0;
  const cache = createWireCache<Kept>({
    revision: () => revision.current,
    onClear: () => lot.forget(newest),
  });
  const ask = (query: Buffer, client: Client): Promise<Buffer | undefined> | undefined => {
    if (waiting.size >= MAX_WAITING) return undefined;
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
    tickets += 1;
    waiting.set(tickets, { query, resolve });
    lot.ask({ ticket: tickets, query: Uint8Array.from(query), client });
    return promise;
  };
  const answer = (
    query: Buffer,
    client: Client,
    mayShare: boolean,
  ): ReturnType<Answering['answerBytes']> => {
    const startedMs = performance.now();
    const kept = cache.get(query, 'udp');
    if (kept === undefined) return ask(query, client);
    const reply = mayShare ? kept.reply : Buffer.from(kept.reply);
    repeatQuestion(reply, query, kept.nameEnd);
    if (kept.isObserved) {
      const durationMs = performance.now() - startedMs;
      lot.tell({ answer: kept.number, id: query.readUInt16BE(0), client, durationMs });
    }
    return reply;
  };
  const receive = ({ ticket, reply: octets, finished }: Reply): void => {
    const { query, resolve } = waiting.get(ticket) ?? {};
    waiting.delete(ticket);
    const reply = octets && asBuffer(octets);
    if (query !== undefined && reply !== undefined && finished?.revision === revision.current) {
      // The client's own reply goes out later, as it is.
      const value = { ...finished, reply: Buffer.from(reply) };
      cache.set(query, 'udp', { ...finished, value, sizeBytes: reply.length });
    }
    // Not before: what the cache drops to make room is older.
    newest = finished?.number ?? newest;
    resolve?.(reply);
  };
  return {
    answerBytes: (octets, client) => answer(asBuffer(octets), client, false),
    answerShared: (octets, client) => answer(asBuffer(octets), client, true),
    receive: (replies) => {
      for (const reply of replies) receive(reply);
    },
  };
}

/** What goes to the main thread, sent when the thread has answered all that it could. */
interface Lot {
  ask(asked: AskedThere): void;
  tell(answered: AnsweredThere): void;
  forget(last: number): void;
}

function createLot(post: ThreadAnswersOptions['post']): Lot {
  let asked: AskedThere[] = [];
  let answered: AnsweredThere[] = [];
  let forgotten = 0;
  let isScheduled = false;
  const send = (): void => {
    isScheduled = false;
    post({ kind: 'lot', asked, answered, forgotten });
    asked = [];
    answered = [];
    forgotten = 0;
  };
  const sendSoon = (): void => {
    if (!isScheduled) queueMicrotask(send);
    isScheduled = true;
  };
  return {
    ask: (query) => {
      asked.push(query);
      sendSoon();
    },
    tell: (seen) => {
      answered.push(seen);
      sendSoon();
    },
    // Not worth a message of its own.
    forget: (last) => {
      forgotten = last;
    },
  };
}
