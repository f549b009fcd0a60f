import type { Client } from './query.ts';

/** Finished answers by the bytes of their queries, id aside. */
export interface WireCache {
  /** The answer to `query`, with its id. */
  get(query: Buffer, transport: Client['transport']): Buffer | undefined;
  set(query: Buffer, transport: Client['transport'], answer: Buffer): void;
}

/** Queries that are longer are not kept: a name, a question and an OPT record without options fit. */
const MAX_QUERY_SIZE = 300;
/** Octets of answers and queries kept. Clients that ask for ever new names start it afresh. */
const MAX_OCTETS = 16 * 1024 * 1024;
/** What an entry costs besides its octets, roughly. */
const ENTRY_OVERHEAD = 200;

/**
 * Answers that hold while `revision` stands still.
 *
 * A query's bytes without the id say everything that a stable answer depends on: flags, question as spelt, EDNS; the
 * transport says how long it may be.
 */
export function createWireCache(revision: () => number): WireCache {
  const answers = { udp: new Map<string, Buffer>(), tcp: new Map<string, Buffer>() };
  let octets = 0;
  let current = revision();
  const clear = (): void => {
    answers.udp.clear();
    answers.tcp.clear();
    octets = 0;
  };
  const isCurrent = (): boolean => {
    const now = revision();
    if (now === current) return true;
    current = now;
    clear();
    return false;
  };
  return {
    get(query, transport) {
      if (query.length > MAX_QUERY_SIZE || !isCurrent()) return undefined;
      const kept = answers[transport === 'udp' ? 'udp' : 'tcp'].get(keyOf(query));
      if (kept === undefined) return undefined;
      const answer = Buffer.allocUnsafe(kept.length);
      kept.copy(answer, 2, 2);
      query.copy(answer, 0, 0, 2);
      return answer;
    },
    set(query, transport, answer) {
      if (query.length > MAX_QUERY_SIZE || !isCurrent()) return;
      octets += query.length + answer.length + ENTRY_OVERHEAD;
      if (octets > MAX_OCTETS) clear();
      answers[transport === 'udp' ? 'udp' : 'tcp'].set(keyOf(query), answer);
    },
  };
}

function keyOf(query: Buffer): string {
  return query.toString('latin1', 2);
}
