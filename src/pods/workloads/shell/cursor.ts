import { fillHere } from './here-document.ts';
import type { Cursor, ParseScript } from './parse-word.ts';

/** The next character that is no blank and begins no comment. */
export function peek(cursor: Cursor): string | undefined {
  skip(cursor, /^(?:[ \t]|\\\n)+/);
  const before = cursor.text[cursor.at - 1];
  const isWordStart = before === undefined || ' \t\n;&|()'.includes(before);
  if (cursor.text[cursor.at] === '#' && isWordStart) skip(cursor, /^#[^\n]*/);
  return cursor.text[cursor.at];
}

/** Blanks, line ends and comments. */
export function skipBlank(cursor: Cursor): void {
  while (peek(cursor) === '\n') {
    if (cursor.pending.length > 0) return;
    cursor.at += 1;
  }
}

/** A line's end, and the here-documents that begin after it. */
export function newline(cursor: Cursor, parseScript: ParseScript): void {
  cursor.at += 1;
  for (const here of cursor.pending.splice(0)) fillHere(cursor, here, parseScript);
}

/** The word that comes next, as far as keywords go. */
export function peekWord({ text, at }: Cursor): string {
  return /^(?:[)}{]|[^ \t\n;&|<>()]{1,64})/.exec(text.slice(at, at + 64))?.[0] ?? '';
}

/** Takes `word` when it comes next. */
export function accept(cursor: Cursor, word: string): boolean {
  peek(cursor);
  if (peekWord(cursor) !== word) return false;
  cursor.at += word.length;
  return true;
}

/** Takes what `pattern`, which begins with `^`, matches. */
export function skip(cursor: Cursor, pattern: RegExp): void {
  cursor.at += pattern.exec(cursor.text.slice(cursor.at))?.[0].length ?? 0;
}
