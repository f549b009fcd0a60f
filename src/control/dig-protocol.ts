/** One lookup as `dig` is asked for it. */
export interface DigRequest {
  /** As written; relative where the search path is walked. */
  readonly name: string;
  /** Mnemonics, in any case. */
  readonly type: string;
  readonly class: string;
  /** Ask as this Pod: `namespace/pod`, `deploy/web`, `namespace/deploy/web`. */
  readonly as?: string;
  /** Of `as`, where it names none. @default 'default' */
  readonly namespace?: string;
  /** A name or an address. @default the first nameservers of the Pod, or the front door */
  readonly server?: string;
  /** @default 53 */
  readonly port?: number;
  readonly transport: 'udp' | 'tcp';
  /** Only servers of this family. */
  readonly family?: 'IPv4' | 'IPv6';
  /** Header flags that are set: `rd`, `ad`, `cd`, `aa`. */
  readonly flags: readonly string[];
  /** Absent: no OPT record. */
  readonly edns?: DigEdns;
  /** A truncated answer over UDP is shown, and not asked for again over TCP. @default false */
  readonly isKeepingTruncated?: boolean;
  /** Datagrams in all, at least 1. */
  readonly tries: number;
  readonly timeoutMs: number;
  /** Walk the search path, as `+search` does. */
  readonly search?: DigSearch;
  /** Walk the search path as this resolver does for addresses, and tell each query. */
  readonly resolver?: 'glibc' | 'musl';
}

/** The search path, where it is not that of resolv.conf. */
export interface DigSearch {
  readonly domains?: readonly string[];
  readonly ndots?: number;
}

export interface DigEdns {
  readonly version: number;
  readonly udpSize: number;
  readonly isDnssecOk: boolean;
  /** Data in hexadecimal. */
  readonly options: readonly { readonly code: number; readonly hex: string }[];
}

export interface DigRecord {
  readonly name: string;
  readonly ttl: number;
  readonly class: string;
  readonly type: string;
  /** As a zone file has it. */
  readonly data: string;
}

/** A message as `dig` shows it. */
export interface DigMessage {
  readonly id: number;
  readonly opcode: string;
  /** `NOERROR`, `NXDOMAIN`, … */
  readonly status: string;
  /** `qr`, `aa`, `tc`, `rd`, `ra`, `ad`, `cd`. */
  readonly flags: readonly string[];
  readonly edns?: DigEdns;
  readonly question: readonly Pick<DigRecord, 'name' | 'class' | 'type'>[];
  readonly answer: readonly DigRecord[];
  readonly authority: readonly DigRecord[];
  readonly additional: readonly DigRecord[];
  readonly sizeBytes: number;
}

/** Where no answer came from. */
export interface DigFailure {
  /** As `dig` says it: `timed out`, `connection refused`, `host unreachable`. */
  readonly what: string;
  /** Why, where it is known: a policy, no endpoints. */
  readonly because?: string;
}

/** One question and what became of it. */
export interface DigExchange {
  /** Absolute. */
  readonly name: string;
  readonly type: string;
  /** Who was asked last. */
  readonly server: { readonly text: string; readonly address: string; readonly port: number };
  readonly serverCount: number;
  readonly transport: 'udp' | 'tcp';
  readonly elapsedMs: number;
  /** When it was over. */
  readonly atMs: number;
  /** The first message was cut short, and the question put again over TCP. @default false */
  readonly isRepeatedOverTcp?: boolean;
  /** Empty when there was no answer; several for a zone. */
  readonly messages: readonly DigMessage[];
  /** Every attempt that failed. */
  readonly failures: readonly DigFailure[];
}

/** How the names of a search came about. */
export interface DigWalk {
  /** `shop/web-0`, `node-1`. */
  readonly who: string;
  readonly domains: readonly string[];
  readonly ndots: number;
  /** The name that has addresses, absolute. */
  readonly found?: string;
  /** `getaddrinfo`'s verdict where there is none. */
  readonly error?: string;
  /** The name stands in the Pod's hosts file with these; nobody is asked then. */
  readonly hosts?: readonly string[];
  /** How to get by with fewer queries. */
  readonly advice: readonly string[];
}

export interface DigResult {
  /** One for each name that was tried, in order; for two types side by side where addresses are looked for. */
  readonly exchanges: readonly DigExchange[];
  /** Only with `resolver`. */
  readonly walk?: DigWalk;
}
