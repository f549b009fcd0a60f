import type { Client } from './query.ts';
import type { ReplySpace } from './reply-space.ts';
import { WireSlots } from './wire-slots.ts';

/**
 * Replies by the octets of the queries that they answer: their ids aside, and the case of their names.
 *
 * Where one stands is a number, so that finding one makes no garbage; it holds until the next `set`.
 */
export interface WireCache<T> {
  /** 0 for none. */
  find(query: Buffer, transport: Client['transport']): number;
  /** The reply with the id and the spelling of `query`; in `space` if that is given, else in memory of its own. */
  reply(place: number, query: Buffer, space?: ReplySpace): Buffer;
  /** The reply says everything: nobody needs the value. */
  isPlain(place: number): boolean;
  valueAt(place: number): T | undefined;
  set(query: Buffer, transport: Client['transport'], entry: WireCacheEntry<T>): void;
}

export interface WireCacheEntry<T> {
  readonly reply: Uint8Array;
  readonly value: T;
  /** Where the name of the query ends, and of the question in the reply. */
  readonly nameEnd: number;
  /** It holds for any spelling of the name. */
  readonly isCaseless: boolean;
  readonly isPlain: boolean;
  /** It holds while the changes of this cell stand still. @default 0 */
  readonly cell?: number;
  /** How many there were when it was made. @default those so far */
  readonly changes?: number;
}

export interface WireCacheOptions {
  /** All entries hold while it stands still. */
  readonly revision: () => number;
  /** How often what an entry's cell stands for has changed. @default never */
  readonly changesOf?: (cell: number) => number;
  /** Told when all entries are dropped. @default nobody */
  readonly onClear?: () => void;
}

/** Queries that are longer are not kept: a name, a question and an OPT record without options fit. */
const MAX_QUERY_SIZE = 300;
/** Octets of answers and queries kept. Clients that ask for ever new names start it afresh. */
const MAX_OCTETS = 16 * 1024 * 1024;
/** What an entry costs besides its octets, roughly: its value, mostly. */
const ENTRY_OVERHEAD = 600;
/** Letters differ from their other case by this bit. */
const CASE = 0x20;
const [FIRST_LETTER, LAST_LETTER] = [0x61, 0x7a];
const HEADER_SIZE = 12;

const WORD = Int32Array.BYTES_PER_ELEMENT;
/** Words of an entry before its reply: both lengths, end of the name with flags, number of the value, cell, its changes. */
const HEAD = 5;
const [IS_UDP, IS_CASELESS, IS_PLAIN] = [1 << 16, 1 << 17, 1 << 18];
const NAME_END = 0xffff;
const FIRST_SIZE = 64 * 1024;

/**
 * Replies that hold while `revision` stands still.
 *
 * A query's octets without the id say everything that a stable answer depends on: flags, question as spelt, EDNS; the
 * transport says how long it may be. What a look-up waits for is memory far away, so all that a hit needs lies side by
 * side, in one piece of memory:
 *
 *     slots:  … hash place hash place …          entry:  lengths │ name end, flags │ value │ cell, changes │ reply … │ query …
 */
export function createWireCache<T>(options: WireCacheOptions): WireCache<T> {
  return new Cache(options);
}

class Cache<T> implements WireCache<T> {
  readonly #revision: () => number;
  readonly #changesOf: (cell: number) => number;
  readonly #onClear: () => void;
  readonly #slots = new WireSlots();
  readonly #values: T[] = [];
  #words = new Int32Array(FIRST_SIZE / WORD);
  #octets = new Uint8Array(this.#words.buffer);
  /** Of the next entry, in words; no entry stands at 0. */
  #end = HEAD;
  #size = 0;
  #current: number;

  constructor({ revision, changesOf = () => 0, onClear = () => {} }: WireCacheOptions) {
    this.#revision = revision;
    this.#changesOf = changesOf;
    this.#onClear = onClear;
    this.#current = revision();
  }

  find(query: Buffer, transport: Client['transport']): number {
    if (!this.#isCurrent() || query.length > MAX_QUERY_SIZE) return 0;
    const flag = transport === 'udp' ? IS_UDP : 0;
    const caseless = this.#lookUp(query, flag, hashOf(query, flag, CASE));
    if (caseless > 0 && this.#holds(caseless)) return caseless;
    const exact = this.#lookUp(query, flag, hashOf(query, flag, 0));
    return exact > 0 && this.#holds(exact) ? exact : 0;
  }

  reply(place: number, query: Buffer, space?: ReplySpace): Buffer {
    const length = (this.#words[place] ?? 0) >>> 16;
    const nameEnd = (this.#words[place + 1] ?? 0) & NAME_END;
    const start = place + HEAD;
    const reply =
      space?.put(this.#words, start, length) ??
      Buffer.from(this.#octets.subarray(start * WORD, start * WORD + length));
    repeatQuestion(reply, query, nameEnd);
    return reply;
  }

  isPlain(place: number): boolean {
    return ((this.#words[place + 1] ?? 0) & IS_PLAIN) !== 0;
  }

  valueAt(place: number): T | undefined {
    return place > 0 ? this.#values[this.#words[place + 2] ?? 0] : undefined;
  }

  set(query: Buffer, transport: Client['transport'], entry: WireCacheEntry<T>): void {
    if (!this.#isCurrent() || query.length > MAX_QUERY_SIZE) return;
    const size = query.length + entry.reply.length + ENTRY_OVERHEAD;
    if (this.#size + size > MAX_OCTETS) this.#clear();
    this.#size += size;
    const flag = transport === 'udp' ? IS_UDP : 0;
    const hash = hashOf(query, flag, entry.isCaseless ? CASE : 0);
    const known = this.#lookUp(query, flag, hash);
    this.#slots.set(hash, { place: this.#write(query, flag, entry), known });
  }

  /** Nothing has changed that it depends on. */
  #holds(place: number): boolean {
    return this.#words[place + 4] === this.#changesOf(this.#words[place + 3] ?? 0);
  }

  #lookUp(query: Buffer, flag: number, hash: number): number {
    const slots = this.#slots;
    for (let slot = slots.first(hash); slot >= 0; slot = slots.next(slot, hash)) {
      const place = slots.placeAt(slot);
      if (this.#isSame(place, query, flag)) return place;
    }
    return 0;
  }

  #isSame(place: number, query: Buffer, flag: number): boolean {
    const lengths = this.#words[place] ?? 0;
    const facts = this.#words[place + 1] ?? 0;
    if ((lengths & 0xffff) !== query.length || (facts & IS_UDP) !== flag) return false;
    const caselessEnd = (facts & IS_CASELESS) === 0 ? 0 : facts & NAME_END;
    const start = (place + HEAD + wordsFor(lengths >>> 16)) * WORD;
    const octets = this.#octets;
    for (let at = 2; at < query.length; at += 1) {
      const octet = octets[start + at] ?? 0;
      const difference = octet ^ (query[at] ?? 0);
      if (difference === 0) continue;
      if (!isWithin(at, caselessEnd) || !isOtherCase(octet, difference)) return false;
    }
    return true;
  }

  /** @returns The place of the new entry. */
  #write(query: Buffer, flag: number, entry: WireCacheEntry<T>): number {
    const { reply, value, nameEnd, isCaseless, isPlain, cell = 0 } = entry;
    const { changes = this.#changesOf(cell) } = entry;
    const place = this.#end;
    const replyAt = place + HEAD;
    const queryAt = replyAt + wordsFor(reply.length);
    this.#end = queryAt + wordsFor(query.length);
    if (this.#end > this.#words.length) this.#grow();
    this.#words[place] = query.length | (reply.length << 16);
    const flags = flag | (isCaseless ? IS_CASELESS : 0) | (isPlain ? IS_PLAIN : 0);
    this.#words[place + 1] = nameEnd | flags;
    this.#words[place + 2] = this.#values.push(value) - 1;
    this.#words[place + 3] = cell;
    this.#words[place + 4] = changes;
    this.#octets.set(reply, replyAt * WORD);
    this.#octets.set(query, queryAt * WORD);
    return place;
  }

  #grow(): void {
    const words = new Int32Array(Math.max(this.#words.length * 2, this.#end));
    words.set(this.#words);
    this.#words = words;
    this.#octets = new Uint8Array(words.buffer);
  }

  #isCurrent(): boolean {
    const now = this.#revision();
    if (now === this.#current) return true;
    this.#current = now;
    this.#clear();
    return false;
  }

  #clear(): void {
    this.#slots.clear();
    this.#values.length = 0;
    this.#end = HEAD;
    this.#size = 0;
    this.#onClear();
  }
}

/** Makes `reply` one to `query`, which asks the same: its id, and the name in its spelling. */
export function repeatQuestion(reply: Buffer, query: Buffer, nameEnd: number): void {
  reply[0] = query[0] ?? 0;
  reply[1] = query[1] ?? 0;
  for (let at = HEADER_SIZE; at < nameEnd; at += 1) reply[at] = query[at] ?? 0;
}

/** Of all octets behind the id, each with the bits of `mask` set; a small integer. */
function hashOf(query: Buffer, flag: number, mask: number): number {
  let hash = flag === 0 ? 0x050c_5d1f : 0x811c_9dc5;
  for (let at = 2; at < query.length; at += 1)
    hash = Math.imul(hash ^ ((query[at] ?? 0) | mask), 0x0100_0193);
  return (hash ^ (hash >>> 15)) & 0x3fff_ffff;
}

/** Whether an octet stands in the name, which ends before `nameEnd`. */
function isWithin(at: number, nameEnd: number): boolean {
  return at >= HEADER_SIZE && at < nameEnd;
}

function isOtherCase(octet: number, difference: number): boolean {
  const letter = octet | CASE;
  return difference === CASE && letter >= FIRST_LETTER && letter <= LAST_LETTER;
}

function wordsFor(octets: number): number {
  return (octets + WORD - 1) >> 2;
}
