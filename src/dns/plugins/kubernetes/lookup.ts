import type { Resolve } from '../../chain.ts';
import type { Query } from '../../query.ts';
import type { ResourceRecord } from '../../wire/index.ts';
import { findTargets, type Target } from './find.ts';
import type { KubernetesSettings } from './options.ts';
import { parseRequest, type RecordRequest } from './request.ts';
import { isReverse } from './reverse.ts';
import type { ClusterRecords } from './tables.ts';

/** One query in one zone. */
export interface Lookup {
  readonly query: Query;
  /** The zone as asked: case kept. */
  readonly zone: string;
  readonly isMulticluster: boolean;
  readonly records: ClusterRecords;
  readonly settings: KubernetesSettings;
  /** Addresses that the server knows as its own. */
  readonly localAddresses: () => readonly string[];
  /** The whole chain, for names in other zones. */
  readonly resolve: Resolve;
}

/** What a name of the zone holds; nothing is NODATA. */
export interface Found {
  readonly answers: readonly ResourceRecord[];
  readonly additional?: readonly ResourceRecord[];
  /** An upstream's TC. */
  readonly isTruncated?: boolean;
}

/** undefined stands for a name that does not exist. */
export type FoundOrMissing = Found | undefined;

/** A name that exists and holds nothing of the type. */
export const NODATA: Found = { answers: [] };

/** What `qname`, a name of the zone, asks for. */
export function requestOf(
  { zone, isMulticluster, settings }: Lookup,
  qname: string,
): RecordRequest {
  const base = qname.slice(0, qname.length - zone.length);
  return parseRequest(base, { isMulticluster, isZonal: settings.isZonal });
}

/** What `qname` stands for; undefined when it does not exist. */
export function targetsOf(lookup: Lookup, qname: string): readonly Target[] | undefined {
  const request = requestOf(lookup, qname);
  if (request.kind !== 'apex' && isReverse(qname)) return undefined;
  const { records, settings, isMulticluster, query } = lookup;
  return findTargets(request, { records, settings, isMulticluster, explain: query.explain });
}
