/** Messages as the ingress reads them. */
import {
  createBodyReader,
  parseFields,
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
  type ResponseHead,
} from '../../../src/ingress/http1/index.ts';
import type { LlhttpOptions, Message, Reading } from './llhttp.ts';

type Head = RequestHead | ResponseHead;

/** Reads all messages in `bytes` as the ingress' connections do: what it refuses ends the connection. */
export function readWithFraming(bytes: Buffer, options: LlhttpOptions): Reading {
  const messages: Message[] = [];
  const ends: number[] = [];
  const end = (rest: Reading['rest'], why = ''): Reading => ({ messages, ends, rest, why });
  let at = 0;
  let answered = 0;
  while (at < bytes.length) {
    const method = options.methods?.[answered] ?? 'GET';
    const head = readHead(bytes.subarray(at), options, method);
    if (head.kind === 'incomplete') return end('incomplete');
    if (head.kind === 'error') return end('refused', head.reason);
    const read = readBody(bytes.subarray(at + head.sizeBytes), head, options);
    if (typeof read === 'string') return end('refused', read);
    if (read === undefined) return end('incomplete');
    at += head.sizeBytes + read.sizeBytes;
    messages.push({ ...wordsOf(head), body: read.body, trailers: read.trailers });
    ends.push(at);
    if (isLast(head)) return end('closed');
    if (!isInterim(head)) answered += 1;
  }
  return end('nothing');
}

function isInterim(head: Head): boolean {
  return 'status' in head && head.status < 200;
}

function isLast(head: Head): boolean {
  return isInterim(head) ? 'status' in head && head.status === 101 : !head.isPersistent;
}

/** As a connection reads it: again and again, with each byte that comes, until there is an answer. */
function readHead(
  bytes: Buffer,
  { kind, cuts }: LlhttpOptions,
  method: string,
): Head | Exclude<ReturnType<typeof parseRequestHead>, RequestHead> {
  const parse = (piece: Buffer): ReturnType<typeof readHead> =>
    kind === 'request' ? parseRequestHead(piece) : parseResponseHead(piece, method);
  if (cuts?.[0] !== 1) return parse(bytes);
  for (let length = 1; length < bytes.length; length += 1) {
    const head = parse(bytes.subarray(0, length));
    if (head.kind !== 'incomplete') return head;
  }
  return parse(bytes);
}

interface Body {
  readonly body: string;
  readonly trailers: readonly string[];
  readonly sizeBytes: number;
}

/** undefined: it is not all there. */
function readBody(
  bytes: Buffer,
  { framing }: Head,
  { cuts = [], isEnded = false }: LlhttpOptions,
): Body | string | undefined {
  const reader = createBodyReader(framing);
  const pieces: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length && !reader.isDone; turn += 1) {
    const size = cuts[Math.min(turn, cuts.length - 1)] ?? bytes.length;
    const taken = reader.read(bytes.subarray(at, at + size), (piece) => pieces.push(piece));
    if (typeof taken === 'string') return taken;
    at += taken;
  }
  if (!reader.isDone && !(isEnded && framing.kind === 'until-close')) return undefined;
  const trailers = parseFields(reader.trailers);
  if (!Array.isArray(trailers)) return trailers.reason;
  return { body: Buffer.concat(pieces).toString('latin1'), trailers, sizeBytes: at };
}

function wordsOf(head: Head): Omit<Message, 'body' | 'trailers'> {
  const { version, fields } = head;
  const first = 'status' in head ? String(head.status) : `${head.method} ${head.target}`;
  return { first, version, fields };
}
