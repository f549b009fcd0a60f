import { refuse, type MessageError } from './header-fields.ts';

/** How long a head may be, and what is answered when it is longer. */
export interface HeadLimits {
  readonly lineBytes: number;
  readonly headBytes: number;
  readonly lineStatus: MessageError['status'];
  readonly headStatus: MessageError['status'];
}

/** The lines of a head, without their ends. */
export interface HeadLines {
  readonly kind: 'lines';
  readonly first: string;
  readonly rest: readonly string[];
  /** Bytes of all of it, skipped empty lines and the empty line at the end included. */
  readonly sizeBytes: number;
}

const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = Buffer.from('\r\n\r\n');
/** One empty line before a request is common, a flood of them is not. */
const MAX_EMPTY_BYTES = 8;
const INCOMPLETE = { kind: 'incomplete' } as const;

/**
 * Splits the head off the front of `bytes`.
 *
 * Lines end in CR LF; a CR or LF alone is refused wherever it stands (RFC 9112 §2.2 allows a lone LF to be taken for a
 * line end, which is how requests are smuggled).
 */
export function headLines(
  bytes: Buffer,
  limits: HeadLimits,
): HeadLines | typeof INCOMPLETE | MessageError {
  const start = skipEmptyLines(bytes);
  if (start > MAX_EMPTY_BYTES) return refuse('empty lines stand before the first line');
  const end = bytes.indexOf(HEAD_END, start);
  if (end < 0) return unfinished(bytes, start, limits);
  if (end - start > limits.headBytes) return refuse('the head is too long', limits.headStatus);
  const text = bytes.toString('latin1', start, end);
  const [first = '', ...rest] = text.split('\r\n');
  if (first.length > limits.lineBytes)
    return refuse('the first line is too long', limits.lineStatus);
  if (/[\r\n]/.test(first) || rest.some((line) => line.includes('\n') || line.includes('\r')))
    return refuse('a line ends in CR or LF alone');
  return { kind: 'lines', first, rest, sizeBytes: end + HEAD_END.length };
}

function skipEmptyLines(bytes: Buffer): number {
  let start = 0;
  while (bytes[start] === CR && bytes[start + 1] === LF) start += 2;
  return start;
}

/** Nonsense is refused before the whole head is there, so that nobody waits for an end that never comes. */
function unfinished(
  bytes: Buffer,
  start: number,
  limits: HeadLimits,
): typeof INCOMPLETE | MessageError {
  const length = bytes.length - start;
  const lineEnd = bytes.indexOf(LF, start);
  if (lineEnd < 0 && length > limits.lineBytes)
    return refuse('the first line is too long', limits.lineStatus);
  if (length > limits.headBytes) return refuse('the head is too long', limits.headStatus);
  if (lineEnd >= 0 && bytes[lineEnd - 1] !== CR) return refuse('a line ends in LF alone');
  return INCOMPLETE;
}
