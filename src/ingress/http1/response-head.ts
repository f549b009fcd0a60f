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

const RULES: HeadRules = {
  lineBytes: 8192,
  headBytes: 65_536,
  lineStatus: 502,
  headStatus: 502,
  known: new FieldNames({ dropped: [...HOP_BY_HOP, 'content-length'], passed: [] }),
};

/** Reads the head of a response to `method`; every error is a 502. */
export function parseResponseHead(
  bytes: Buffer,
  method: string,
): ResponseHead | { readonly kind: 'incomplete' } | MessageError {
  const scan = scanHead(bytes, RULES);
  if (scan.kind === 'incomplete') return scan;
  if (scan.kind === 'error') return { ...scan, status: 502 };
  const { first } = scan;
  const version = versionOf(first);
  const status = statusOf(first);
  if (version === undefined || status === undefined)
    return refuse('the backend does not speak HTTP/1', 502);
  const framing = responseFraming(scan.known, { status, method });
  if (framing.kind === 'error') return framing;
  return new ScannedResponse(scan, {
    status,
    reason: first.slice(STATUS_END + 1),
    version,
    framing,
    isPersistent: isPersistent(scan.known, version) && framing.kind !== 'until-close',
  });
}

const VERSION_BYTES = 'HTTP/1.1 '.length;
const STATUS_END = 'HTTP/1.1 200'.length;
const ZERO = 0x30;
const SPACE = 0x20;

function versionOf(line: string): HttpVersion | undefined {
  if (line.startsWith('HTTP/1.1 ')) return '1.1';
  return line.startsWith('HTTP/1.0 ') ? '1.0' : undefined;
}

/** Three digits, and a space where a reason follows. */
function statusOf(line: string): number | undefined {
  if (line.length > STATUS_END && line.charCodeAt(STATUS_END) !== SPACE) return undefined;
  let status = 0;
  for (let at = VERSION_BYTES; at < STATUS_END; at += 1) {
    const digit = line.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    status = status * 10 + digit;
  }
  return status >= 100 ? status : undefined;
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
