import { isPersistent, requestFraming, type Framing, type HttpVersion } from './framing.ts';
import {
  fieldValues,
  parseFields,
  refuse,
  TOKEN,
  type HeaderFields,
  type MessageError,
} from './header-fields.ts';
import { HeadCache } from './head-cache.ts';
import { headText, type HeadLimits } from './head-lines.ts';

/** The head of a request, understood. */
export interface RequestHead {
  readonly kind: 'head';
  readonly method: string;
  /** Path and query in origin form, or `*`. */
  readonly target: string;
  readonly version: HttpVersion;
  /** The Host field, or the authority of an absolute-form target, which counts more (RFC 9112 §3.2.2); '' in HTTP/1.0 without one. */
  readonly host: string;
  readonly fields: HeaderFields;
  readonly framing: Framing;
  readonly isPersistent: boolean;
  /** Bytes that the head took, its empty line included. */
  readonly sizeBytes: number;
}

/** 8 KiB a request line and 32 KiB a head, as nginx's large_client_header_buffers add up to. */
export const REQUEST_LIMITS: HeadLimits = {
  lineBytes: 8192,
  headBytes: 32_768,
  lineStatus: 414,
  headStatus: 431,
};

/** host, host:port, [v6], [v6]:port. @see RFC 3986 §3.2.2 */
const AUTHORITY = /^(?:\[[\dA-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/;
/** ASCII that is no control character (RFC 3986 §2 leaves the rest to percent-encoding), and no fragment. */
const TARGET = /^[!"$-~]+$/;

/** What the field lines of a request say, whatever its request line is. */
interface RequestBlock {
  readonly kind: 'block';
  readonly fields: HeaderFields;
  readonly host: string | undefined;
  readonly framing: Framing;
  readonly isPersistent: boolean;
}

const blocks = {
  '1.0': new HeadCache<RequestBlock>(),
  '1.1': new HeadCache<RequestBlock>(),
} as const;

/**
 * Reads the head of a request; what is not exactly as RFC 9112 has it is refused with the status to answer.
 *
 * Empty lines before the request line are skipped (§2.2).
 */
export function parseRequestHead(
  bytes: Buffer,
): RequestHead | { readonly kind: 'incomplete' } | MessageError {
  const read = headText(bytes, REQUEST_LIMITS);
  if (read.kind !== 'text') return read;
  const requestLine = parseRequestLine(read.first);
  if ('kind' in requestLine) return requestLine;
  const { method, version } = requestLine;
  const block = readBlock(read.fieldLines, version);
  if (block.kind === 'error') return block;
  const target = readTarget(requestLine.target, method);
  if (typeof target !== 'string' && 'kind' in target) return target;
  const isAbsolute = typeof target !== 'string';
  return {
    kind: 'head',
    method,
    target: isAbsolute ? target.origin : target,
    version,
    host: (isAbsolute ? target.authority : block.host) ?? '',
    fields: block.fields,
    framing: block.framing,
    isPersistent: block.isPersistent,
    sizeBytes: read.sizeBytes,
  };
}

function readBlock(text: string, version: HttpVersion): RequestBlock | MessageError {
  const known = blocks[version].get(text);
  if (known !== undefined) return known;
  const fields = parseFields(text);
  if (!Array.isArray(fields)) return fields;
  const hosts = fieldValues(fields, 'host');
  const wrongHost = checkHost(hosts, version);
  if (wrongHost !== undefined) return wrongHost;
  const [expected] = fieldValues(fields, 'expect').filter((value) => !CONTINUE.test(value));
  if (expected !== undefined) return refuse(`expectation "${expected.slice(0, 80)}"`, 417);
  const framing = requestFraming(fields, version);
  if (framing.kind === 'error') return framing;
  const block: RequestBlock = {
    kind: 'block',
    fields,
    host: hosts[0],
    framing,
    isPersistent: isPersistent(fields, version),
  };
  blocks[version].put(text, block);
  return block;
}

/** The only expectation that there is. @see RFC 9110 §10.1.1 */
const CONTINUE = /^100-continue$/i;

interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: HttpVersion;
}

function parseRequestLine(line: string): RequestLine | MessageError {
  const methodEnd = line.indexOf(' ');
  const targetEnd = line.indexOf(' ', methodEnd + 1);
  const method = line.slice(0, Math.max(methodEnd, 0));
  if (!isMethod(method)) return refuse('the request line has no method');
  const target = targetEnd < 0 ? '' : line.slice(methodEnd + 1, targetEnd);
  if (target === '' || line.includes(' ', targetEnd + 1) || !TARGET.test(target))
    return refuse('the request line has no target');
  const protocol = line.slice(targetEnd + 1);
  if (protocol === 'HTTP/1.1') return { method, target, version: '1.1' };
  const version = /^HTTP\/(\d)\.(\d)$/.exec(protocol);
  if (version === null) return refuse('the request line has no HTTP version');
  if (version[1] !== '1') return refuse(`${protocol} is not served here`, 505);
  return { method, target, version: version[2] === '0' ? '1.0' : '1.1' };
}

/** `PRI` begins HTTP/2 and is nothing else (RFC 9113 §3.4). */
function isMethod(text: string): boolean {
  return text === 'GET' || text === 'POST' || (TOKEN.test(text) && text !== 'PRI');
}

function checkHost(hosts: readonly string[], version: HttpVersion): MessageError | undefined {
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
