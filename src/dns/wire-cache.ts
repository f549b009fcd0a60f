import type { Client } from './query.ts';

/** Values by the bytes of the queries that they answer, id aside. */
export interface WireCache<T> {
  get(query: Buffer, transport: Client['transport']): T | undefined;
  set(query: Buffer, transport: Client['transport'], entry: WireCacheEntry<T>): void;
}

export interface WireCacheEntry<T> {
  readonly value: T;
  /** What it costs to keep. */
  readonly sizeBytes: number;
}

/** Queries that are longer are not kept: a name, a question and an OPT record without options fit. */
const MAX_QUERY_SIZE = 300;
/** Octets of answers and queries kept. Clients that ask for ever new names start it afresh. */
const MAX_OCTETS = 16 * 1024 * 1024;
/** What an entry costs besides its octets, roughly. */
const ENTRY_OVERHEAD = 600;

/**
 * Answers that hold while `revision` stands still.
 *
 * A query's bytes without the id say everything that a stable answer depends on: flags, question as spelt, EDNS; the
 * transport says how long it may be.
 */
export function createWireCache<T>(revision: () => number): WireCache<T> {
  const answers = { udp: new Map<string, T>(), tcp: new Map<string, T>() };
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
      return answers[transport === 'udp' ? 'udp' : 'tcp'].get(keyOf(query));
    },
    set(query, transport, { value, sizeBytes }) {
      if (query.length > MAX_QUERY_SIZE || !isCurrent()) return;
      octets += query.length + sizeBytes + ENTRY_OVERHEAD;
      if (octets > MAX_OCTETS) clear();
      answers[transport === 'udp' ? 'udp' : 'tcp'].set(keyOf(query), value);
    },
  };
}

function keyOf(query: Buffer): string {
  return query.toString('latin1', 2);
}
