import { HOP_BY_HOP } from './connection-fields.ts';
import { FieldNames } from './field-names.ts';
import { isPersistent, responseFraming, type Framing, type HttpVersion } from './framing.ts';
import { refuse, type HeaderFields, type MessageError } from './header-fields.ts';
import { scanHead, ScannedHead, type HeadRules, type HeadScan } from './head-scan.ts';

/** The head of a backend's response, understood. */
export interface ResponseHead {
  readonly kind: 'head';
  readonly status: number;
  readonly reason: string;
  readonly version: HttpVersion;
  /** All of them; taken apart when they are asked for. */
  readonly fields: HeaderFields;
  readonly framing: Framing;
  readonly isPersistent: boolean;
  /** The fields that say something to a proxy, names in lower case. */
  readonly known: HeaderFields;
  /** The lines of the fields that go on as they came, each ended by CR LF; what Connection names is among them. */
  readonly passed: string;
  readonly sizeBytes: number;
}

const DROPPED: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'content-length']);

const RULES: HeadRules = {
  lineBytes: 8192,
  headBytes: 65_536,
  lineStatus: 502,
  headStatus: 502,
  known: new FieldNames(DROPPED),
  dropped: DROPPED,
};

/** Reads the head of a response to `method`; every error is a 502. */
export function parseResponseHead(
  bytes: Buffer,
  method: string,
): ResponseHead | { readonly kind: 'incomplete' } | MessageError {
  const scan = scanHead(bytes, RULES);
  if (scan.kind === 'incomplete') return scan;
  if (scan.kind === 'error') return { ...scan, status: 502 };
  const line = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(scan.first);
  if (line === null) return refuse('the backend does not speak HTTP/1', 502);
  const status = Number(line[2]);
  const framing = responseFraming(scan.known, { status, method });
  if (framing.kind === 'error') return framing;
  const version: HttpVersion = line[1] === '0' ? '1.0' : '1.1';
  return new ScannedResponse(scan, {
    status,
    reason: line[3] ?? '',
    version,
    framing,
    isPersistent: isPersistent(scan.known, version) && framing.kind !== 'until-close',
  });
}

type ResponseFacts = Pick<
  ResponseHead,
  'status' | 'reason' | 'version' | 'framing' | 'isPersistent'
>;

class ScannedResponse extends ScannedHead implements ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly version: HttpVersion;
  readonly framing: Framing;
  readonly isPersistent: boolean;

  constructor(scan: HeadScan, facts: ResponseFacts) {
    super(scan);
    this.status = facts.status;
    this.reason = facts.reason;
    this.version = facts.version;
    this.framing = facts.framing;
    this.isPersistent = facts.isPersistent;
  }
}
