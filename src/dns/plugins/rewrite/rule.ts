import type { Query } from '../../query.ts';
import type { ResourceRecord } from '../../wire/index.ts';

/** What is done to the answer of a rewritten query; those of later rules come first. */
export type ResponseRule =
  | { readonly kind: 'record'; readonly change: (record: ResourceRecord) => ResourceRecord }
  | { readonly kind: 'rcode'; readonly from: number; readonly to: number }
  /** Leads an alias elsewhere; undefined leaves it. */
  | { readonly kind: 'alias'; readonly targetFor: (target: string) => string | undefined }
  /** Options that the client never sent are not sent back to it. */
  | { readonly kind: 'option'; readonly code: number; readonly original: Uint8Array | undefined };

/** A query as a rule leaves it. */
export interface Rewritten {
  readonly query: Query;
  /** The rule found nothing to do: later ones have their turn. @default false */
  readonly isIdle?: boolean;
  readonly responses: readonly ResponseRule[];
}

/** Changes a query; undefined for one that is not its own. */
export type Rewrite = (query: Query) => Rewritten | undefined;

/** One `rewrite` of a Corefile. */
export interface Rule {
  readonly rewrite: Rewrite;
  /** Whether later rules are left out when it took effect. */
  readonly isLast: boolean;
}
