import type { Step } from '../observe/index.ts';
import { CLASS, OPCODE, type Edns, type ResourceRecord } from './wire/index.ts';

/** Who asks. `internal` is this process itself: any size of answer is welcome. */
export interface Client {
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp' | 'internal';
  /** Sends a message before the reply, where one reply may be several messages: a zone over TCP. */
  readonly sendAhead?: (message: Buffer) => void;
}

/** Whether a client's queries arrive; what comes from others is dropped. */
export type MayAsk = (client: Client) => boolean;

/** The server block that a query came to, as metrics name it. */
export interface ServerTag {
  /** `dns://:53`, `tls://127.0.0.1:853`. */
  readonly address: string;
  /** Zone of the block. */
  readonly zone: string;
  /** Name of the block's view; '' for none. */
  readonly view: string;
}

/** Facts about a query under labels such as `kubernetes/namespace`; each is made when asked for. Plugins add theirs. */
export type Metadata = Map<string, () => string>;

/** One question, parsed and accepted. */
export interface Query {
  readonly id: number;
  readonly opcode: number;
  /** Absolute, as asked: case kept (0x20), unusual octets escaped. Owner names of answers repeat it. */
  readonly name: string;
  /** `name` in lower case: what plugins compare. */
  readonly qname: string;
  readonly qtype: number;
  readonly qclass: number;
  readonly isRecursionDesired: boolean;
  readonly isCheckingDisabled: boolean;
  readonly isAuthentic: boolean;
  readonly edns?: Edns;
  /** What stands in the authority section: the SOA of an IXFR. */
  readonly authority: readonly ResourceRecord[];
  readonly client: Client;
  /** How many lookups of this server's own led here (an ExternalName's target, say). */
  readonly depth: number;
  /** Told why the answer is what it is; absent where nobody listens. */
  readonly explain?: (step: Step) => void;
  /** Absent before a block is chosen. */
  readonly server?: ServerTag;
  /** Absent without the plugin `metadata`. */
  readonly metadata?: Metadata;
}

/** What a lookup of this process itself asks. */
export const INTERNAL_CLIENT: Client = { address: '127.0.0.1', port: 0, transport: 'internal' };

export interface LookupOptions {
  readonly client?: Client;
  readonly explain?: (step: Step) => void;
}

/**
 * A query as a program in this process asks it.
 *
 * @param name Absolute.
 */
export function createQuery(name: string, qtype: number, options: LookupOptions = {}): Query {
  const { client = INTERNAL_CLIENT, explain } = options;
  return {
    id: 0,
    opcode: OPCODE.QUERY,
    name,
    qname: name.toLowerCase(),
    qtype,
    qclass: CLASS.IN,
    isRecursionDesired: true,
    isCheckingDisabled: false,
    isAuthentic: false,
    authority: [],
    client,
    depth: 0,
    ...(explain === undefined ? {} : { explain }),
  };
}
