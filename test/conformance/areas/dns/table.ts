/** The forms of `dns/cases.json` and `dns/search-path.json`. */
export interface ExpectedRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly rdata: string;
}

export interface Expectation {
  readonly rcode?: string;
  readonly aa?: boolean;
  readonly ra?: boolean;
  readonly tc?: boolean;
  readonly answers?: readonly ExpectedRecord[];
  readonly authority?: readonly ExpectedRecord[];
  readonly additional?: readonly ExpectedRecord[];
  readonly orderMatters?: boolean | 'cname-first';
  readonly opt?: {
    readonly udpSize?: number;
    readonly version?: number;
    readonly do?: boolean;
    readonly options?: readonly unknown[];
  } | null;
  readonly noQuestionEchoed?: boolean;
  readonly noReply?: boolean;
  readonly answerCount?: number;
  readonly additionalCount?: number;
  readonly hdr?: { readonly rd?: boolean; readonly ra?: boolean };
  readonly minDurationMs?: number;
  readonly maxDurationMs?: number;
  readonly saveSerialAs?: string;
  readonly serialGreaterThan?: string;
  readonly serialIsUnixTimeWithinSeconds?: number;
  readonly upstreamQueriesSoFar?: number;
}

export interface QueryFields {
  readonly qclass?: string;
  readonly opcode?: string;
  readonly rd?: boolean;
  readonly qr?: boolean;
  readonly transport?: 'udp' | 'tcp';
  /** The SOA record that an IXFR names: the zone's own. */
  readonly ixfrSerial?: 'current';
  readonly edns?: {
    readonly udpSize?: number;
    readonly version?: number;
    readonly do?: boolean;
    readonly options?: readonly { readonly code: number; readonly hex: string }[];
  } | null;
  readonly extraQuestions?: readonly { readonly qname: string; readonly qtype: string }[];
  readonly qdcount?: number;
  readonly additionalCount?: number;
}

export interface ServerFields {
  readonly localIPs?: readonly string[];
  readonly synced?: boolean;
  readonly resolvSearch?: readonly string[];
}

export interface QueryCase {
  readonly id: string;
  readonly group: string;
  readonly qname: string;
  readonly qtype: string;
  readonly corefile?: string;
  readonly corefilePluginOptions?: string | null;
  readonly query?: QueryFields;
  readonly client?: string;
  readonly server?: ServerFields;
  readonly viaUpstream?: boolean;
  readonly expect: Expectation;
}

export interface SequenceStep {
  readonly t: number;
  readonly do: string;
  readonly qname?: string;
  readonly qtype?: string;
  readonly query?: QueryFields;
  readonly expect?: Expectation;
  readonly manifest?: unknown;
  readonly object?: {
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string;
  };
  readonly address?: string;
  readonly ready?: boolean;
}

export interface SequenceCase {
  readonly id: string;
  readonly group: string;
  readonly corefile: string;
  readonly steps: readonly SequenceStep[];
}

export interface UpstreamTable {
  readonly flags: { readonly aa: boolean; readonly ra: boolean };
  readonly records: readonly ExpectedRecord[];
  readonly rcodes: Readonly<Record<string, string>>;
  readonly nxdomainWithoutSOA: readonly string[];
  readonly noReply: readonly string[];
  readonly soa: Readonly<Record<string, ExpectedRecord>>;
}

export interface ConfigCase {
  readonly id: string;
  readonly corefile: string;
  readonly valid: boolean;
  readonly errorContains?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ObservabilityCase {
  readonly id: string;
  readonly corefile: string;
  /** `query NAME TYPE`, `http GET :PORT/PATH`. */
  readonly steps: readonly (readonly string[])[];
  readonly expect: Readonly<Record<string, unknown>>;
}

export interface DnsTable {
  readonly defaults: {
    readonly corefile: string;
    readonly corefilePluginOptions: string;
    readonly server: ServerFields;
  };
  readonly corefiles: Readonly<Record<string, string>>;
  readonly upstream: UpstreamTable;
  readonly cases: readonly QueryCase[];
  readonly sequenceCases?: readonly SequenceCase[];
  readonly files?: Readonly<Record<string, string>>;
  readonly configCases?: readonly ConfigCase[];
  readonly observabilityCases?: readonly ObservabilityCase[];
}
