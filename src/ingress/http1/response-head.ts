import { FRAMING_FIELDS, HOP_FIELDS } from './connection-fields.ts';
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
  /** Whether lines of Content-Length and Transfer-Encoding are among them, if there are any; otherwise they are written anew. */
  readonly isFramingPassed: boolean;
  /** Where lines begin and end in its bytes, in turn, that do not go on. */
  readonly cuts: readonly number[];
  /** Whether its first line is as it would be written anew, and nothing stands before it. */
  readonly isFirstPassed: boolean;
  readonly sizeBytes: number;
}

const RULES: HeadRules = {
  lineBytes: 8192,
  headBytes: 65_536,
  lineStatus: 502,
  headStatus: 502,
  known: new FieldNames({ never: HOP_FIELDS, always: [], 'as-written': FRAMING_FIELDS }),
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
    isFirstPassed:
      version === '1.1' &&
      first.charCodeAt(STATUS_END) === SPACE &&
      scan.text.length === scan.sizeBytes,
  });
}

/**
 * Moves the parts of a head that go on together, towards its end.
 *
 * @param bytes The head and what follows it.
 * @returns where it begins now.
 */
export function closeCuts(bytes: Buffer, cuts: ResponseHead['cuts']): number {
  let shift = 0;
  for (let index = cuts.length - 2; index >= 0; index -= 2) {
    const from = cuts[index] ?? 0;
    const to = cuts[index + 1] ?? 0;
    if (shift > 0) bytes.copyWithin(to + shift, to, cuts[index + 2]);
    shift += to - from;
  }
  if (shift > 0) bytes.copyWithin(shift, 0, cuts[0]);
  return shift;
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
  'status' | 'reason' | 'version' | 'framing' | 'isPersistent' | 'isFirstPassed'
>;

class ScannedResponse extends ScannedHead implements ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly version: HttpVersion;
  readonly framing: Framing;
  readonly isPersistent: boolean;
  readonly isFirstPassed: boolean;

  constructor(scan: HeadScan, facts: ResponseFacts) {
    super(scan);
    this.status = facts.status;
    this.reason = facts.reason;
    this.version = facts.version;
    this.framing = facts.framing;
    this.isPersistent = facts.isPersistent;
    this.isFirstPassed = facts.isFirstPassed;
  }
}
