import type { Answer } from './answer.ts';
import type { Client, Query } from './query.ts';

/** A query that was answered. */
export interface Observation {
  /** The query, or an earlier one with the same octets: `id` and `client` are those of this one. */
  readonly query: Query;
  readonly id: number;
  readonly client: Client;
  /** undefined where the client got silence. */
  readonly answer: Answer | undefined;
  readonly requestOctets: number;
  /** 0 for silence. */
  readonly responseOctets: number;
  readonly durationMs: number;
  /** It came from the cache of finished answers, and no plugin saw the query. @default false */
  readonly isRepeated?: boolean;
}

/** Told of queries when they are answered. */
export type Observer = (observation: Observation) => void;
