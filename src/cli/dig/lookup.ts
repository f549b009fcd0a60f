import type { DigRequest } from '../../control/index.ts';

/** What of an answer is printed. */
export interface DigDisplay {
  readonly command: boolean;
  readonly comments: boolean;
  readonly question: boolean;
  readonly answer: boolean;
  readonly authority: boolean;
  readonly additional: boolean;
  readonly statistics: boolean;
  readonly short: boolean;
  readonly identify: boolean;
  readonly multiline: boolean;
  readonly ttl: boolean;
  readonly class: boolean;
  readonly json: boolean;
  /** The query as well. */
  readonly query: boolean;
  /** Each name of a search, and not only the last. */
  readonly searchSteps: boolean;
  /** Times in microseconds. */
  readonly microseconds: boolean;
}

/** The OPT record of a query, before its options are put together. */
export interface EdnsDraft {
  version: number;
  udpSize: number;
  isDnssecOk: boolean;
  nsid: boolean;
  /** In hexadecimal; 'random' for one made here. */
  cookie: string | undefined;
  /** As the wire has it, in hexadecimal. */
  subnet: string | undefined;
}

/** One lookup as its words are read. */
export interface LookupDraft {
  name?: string;
  type: string | undefined;
  class: string;
  server: string | undefined;
  port: number | undefined;
  family: DigRequest['family'];
  /** undefined: TCP for what is large by nature, else UDP. */
  transport: 'udp' | 'tcp' | undefined;
  flags: ReadonlySet<string>;
  /** undefined sends no OPT record. */
  edns: Readonly<EdnsDraft> | undefined;
  isKeepingTruncated: boolean;
  tries: number;
  timeoutMs: number;
  isSearching: boolean;
  domain: string | undefined;
  ndots: number | undefined;
  isTracing: boolean;
  display: DigDisplay;
}

/** EDNS options by their code. @see IANA, DNS EDNS0 option codes */
const OPTION = { nsid: 3, subnet: 8, cookie: 10 } as const;

const DISPLAY: DigDisplay = {
  command: true,
  comments: true,
  question: true,
  answer: true,
  authority: true,
  additional: true,
  statistics: true,
  short: false,
  identify: false,
  multiline: false,
  ttl: true,
  class: true,
  json: false,
  query: false,
  searchSteps: false,
  microseconds: false,
};

/** dig's own defaults. */
export const EDNS: EdnsDraft = {
  version: 0,
  udpSize: 1232,
  isDnssecOk: false,
  nsid: false,
  cookie: undefined,
  subnet: undefined,
};

/** What a lookup is before any word is read: dig's own defaults. */
export function newLookup(): LookupDraft {
  return {
    type: undefined,
    class: 'IN',
    server: undefined,
    port: undefined,
    family: undefined,
    transport: undefined,
    flags: new Set(['rd', 'ad']),
    edns: EDNS,
    isKeepingTruncated: false,
    tries: 3,
    timeoutMs: 5000,
    isSearching: false,
    domain: undefined,
    ndots: undefined,
    isTracing: false,
    display: DISPLAY,
  };
}

/** What the instance is asked for. @param libc Whose search path `+trace-search` walks. */
export function requestOf(
  lookup: LookupDraft & { readonly name: string },
  options: {
    readonly as: string | undefined;
    readonly namespace: string | undefined;
    readonly libc: 'glibc' | 'musl';
  },
): DigRequest {
  const { name, type, flags, edns, tries, timeoutMs, isTracing } = lookup;
  return {
    name,
    type: type ?? (isTracing ? '' : 'A'),
    class: lookup.class,
    transport: transportOf(lookup),
    flags: [...flags],
    isKeepingTruncated: lookup.isKeepingTruncated,
    tries,
    timeoutMs,
    ...(options.as !== undefined && { as: options.as }),
    ...(options.namespace !== undefined && { namespace: options.namespace }),
    ...serverOf(lookup),
    ...(edns !== undefined && { edns: ednsOf(edns) }),
    ...searchOf(lookup),
    ...(isTracing && { resolver: options.libc }),
  };
}

/** Zones come over TCP alone, and what is large by nature at first. */
function transportOf({ type, transport }: LookupDraft): 'udp' | 'tcp' {
  if (type === 'AXFR') return 'tcp';
  return transport ?? (type === 'ANY' ? 'tcp' : 'udp');
}

function serverOf({
  server,
  port,
  family,
}: LookupDraft): Pick<DigRequest, 'server' | 'port' | 'family'> {
  return {
    ...(server !== undefined && { server }),
    ...(port !== undefined && { port }),
    ...(family !== undefined && { family }),
  };
}

function ednsOf(edns: Readonly<EdnsDraft>): NonNullable<DigRequest['edns']> {
  const { version, udpSize, isDnssecOk, nsid, cookie, subnet } = edns;
  return {
    version,
    udpSize,
    isDnssecOk,
    options: [
      ...(nsid ? [{ code: OPTION.nsid, hex: '' }] : []),
      ...(subnet === undefined ? [] : [{ code: OPTION.subnet, hex: subnet }]),
      ...(cookie === undefined ? [] : [{ code: OPTION.cookie, hex: cookie }]),
    ],
  };
}

function searchOf({
  isSearching,
  isTracing,
  domain,
  ndots,
}: LookupDraft): Pick<DigRequest, 'search'> {
  if (!isSearching && !isTracing) return {};
  const domains = domain === undefined ? {} : { domains: [domain] };
  return { search: { ...domains, ...(ndots === undefined ? {} : { ndots }) } };
}
