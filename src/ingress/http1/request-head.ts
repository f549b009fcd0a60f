import { isPersistent, requestFraming, type Framing, type HttpVersion } from './framing.ts';
import { FRAMING_FIELDS, HOP_FIELDS } from './connection-fields.ts';
import { FieldNames, type KnownNames } from './field-names.ts';
import {
  fieldValue,
  fieldValues,
  refuse,
  TOKEN,
  type HeaderFields,
  type MessageError,
} from './header-fields.ts';
import { scanHead, ScannedHead, type HeadRules, type HeadScan } from './head-scan.ts';

/** The head of a request, understood. */
export interface RequestHead {
  readonly kind: 'head';
  readonly method: string;
  /** Path and query in origin form, or `*`. */
  readonly target: string;
  readonly version: HttpVersion;
  /** The Host field, or the authority of an absolute-form target, which counts more (RFC 9112 §3.2.2); '' in HTTP/1.0 without one. */
  readonly host: string;
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
  /** Whether a field's name has an underscore in it. */
  readonly hasUnderscore: boolean;
  /** Bytes that the head took, its empty line included. */
  readonly sizeBytes: number;
}

/** host, host:port, [v6], [v6]:port. @see RFC 3986 §3.2.2 */
const AUTHORITY = /^(?:\[[\dA-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/;
/** ASCII that is no control character (RFC 3986 §2 leaves the rest to percent-encoding), and no fragment. */
const TARGET = /^[!"$-~]+$/;

/** Fields that proxies tell of their clients; what the client says of them itself is replaced. */
export const TOLD_FIELDS: ReadonlySet<string> = new Set([
  'proxy',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-real-ip',
  'x-request-id',
  'x-scheme',
]);
/** Those that ingress-nginx tells besides. */
export const ORIGINAL_FIELDS: ReadonlySet<string> = new Set([
  'x-original-forwarded-for',
  'x-original-forwarded-host',
  'x-original-uri',
  'x-forwarded-prefix',
]);

/** The fields that say something to a proxy, by whether their lines go on. */
export const KNOWN_FIELDS: KnownNames = {
  never: [...HOP_FIELDS, ...TOLD_FIELDS, 'host'],
  always: [...ORIGINAL_FIELDS, 'expect'],
  'as-written': FRAMING_FIELDS,
};
/** 8 KiB a request line and 32 KiB a head, as nginx's large_client_header_buffers add up to. */
export const REQUEST_RULES: HeadRules = {
  lineBytes: 8192,
  headBytes: 32_768,
  lineStatus: 414,
  headStatus: 431,
  known: new FieldNames(KNOWN_FIELDS),
};

/**
 * Reads the head of a request; what is not exactly as RFC 9112 has it is refused with the status to answer.
 *
 * Empty lines before the request line are skipped (§2.2).
 */
export function parseRequestHead(
  bytes: Buffer,
): RequestHead | { readonly kind: 'incomplete' } | MessageError {
  const scan = scanHead(bytes, REQUEST_RULES);
  if (scan.kind !== 'scan') return scan;
  const line = parseRequestLine(scan.first);
  if ('kind' in line) return line;
  const facts = understandRequest(line, scan.known);
  return 'kind' in facts ? facts : new ScannedRequest(scan, facts);
}

/** What a request's first line and the fields come to that say something to a proxy. */
export type RequestFacts = Pick<
  RequestHead,
  'method' | 'target' | 'version' | 'host' | 'framing' | 'isPersistent'
>;

/** @param known As `RequestHead.known`. */
export function understandRequest(
  { method, target: asked, version }: RequestLine,
  known: HeaderFields,
): RequestFacts | MessageError {
  const wrong = checkHost(known, version) ?? checkExpectation(known);
  if (wrong !== undefined) return wrong;
  const framing = requestFraming(known, version);
  if (framing.kind === 'error') return framing;
  const target = readTarget(asked, method);
  if (typeof target !== 'string' && 'kind' in target) return target;
  const isAbsolute = typeof target !== 'string';
  return {
    method,
    target: isAbsolute ? target.origin : target,
    version,
    host: (isAbsolute ? target.authority : fieldValue(known, 'host')) ?? '',
    framing,
    isPersistent: isPersistent(known, version),
  };
}

class ScannedRequest extends ScannedHead implements RequestHead {
  readonly method: string;
  readonly target: string;
  readonly version: HttpVersion;
  readonly host: string;
  readonly framing: Framing;
  readonly isPersistent: boolean;

  constructor(scan: HeadScan, facts: RequestFacts) {
    super(scan);
    this.method = facts.method;
    this.target = facts.target;
    this.version = facts.version;
    this.host = facts.host;
    this.framing = facts.framing;
    this.isPersistent = facts.isPersistent;
  }
}

function checkExpectation(fields: HeaderFields): MessageError | undefined {
  const expected = fieldValues(fields, 'expect').find((value) => !CONTINUE.test(value));
  return expected === undefined ? undefined : refuse(`expectation "${expected.slice(0, 80)}"`, 417);
}

/** The only expectation that there is. @see RFC 9110 §10.1.1 */
const CONTINUE = /^100-continue$/i;

export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: HttpVersion;
}

function parseRequestLine(line: string): RequestLine | MessageError {
  const methodEnd = line.indexOf(' ');
  const targetEnd = line.indexOf(' ', methodEnd + 1);
  const method = line.slice(0, Math.max(methodEnd, 0));
  const target = targetEnd < 0 ? '' : line.slice(methodEnd + 1, targetEnd);
  const wrong = checkRequestLine(method, target);
  if (wrong !== undefined) return wrong;
  const protocol = line.slice(targetEnd + 1);
  if (protocol.includes(' ')) return refuse(NO_TARGET);
  if (protocol === 'HTTP/1.1') return { method, target, version: '1.1' };
  const version = /^HTTP\/(\d)\.(\d)$/.exec(protocol);
  if (version === null) return refuse('the request line has no HTTP version');
  if (version[1] !== '1') return refuse(`${protocol} is not served here`, 505);
  return { method, target, version: version[2] === '0' ? '1.0' : '1.1' };
}

const NO_TARGET = 'the request line has no target';

/** Whether a method and a target are such, each by itself. */
export function checkRequestLine(method: string, target: string): MessageError | undefined {
  if (!isMethod(method)) return refuse('the request line has no method');
  return TARGET.test(target) ? undefined : refuse(NO_TARGET);
}

/** `PRI` begins HTTP/2 and is nothing else (RFC 9113 §3.4). */
function isMethod(text: string): boolean {
  return text === 'GET' || text === 'POST' || (TOKEN.test(text) && text !== 'PRI');
}

function checkHost(fields: HeaderFields, version: HttpVersion): MessageError | undefined {
  const hosts = fieldValues(fields, 'host');
  if (hosts.length > 1) return refuse('Host is repeated');
  if (hosts.length === 0) return version === '1.1' ? refuse('Host is missing') : undefined;
  return AUTHORITY.test(hosts[0] ?? '') ? undefined : refuse(`"${hosts[0]}" is no host`);
}

/** Origin form, absolute form, or `*` for OPTIONS; CONNECT and its authority form are refused. @see RFC 9112 §3.2 */
function readTarget(
  target: string,
  method: string,
): string | { readonly origin: string; readonly authority: string } | MessageError {
  if (method === 'CONNECT') return refuse('CONNECT is not served here', 405);
  if (target.startsWith('/')) return target;
  if (target === '*') return method === 'OPTIONS' ? target : refuse('target * is for OPTIONS');
  const absolute = /^https?:\/\/([^/?]*)([^]*)$/i.exec(target);
  const [, authority = '', path = ''] = absolute ?? [];
  if (absolute === null || authority === '' || !AUTHORITY.test(authority))
    return refuse(`target "${target.slice(0, 80)}" has no form that is known`);
  return { origin: path.startsWith('/') ? path : `/${path}`, authority };
}
