import type { Marks } from './source.ts';

/** Where the reader of plain YAML stands. */
export interface Cursor {
  readonly text: string;
  /** Of `text` in its file. */
  readonly base: number;
  readonly marks: Marks | undefined;
  position: number;
  /** Where the line of `position` begins. */
  lineStart: number;
  /** Column of the content of the current line; -1 at the end of the text. */
  indent: number;
  depth: number;
}

/** Thrown for all that plain YAML leaves to the full parser: rare syntax and every error. */
export const NOT_PLAIN: Error = new Error('not plain YAML');

/** Character codes that YAML gives a meaning. */
export const CODE = {
  tab: 0x09,
  newline: 0x0a,
  return: 0x0d,
  space: 0x20,
  doubleQuote: 0x22,
  hash: 0x23,
  singleQuote: 0x27,
  comma: 0x2c,
  dash: 0x2d,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  pipe: 0x7c,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** Characters that no plain scalar begins with; `-` may, before anything but a space. */
const INDICATORS: ReadonlySet<number> = new Set(
  '-?:,[]{}#&*!|>\'"%@`'.split('').map((character) => character.charCodeAt(0)),
);

/** Whether the character begins something other than a plain scalar. */
export function isIndicator(code: number): boolean {
  return INDICATORS.has(code);
}

/** Whether the character ends a line; a text's end (NaN) does too. */
export function isLineEnd(code: number): boolean {
  return code === CODE.newline || code === CODE.return || Number.isNaN(code);
}

/** Whether the character ends an indicator such as `-` or `:`. */
export function isGap(code: number): boolean {
  return code === CODE.space || code === CODE.tab || isLineEnd(code);
}

/** The character code at `ahead` characters from here; NaN behind the end. */
export function peek(cursor: Cursor, ahead = 0): number {
  return cursor.text.charCodeAt(cursor.position + ahead);
}

/** Steps over spaces; a tab there is left to the full parser. */
export function skipSpaces(cursor: Cursor): void {
  while (peek(cursor) === CODE.space) cursor.position += 1;
  if (peek(cursor) === CODE.tab) throw NOT_PLAIN;
}

/** Without the spaces at its end; `trimEnd` would take other white space too, which YAML keeps. */
export function trimSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === CODE.space) end -= 1;
  return text.slice(0, end);
}

/** Moves from the start of a line to the first content at or after it, over blank lines and comments. */
export function nextContent(cursor: Cursor): void {
  const { text } = cursor;
  let at = cursor.position;
  while (at < text.length) {
    const start = at;
    while (text.charCodeAt(at) === CODE.space) at += 1;
    const code = text.charCodeAt(at);
    if (code === CODE.hash) at = endOfLine(text, at) + 1;
    else if (code === CODE.newline) at += 1;
    else if (code === CODE.return && text.charCodeAt(at + 1) === CODE.newline) at += 2;
    else if (code === CODE.tab || code === CODE.return) throw NOT_PLAIN;
    else if (at < text.length) {
      cursor.lineStart = start;
      cursor.position = at;
      cursor.indent = at - start;
      return;
    }
  }
  cursor.position = text.length;
  cursor.indent = -1;
}

/** Ends a value: nothing but a comment may follow in its line. Moves to the next content. */
export function endLine(cursor: Cursor): void {
  skipSpaces(cursor);
  const code = peek(cursor);
  if (code === CODE.hash && isGap(peek(cursor, -1)))
    cursor.position = endOfLine(cursor.text, cursor.position);
  else if (!isLineEnd(code)) throw NOT_PLAIN;
  if (peek(cursor) === CODE.return) cursor.position += 1;
  if (peek(cursor) === CODE.newline) cursor.position += 1;
  else if (cursor.position < cursor.text.length) throw NOT_PLAIN;
  nextContent(cursor);
}

/** Offset of the newline that ends the line of `at`, or of the text's end. */
export function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
