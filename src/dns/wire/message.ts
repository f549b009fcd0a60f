/** What a question asks for. */
export interface Question {
  /** Absolute, as on the wire: case kept, unusual octets escaped (`\.`, `\032`). */
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

/** The data of a record, for the types whose parts anybody reads; any other is `opaque`. */
export type Rdata =
  /** A and AAAA, in canonical text. */
  | { readonly kind: 'address'; readonly address: string }
  /** NS, CNAME, PTR, DNAME and the like. */
  | { readonly kind: 'name'; readonly target: string }
  /** MX, AFSDB, RT, KX. */
  | { readonly kind: 'mx'; readonly preference: number; readonly exchange: string }
  | {
      readonly kind: 'srv';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | { readonly kind: 'soa'; readonly soa: Soa }
  /** TXT, SPF and HINFO: character-strings of at most 255 octets each. */
  | { readonly kind: 'strings'; readonly strings: readonly Uint8Array[] }
  | {
      readonly kind: 'caa';
      readonly flags: number;
      readonly tag: string;
      readonly value: Uint8Array;
    }
  /** As on the wire, without compression. @see RFC 3597 */
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array };

/** @see RFC 1035 §3.3.13 */
export interface Soa {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export interface ResourceRecord {
  /** Absolute, escaped as `Question.name`. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly rdata: Rdata;
}

export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** The OPT record. @see RFC 6891 §6.1 */
export interface Edns {
  /** What the sender can receive over UDP, as it says; below 512 counts as 512. */
  readonly udpSize: number;
  readonly version: number;
  /** The DO bit. */
  readonly isDnssecOk: boolean;
  readonly options: readonly EdnsOption[];
}

/** The header's flags and codes. */
export interface Flags {
  /** QR. */
  readonly isResponse: boolean;
  readonly opcode: number;
  /** AA. */
  readonly isAuthoritative: boolean;
  /** TC. */
  readonly isTruncated: boolean;
  /** RD. */
  readonly isRecursionDesired: boolean;
  /** RA. */
  readonly isRecursionAvailable: boolean;
  /** AD. @see RFC 4035 §3.2.3 */
  readonly isAuthentic: boolean;
  /** CD. @see RFC 4035 §3.2.2 */
  readonly isCheckingDisabled: boolean;
  /** All 12 bits where there is an OPT record. */
  readonly rcode: number;
}

/** A whole message. */
export interface Message {
  readonly id: number;
  readonly flags: Flags;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Without the OPT record. */
  readonly additional: readonly ResourceRecord[];
  readonly edns?: Edns;
}
