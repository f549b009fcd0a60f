import type { Client } from './query.ts';

/** Values by the bytes of the queries that they answer: their ids aside, and the case of their names. */
export interface WireCache<T> {
  get(query: Buffer, transport: Client['transport']): T | undefined;
  set(query: Buffer, transport: Client['transport'], entry: WireCacheEntry<T>): void;
}

export interface WireCacheEntry<T> {
  readonly value: T;
  /** What it costs to keep. */
  readonly sizeBytes: number;
  /** Where the name of the query ends. */
  readonly nameEnd: number;
  /** It holds for any spelling of the name. */
  readonly isCaseless: boolean;
}

export interface WireCacheOptions {
  /** Entries hold while it stands still. */
  readonly revision: () => number;
  /** Told when all entries are dropped. @default nobody */
  readonly onClear?: () => void;
}

/** Queries that are longer are not kept: a name, a question and an OPT record without options fit. */
const MAX_QUERY_SIZE = 300;
/** Octets of answers and queries kept. Clients that ask for ever new names start it afresh. */
const MAX_OCTETS = 16 * 1024 * 1024;
/** What an entry costs besides its octets, roughly. */
const ENTRY_OVERHEAD = 600;
/** Letters differ from their other case by this bit. */
const CASE = 0x20;
const [FIRST_LETTER, LAST_LETTER] = [0x61, 0x7a];

interface Entry<T> {
  /** A character an octet: a string has them in itself, a Buffer elsewhere, and memory far away is what a look-up waits for. */
  readonly query: string;
  readonly isUdp: boolean;
  /** Before it letters may have another case. */
  readonly caselessEnd: number;
  readonly value: T;
}

/**
 * Answers that hold while `revision` stands still.
 *
 * A query's bytes without the id say everything that a stable answer depends on: flags, question as spelt, EDNS; the
 * transport says how long it may be. They are hashed as they are: a look-up makes no garbage.
 */
export function createWireCache<T>({
  revision,
  onClear = () => {},
}: WireCacheOptions): WireCache<T> {
  // Of two queries with one hash the later stays.
  const entries = new Map<number, Entry<T>>();
  let octets = 0;
  let current = revision();
  const clear = (): void => {
    entries.clear();
    octets = 0;
    onClear();
  };
  const isCurrent = (): boolean => {
    const now = revision();
    if (now === current) return true;
    current = now;
    clear();
    return false;
  };
  const find = (query: Buffer, isUdp: boolean, mask: number): T | undefined => {
    const entry = entries.get(hashOf(query, isUdp, mask));
    if (entry === undefined || entry.isUdp !== isUdp) return undefined;
    return isSame(entry, query) ? entry.value : undefined;
  };
  return {
    get(query, transport) {
      if (!isCurrent() || query.length > MAX_QUERY_SIZE) return undefined;
      const isUdp = transport === 'udp';
      return find(query, isUdp, CASE) ?? find(query, isUdp, 0);
    },
    set(query, transport, { value, sizeBytes, nameEnd, isCaseless }) {
      if (!isCurrent() || query.length > MAX_QUERY_SIZE) return;
      octets += query.length + sizeBytes + ENTRY_OVERHEAD;
      if (octets > MAX_OCTETS) clear();
      const isUdp = transport === 'udp';
      const caselessEnd = isCaseless ? nameEnd : 0;
      const entry = { query: query.toString('latin1'), isUdp, caselessEnd, value };
      entries.set(hashOf(query, isUdp, isCaseless ? CASE : 0), entry);
    },
  };
}

/** Of all octets behind the id, each with the bits of `mask` set; a small integer. */
function hashOf(query: Buffer, isUdp: boolean, mask: number): number {
  let hash = isUdp ? 0x811c_9dc5 : 0x050c_5d1f;
  for (let at = 2; at < query.length; at += 1)
    hash = Math.imul(hash ^ ((query[at] ?? 0) | mask), 0x0100_0193);
  return (hash ^ (hash >>> 15)) & 0x3fff_ffff;
}

function isSame<T>({ query: known, caselessEnd }: Entry<T>, query: Buffer): boolean {
  if (known.length !== query.length) return false;
  for (let at = 2; at < known.length; at += 1) {
    const octet = known.charCodeAt(at);
    const difference = octet ^ (query[at] ?? 0);
    if (difference === 0) continue;
    const letter = octet | CASE;
    const isLetter = letter >= FIRST_LETTER && letter <= LAST_LETTER;
    if (difference !== CASE || !isLetter || at >= caselessEnd) return false;
  }
  return true;
}
