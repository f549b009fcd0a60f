import { isPersistent, responseFraming, type Framing, type HttpVersion } from './framing.ts';
import { parseFields, refuse, type HeaderFields, type MessageError } from './header-fields.ts';
import { HeadCache } from './head-cache.ts';
import { headText, type HeadLimits } from './head-lines.ts';

/** The head of a backend's response, understood. */
export interface ResponseHead {
  readonly kind: 'head';
  readonly status: number;
  readonly reason: string;
  readonly version: HttpVersion;
  readonly fields: HeaderFields;
  readonly framing: Framing;
  readonly isPersistent: boolean;
  readonly sizeBytes: number;
}

const RESPONSE_LIMITS: HeadLimits = {
  lineBytes: 8192,
  headBytes: 65_536,
  lineStatus: 502,
  headStatus: 502,
};

/** What a response says, but for how many bytes its head took. */
type ResponseBlock = Omit<ResponseHead, 'sizeBytes'>;

const blocks = { HEAD: new HeadCache<ResponseBlock>(), other: new HeadCache<ResponseBlock>() };

/** Reads the head of a response to `method`; every error is a 502. */
export function parseResponseHead(
  bytes: Buffer,
  method: string,
): ResponseHead | { readonly kind: 'incomplete' } | MessageError {
  const read = headText(bytes, RESPONSE_LIMITS);
  if (read.kind === 'incomplete') return read;
  if (read.kind === 'error') return { ...read, status: 502 };
  const { sizeBytes, first, fieldLines } = read;
  const cache = method === 'HEAD' ? blocks.HEAD : blocks.other;
  const text = `${first}\r\n${fieldLines}`;
  const known = cache.get(text) ?? readBlock(first, fieldLines, method);
  if (known.kind === 'error') return known;
  cache.put(text, known);
  const { status, reason, version, fields, framing, isPersistent: persists } = known;
  return {
    kind: 'head',
    status,
    reason,
    version,
    fields,
    framing,
    isPersistent: persists,
    sizeBytes,
  };
}

function readBlock(
  first: string,
  fieldLines: string,
  method: string,
): ResponseBlock | MessageError {
  const line = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(first);
  if (line === null) return refuse('the backend does not speak HTTP/1', 502);
  const fields = parseFields(fieldLines);
  if (!Array.isArray(fields)) return { ...fields, status: 502 };
  const version: HttpVersion = line[1] === '0' ? '1.0' : '1.1';
  const status = Number(line[2]);
  const framing = responseFraming(fields, { status, method });
  if (framing.kind === 'error') return framing;
  return {
    kind: 'head',
    status,
    reason: line[3] ?? '',
    version,
    fields,
    framing,
    isPersistent: isPersistent(fields, version) && framing.kind !== 'until-close',
  };
}
