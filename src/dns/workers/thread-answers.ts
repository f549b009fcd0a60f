import type { Answering } from '../answer-bytes.ts';
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
export interface ThreadAnswers extends Pick<Answering, 'answerBytes'> {
  /** Takes what the main thread says. */
  receive(replies: readonly Reply[]): void;
}

/** Queries that may wait for the main thread; more are met with silence, as by a full socket. */
const MAX_WAITING = 4096;

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
  const cache = createWireCache<FinishedThere>({
    revision: () => revision.current,
    changesOf: revision.changesOf,
    onClear: () => lot.forget(newest),
  });
  const ask = (query: Buffer, client: Client): Promise<Buffer | undefined> | undefined => {
    if (waiting.size >= MAX_WAITING) return undefined;
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
    tickets += 1;
    waiting.set(tickets, { query, resolve });
    lot.ask({ ticket: tickets, query: Uint8Array.from(query), client, mayKeep: isHost(client) });
    return promise;
  };
  const answerBytes: Answering['answerBytes'] = (octets, client, space) => {
    const query = asBuffer(octets);
    // What policies say of others than the host, the main thread knows; what it says holds this once.
    if (!isHost(client)) return ask(query, client);
    const startedMs = performance.now();
    const place = cache.find(query, 'udp');
    if (place === 0) return ask(query, client);
    const reply = cache.reply(place, query, space);
    const kept = cache.isPlain(place) ? undefined : cache.valueAt(place);
    if (kept !== undefined) {
      const durationMs = performance.now() - startedMs;
      lot.tell({ answer: kept.number, id: query.readUInt16BE(0), client, durationMs });
    }
    return reply;
  };
  const holds = ({ revision: at, cell, changes }: FinishedThere): boolean =>
    at === revision.current && changes === revision.changesOf(cell);
  const receive = ({ ticket, reply: octets, finished }: Reply): void => {
    const { query, resolve } = waiting.get(ticket) ?? {};
    waiting.delete(ticket);
    const reply = octets && asBuffer(octets);
    if (query !== undefined && reply !== undefined && finished !== undefined && holds(finished)) {
      const isPlain = !finished.isObserved;
      cache.set(query, 'udp', { ...finished, reply, value: finished, isPlain });
    }
    // Not before: what the cache drops to make room is older.
    newest = finished?.number ?? newest;
    resolve?.(reply);
  };
  return {
    answerBytes,
    receive: (replies) => {
      for (const reply of replies) receive(reply);
    },
  };
}

function isHost({ address }: Client): boolean {
  return address === '127.0.0.1' || address === '::1';
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
