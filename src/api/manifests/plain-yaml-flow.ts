import {
  CODE,
  NOT_PLAIN,
  endOfLine,
  isGap,
  isIndicator,
  isLineEnd,
  peek,
  trimSpaces,
  type Cursor,
} from './plain-yaml-cursor.ts';
import { resolvePlainScalar } from './plain-scalar.ts';
import { mark, setField } from './source.ts';

/** Deeper documents are refused: nothing that people write comes near. */
export const MAX_DEPTH = 200;

/** Reads a flow collection or a scalar inside one: JSON, and what YAML adds to it. */
export function readFlow(cursor: Cursor): unknown {
  switch (peek(cursor)) {
    case CODE.openBrace:
      return readFlowMapping(cursor);
    case CODE.openBracket:
      return readFlowSequence(cursor);
    case CODE.doubleQuote:
    case CODE.singleQuote:
      return readQuoted(cursor);
    default:
      return resolvePlainScalar(readFlowPlain(cursor));
  }
}

/** Reads a quoted scalar that ends in its line. */
export function readQuoted(cursor: Cursor): string {
  const { text, position: start } = cursor;
  const quote = peek(cursor);
  let isEscaped = false;
  for (let at = start + 1; ; at += 1) {
    const code = text.charCodeAt(at);
    if (isLineEnd(code)) throw NOT_PLAIN;
    if (code === CODE.backslash && quote === CODE.doubleQuote) {
      isEscaped = true;
      at += 1;
    } else if (code === quote) {
      if (quote === CODE.singleQuote && text.charCodeAt(at + 1) === quote) {
        isEscaped = true;
        at += 1;
        continue;
      }
      cursor.position = at + 1;
      if (!isEscaped) return text.slice(start + 1, at);
      return quote === CODE.singleQuote
        ? text.slice(start + 1, at).replaceAll("''", "'")
        : unescape(text.slice(start, at + 1));
    }
  }
}

/** JSON's escapes mean the same in YAML; the others are left to the full parser. */
function unescape(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    throw NOT_PLAIN;
  }
}

/** Steps over white space, line ends and comments. */
export function skipFlowSpace(cursor: Cursor): void {
  for (;;) {
    const code = peek(cursor);
    if (code === CODE.newline) cursor.lineStart = cursor.position + 1;
    if (code === CODE.hash) {
      if (!isGap(peek(cursor, -1))) throw NOT_PLAIN;
      cursor.position = endOfLine(cursor.text, cursor.position);
    } else if (Number.isNaN(code) || !isGap(code)) return;
    else cursor.position += 1;
  }
}

function readFlowMapping(cursor: Cursor): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  enter(cursor);
  while (peek(cursor) !== CODE.closeBrace) {
    const offset = cursor.position;
    const key = readFlowKey(cursor);
    if (Object.hasOwn(object, key)) throw NOT_PLAIN;
    if (cursor.marks) mark(cursor.marks, object, { key, offset: cursor.base + offset });
    skipFlowSpace(cursor);
    setField(object, key, readFlow(cursor));
    endFlowItem(cursor, CODE.closeBrace);
  }
  leave(cursor);
  return object;
}

function readFlowSequence(cursor: Cursor): unknown[] {
  const items: unknown[] = [];
  enter(cursor);
  while (peek(cursor) !== CODE.closeBracket) {
    if (cursor.marks)
      mark(cursor.marks, items, { key: items.length, offset: cursor.base + cursor.position });
    items.push(readFlow(cursor));
    endFlowItem(cursor, CODE.closeBracket);
  }
  leave(cursor);
  return items;
}

function enter(cursor: Cursor): void {
  cursor.depth += 1;
  if (cursor.depth > MAX_DEPTH) throw NOT_PLAIN;
  cursor.position += 1;
  skipFlowSpace(cursor);
}

function leave(cursor: Cursor): void {
  cursor.depth -= 1;
  cursor.position += 1;
}

function endFlowItem(cursor: Cursor, close: number): void {
  skipFlowSpace(cursor);
  if (peek(cursor) === CODE.comma) {
    cursor.position += 1;
    skipFlowSpace(cursor);
  } else if (peek(cursor) !== close) throw NOT_PLAIN;
}

/** Reads a key and its colon; after a quoted key the value may follow the colon at once, as in JSON. */
function readFlowKey(cursor: Cursor): string {
  const first = peek(cursor);
  const isQuoted = first === CODE.doubleQuote || first === CODE.singleQuote;
  const key = isQuoted ? readQuoted(cursor) : readFlowPlain(cursor);
  if (!isQuoted && !isPlainKey(key)) throw NOT_PLAIN;
  skipFlowSpace(cursor);
  if (peek(cursor) !== CODE.colon || (!isQuoted && !isGap(peek(cursor, 1)))) throw NOT_PLAIN;
  cursor.position += 1;
  return key;
}

/** Keys that are numbers, booleans or merges are left to the full parser. */
export function isPlainKey(key: string): boolean {
  return key !== '<<' && typeof resolvePlainScalar(key) === 'string';
}

function readFlowPlain(cursor: Cursor): string {
  const { text, position: start } = cursor;
  const first = peek(cursor);
  const second = peek(cursor, 1);
  const isDashed = first === CODE.dash && !isGap(second) && !isFlowIndicator(second);
  if (isIndicator(first) && !isDashed) throw NOT_PLAIN;
  let at = start;
  while (!endsFlowPlain(text, at)) at += 1;
  if (text.charCodeAt(at) === CODE.hash) throw NOT_PLAIN;
  const plain = trimSpaces(text.slice(start, at));
  if (plain === '' || plain.includes('\t')) throw NOT_PLAIN;
  cursor.position = at;
  return plain;
}

function endsFlowPlain(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (isLineEnd(code) || isFlowIndicator(code)) return true;
  if (code === CODE.hash) return text.charCodeAt(at - 1) === CODE.space;
  const next = text.charCodeAt(at + 1);
  return code === CODE.colon && (isGap(next) || isFlowIndicator(next));
}

function isFlowIndicator(code: number): boolean {
  return (
    code === CODE.comma ||
    code === CODE.openBracket ||
    code === CODE.closeBracket ||
    code === CODE.openBrace ||
    code === CODE.closeBrace
  );
}
