/** Names of Services, endpoints and Pods. */
import type { Store } from '../../../api/index.ts';
import { failure, type Answer } from '../../answer.ts';
import type { Plugin, Resolve } from '../../chain.ts';
import { isInZone, zoneOf } from '../../names.ts';
import { createQuery, type Query } from '../../query.ts';
import { RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import { requestOf, type Found, type FoundOrMissing, type Lookup } from './lookup.ts';
import { LOOKUPS, lookUpNothing } from './lookups.ts';
import { metadataOf } from './metadata.ts';
import { isReverse } from './reverse.ts';
import { resolveOptions, type KubernetesOptions, type KubernetesSettings } from './options.ts';
import { searchPathOf } from './search-path.ts';
import { KubernetesTables, type ClusterRecords } from './tables.ts';
import { transferZone } from './transfer.ts';
import { NAME_SERVER, soaRecord } from './zone-records.ts';

export type { KubernetesOptions, PodsMode } from './options.ts';

export interface KubernetesContext {
  readonly store: Store;
  /** Milliseconds since 1970, for the serial of the zone. */
  readonly now: () => number;
  /** The whole chain, for the targets of ExternalNames. */
  readonly resolve: Resolve;
  /** Addresses that the server knows as its own, such as those of the CoreDNS Pods; they name the zone's server. */
  readonly localAddresses?: () => readonly string[];
  /** Whether the store is filled; until then names that look missing are SERVFAIL. @default always */
  readonly hasSynced?: () => boolean;
  /**
   * Told of every change that an answer may depend on: of the Service, `NAMESPACE/NAME`, or of all for none.
   *
   * @default nobody
   */
  readonly onChange?: (service?: string) => void;
}

/** The plugin, and the tables it keeps. */
export interface Kubernetes extends Disposable {
  readonly plugin: Plugin;
  /** The records of one of its zones, from SOA to SOA; undefined for another. */
  readonly transfer: (zone: string) => readonly ResourceRecord[] | undefined;
  /** The search list of the client's Pod, without that of the host; undefined when it is not known. */
  readonly searchPath: (query: Query) => readonly string[] | undefined;
  /** Facts about a query, for `metadata`. */
  readonly metadata: (query: Query) => ReadonlyMap<string, () => string>;
  /** For names of the same Services under other zones. */
  readonly records: ClusterRecords;
  readonly settings: KubernetesSettings;
  readonly localAddresses: () => readonly string[];
}

/**
 * Serves the zones of the Kubernetes DNS-Based Service Discovery Specification 1.1.0, as CoreDNS 1.15 does.
 *
 * @throws ApiError BadRequest for a selector that cannot be read.
 */
export function createKubernetes(
  options: KubernetesOptions,
  context: KubernetesContext,
): Kubernetes {
  const settings = resolveOptions(options);
  const tables = new KubernetesTables(settings, context);
  const { localAddresses = () => [], hasSynced = () => true, resolve } = context;
  const lookupOf = (query: Query, zone: string): Lookup => ({
    query,
    zone: query.name.slice(query.name.length - zone.length),
    isMulticluster: settings.multicluster.has(zone),
    records: tables,
    settings,
    localAddresses,
    resolve,
  });
  const plugin: Plugin = (query, next) => {
    const zone = zoneOf(query.qname, settings.zones);
    if (zone === undefined) return next(query);
    if (query.qtype === TYPE.AXFR || query.qtype === TYPE.IXFR) return failure(RCODE.REFUSED);
    const lookup = lookupOf(query, zone);
    const found = (LOOKUPS.get(query.qtype) ?? lookUpNothing)(lookup);
    if (found instanceof Promise) return found.then((later) => finish(later, lookup, true));
    if (found === undefined && isHandedOn(query, settings)) return next(query);
    return finish(found, lookup, hasSynced());
  };
  return {
    plugin,
    transfer: (zone) =>
      settings.zones.includes(zone)
        ? transferZone(lookupOf(createQuery(zone, TYPE.AXFR), zone))
        : undefined,
    searchPath: (query) => searchPathOf(query, settings, tables),
    metadata: (query) => metadataOf(query, settings, tables),
    records: tables,
    settings,
    localAddresses,
    [Symbol.dispose]: () => tables[Symbol.dispose](),
  };
}

function isHandedOn({ qname }: Query, { fallthrough }: KubernetesSettings): boolean {
  return fallthrough.some((zone) => isInZone(qname, zone));
}

function finish(found: FoundOrMissing, lookup: Lookup, hasSynced: boolean): Answer {
  const isCaseless = isSpeltAnyhow(lookup);
  if (found === undefined) {
    const rcode = hasSynced ? RCODE.NXDOMAIN : RCODE.SERVFAIL;
    return { ...negative(lookup, rcode), isStable: hasSynced, isCaseless };
  }
  const hold = { isStable: found.isTruncated === undefined, isCaseless };
  if (found.answers.length === 0) return { ...negative(lookup, RCODE.NOERROR), ...hold };
  const dependsOn = serviceOf(found, lookup);
  return {
    ...(dependsOn !== undefined && { dependsOn }),
    rcode: RCODE.NOERROR,
    isAuthoritative: true,
    answers: found.answers,
    authority: [],
    additional: found.additional ?? [],
    isTruncated: found.isTruncated ?? false,
    ...hold,
  };
}

/**
 * The Service that an answer is made from; undefined where there is more to it.
 *
 * Aliases lead elsewhere, and what says that something is not there has a serial in it that rises with any change.
 */
function serviceOf({ answers }: Found, lookup: Lookup): string | undefined {
  const { qname } = lookup.query;
  if (isReverse(qname) || answers.some(({ type }) => type === TYPE.CNAME)) return undefined;
  const request = requestOf(lookup, qname);
  return request.kind === 'service' ? `${request.namespace}/${request.service}` : undefined;
}

/** The zone itself and its name server are known in lower case alone, as in CoreDNS. */
function isSpeltAnyhow({ query, zone }: Lookup): boolean {
  const own = query.qname.slice(0, query.qname.length - zone.length);
  return own !== '' && own !== `${NAME_SERVER}.`;
}

function negative(lookup: Lookup, rcode: number): Answer {
  const authority = [soaRecord(lookup)];
  return { rcode, isAuthoritative: true, answers: [], authority, additional: [] };
}
