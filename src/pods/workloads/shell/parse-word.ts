import type { Script, Word, WordPart } from './script.ts';

/** A script that uses more of the shell than is understood here. */
export class UnsupportedScript extends Error {}

/** Where the parser stands. */
export interface Cursor {
  readonly text: string;
  at: number;
}

/** What ends a word. */
const BREAKS = ' \t\n;&|<>()';

/**
 * Reads one word, quotes and expansions resolved into parts.
 *
 * @param parseScript Reads the script of a `$(…)`.
 * @returns undefined where no word begins.
 * @throws UnsupportedScript
 */
export function parseWord(cursor: Cursor, parseScript: (text: string) => Script): Word | undefined {
  const parts: WordPart[] = [];
  const { text } = cursor;
  const start = cursor.at;
  for (;;) {
    const char = text[cursor.at];
    if (char === undefined || BREAKS.includes(char)) break;
    if (char === "'") parts.push(singleQuoted(cursor));
    else if (char === '"') parts.push(...doubleQuoted(cursor, parseScript));
    else if (char === '$') parts.push(expansion(cursor, false, parseScript));
    else if (char === '\\') {
      const next = text[cursor.at + 1] ?? '';
      if (next !== '\n') parts.push({ kind: 'text', text: next });
      cursor.at += 2;
    } else if (char === '`') throw new UnsupportedScript('`');
    else {
      parts.push({ kind: 'text', text: char });
      cursor.at += 1;
    }
  }
  return cursor.at === start ? undefined : parts;
}

function singleQuoted(cursor: Cursor): WordPart {
  const end = cursor.text.indexOf("'", cursor.at + 1);
  if (end < 0) throw new UnsupportedScript('unterminated quote');
  const text = cursor.text.slice(cursor.at + 1, end);
  cursor.at = end + 1;
  return { kind: 'text', text };
}

function doubleQuoted(cursor: Cursor, parseScript: (text: string) => Script): readonly WordPart[] {
  const parts: WordPart[] = [{ kind: 'text', text: '' }];
  const { text } = cursor;
  cursor.at += 1;
  for (;;) {
    const char = text[cursor.at];
    if (char === undefined) throw new UnsupportedScript('unterminated quote');
    if (char === '`') throw new UnsupportedScript('`');
    if (char === '$') {
      parts.push(expansion(cursor, true, parseScript));
      continue;
    }
    cursor.at += 1;
    if (char === '"') return parts;
    const next = text[cursor.at] ?? '';
    const isEscape = char === '\\' && '$`"\\\n'.includes(next);
    if (isEscape) cursor.at += 1;
    parts.push({ kind: 'text', text: isEscape ? next.replace('\n', '') : char });
  }
}

function expansion(
  cursor: Cursor,
  isQuoted: boolean,
  parseScript: (text: string) => Script,
): WordPart {
  const rest = cursor.text.slice(cursor.at);
  if (rest.startsWith('$((')) throw new UnsupportedScript('arithmetic');
  if (rest.startsWith('$(')) {
    const end = closingParenthesis(cursor.text, cursor.at + 1);
    const script = parseScript(cursor.text.slice(cursor.at + 2, end));
    cursor.at = end + 1;
    return { kind: 'output', script, isQuoted };
  }
  const named = /^\$(?:(\w+|[?@*#$!])|\{(\w+)(?::?-([^}$`]*))?\})/.exec(rest);
  if (named === null) {
    if (rest.startsWith('${')) throw new UnsupportedScript(rest);
    cursor.at += 1;
    return { kind: 'text', text: '$' };
  }
  const [whole, plain, braced, fallback = ''] = named;
  cursor.at += whole.length;
  return { kind: 'variable', name: plain ?? braced ?? '', fallback, isQuoted };
}

function closingParenthesis(text: string, open: number): number {
  let depth = 0;
  let quote = '';
  for (let at = open; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === quote) quote = '';
    else if (quote !== '') continue;
    else if (char === "'" || char === '"') quote = char;
    else if (char === '(') depth += 1;
    else if (char === ')') depth -= 1;
    if (depth === 0) return at;
  }
  throw new UnsupportedScript('unterminated $(');
}
