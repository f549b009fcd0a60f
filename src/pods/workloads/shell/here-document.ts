import {
  type Cursor,
  type ParseScript,
  parseText,
  parseWord,
  type PendingHere,
  UnsupportedScript,
} from './parse-word.ts';
import { literalOf, type Redirect, type Word } from './script.ts';

/** Reads the delimiter after `<<`; the text is filled in when its line is reached. */
export function readHere(cursor: Cursor, isIndented: boolean, parseScript: ParseScript): Redirect {
  const blank = /^[ \t]*/.exec(cursor.text.slice(cursor.at))?.[0] ?? '';
  cursor.at += blank.length;
  const word = parseWord(cursor, parseScript) ?? [];
  const delimiter = literalOf(word) ?? '';
  if (delimiter === '') throw new UnsupportedScript('here-document without a delimiter');
  const isLiteral = word.some((part) => part.kind === 'text' && part.isQuoted);
  const redirect: { target: Word } & Redirect = { kind: 'here', stream: 1, target: [] };
  const fill = (text: Word): void => {
    redirect.target = text;
  };
  cursor.pending.push({ delimiter, isIndented, isLiteral, fill });
  return redirect;
}

/** Takes the text of a here-document, whose first line comes next. */
export function fillHere(
  cursor: Cursor,
  { delimiter, isIndented, isLiteral, fill }: PendingHere,
  parseScript: ParseScript,
): void {
  let content = '';
  while (cursor.at < cursor.text.length) {
    const end = cursor.text.indexOf('\n', cursor.at);
    const stop = end < 0 ? cursor.text.length : end;
    const raw = cursor.text.slice(cursor.at, stop);
    cursor.at = Math.min(stop + 1, cursor.text.length);
    const line = isIndented ? raw.replace(/^\t+/, '') : raw;
    if (line === delimiter) {
      // What follows still sees the end of a line.
      if (end >= 0) cursor.at = end;
      return fill(
        isLiteral
          ? [{ kind: 'text', text: content, isQuoted: true }]
          : parseText(content, parseScript),
      );
    }
    content += `${line}\n`;
  }
  throw new UnsupportedScript('here-document is missing', true);
}
