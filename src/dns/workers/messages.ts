import type { Client } from '../query.ts';

/** What a thread is started with. */
export interface ThreadSetup {
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** Memory of the revision that finished answers hold for. */
  readonly revision: SharedArrayBuffer;
}

/** What a thread tells: that its sockets are open, then what each lot of datagrams left to the main thread. */
export type FromThread = { readonly kind: 'listening' } | ThreadLot;

export interface ThreadLot {
  readonly kind: 'lot';
  /** Without a finished answer in the thread. */
  readonly asked: readonly AskedThere[];
  /** Answered in the thread; told in the order in which they were. */
  readonly answered: readonly AnsweredThere[];
  /** Finished answers up to this number are no longer in the thread; 0 for none. */
  readonly forgotten: number;
}

export interface AskedThere {
  readonly ticket: number;
  readonly query: Uint8Array;
  readonly client: Client;
  /** Whether the thread keeps an answer that holds for others. */
  readonly mayKeep: boolean;
}

export interface AnsweredThere {
  /** Number of the finished answer. */
  readonly answer: number;
  readonly id: number;
  readonly client: Client;
  readonly durationMs: number;
}

/** What the main thread says to what was asked. */
export interface Reply {
  readonly ticket: number;
  /** undefined is silence. */
  readonly reply: Uint8Array | undefined;
  /** How the reply holds for others. @default it does not */
  readonly finished?: FinishedThere;
}

export interface FinishedThere {
  /** Rises from reply to reply. */
  readonly number: number;
  /** What it holds for. */
  readonly revision: number;
  /** Where changes of what it depends on are counted, and how many there were. */
  readonly cell: number;
  readonly changes: number;
  readonly nameEnd: number;
  readonly isCaseless: boolean;
  /** Somebody wants to hear of each query that it answers. */
  readonly isObserved: boolean;
}
