import { refuse, type MessageError } from './header-fields.ts';

/** How long a head may be, and what is answered when it is longer. */
export interface HeadLimits {
  readonly lineBytes: number;
  readonly headBytes: number;
  readonly lineStatus: MessageError['status'];
  readonly headStatus: MessageError['status'];
}

/** The text of a head, one character a byte. */
export interface HeadText {
  readonly kind: 'text';
  readonly first: string;
  /** The field lines, ended by CR LF except the last. */
  readonly fieldLines: string;
  /** Bytes of all of it, skipped empty lines and the empty line at the end included. */
  readonly sizeBytes: number;
}

const CR = 0x0d;
const LF = 0x0a;
const LINE_END = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');
/** One empty line before a request is common, a flood of them is not. */
const MAX_EMPTY_BYTES = 8;
const INCOMPLETE = { kind: 'incomplete' } as const;

/**
 * Splits the head off the front of `bytes`.
 *
 * Lines end in CR LF; a CR or LF alone is refused wherever it stands (RFC 9112 §2.2 allows a lone LF to be taken for a
 * line end, which is how requests are smuggled): here in the first line, by `parseFields` in the others.
 */
export function headText(
  bytes: Buffer,
  limits: HeadLimits,
): HeadText | typeof INCOMPLETE | MessageError {
  const start = bytes[0] === CR ? skipEmptyLines(bytes) : 0;
  if (start > MAX_EMPTY_BYTES) return refuse('empty lines stand before the first line');
  const end = bytes.indexOf(HEAD_END, start);
  if (end < 0) return unfinished(bytes, start, limits);
  if (end - start > limits.headBytes) return refuse('the head is too long', limits.headStatus);
  const lineEnd = bytes.indexOf(LINE_END, start);
  const first = bytes.toString('latin1', start, lineEnd);
  if (first.length > limits.lineBytes)
    return refuse('the first line is too long', limits.lineStatus);
  if (first.includes('\n') || first.includes('\r')) return refuse('a line ends in CR or LF alone');
  const fieldLines = lineEnd === end ? '' : bytes.toString('latin1', lineEnd + 2, end);
  return { kind: 'text', first, fieldLines, sizeBytes: end + HEAD_END.length };
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
  const lineLength = lineEnd < 0 ? length : lineEnd - start;
  if (lineLength > limits.lineBytes) return refuse('the first line is too long', limits.lineStatus);
  if (length > limits.headBytes) return refuse('the head is too long', limits.headStatus);
  if (lineEnd >= 0 && bytes[lineEnd - 1] !== CR) return refuse('a line ends in LF alone');
  return INCOMPLETE;
}
