import type { Script, Word, WordPart } from './script.ts';

/** A script that uses more of the shell than is understood here. */
export class UnsupportedScript extends Error {
  /** More text might make it whole. */
  readonly isUnfinished: boolean;

  constructor(message: string, isUnfinished = false) {
    super(message);
    this.isUnfinished = isUnfinished;
  }
}

/** Where the parser stands. */
export interface Cursor {
  readonly text: string;
  at: number;
  /** Here-documents whose text begins after the line. */
  readonly pending: PendingHere[];
}

/** A here-document that was announced. */
export interface PendingHere {
  readonly delimiter: string;
  readonly isIndented: boolean;
  /** Nothing in it is expanded. */
  readonly isLiteral: boolean;
  readonly fill: (text: Word) => void;
}

/** Reads the script of a `$(…)`. */
export type ParseScript = (text: string) => Script;

/** What ends a word. */
const BREAKS = ' \t\n;&|<>()';

/**
 * Reads one word, quotes and expansions resolved into parts.
 *
 * @returns undefined where no word begins.
 * @throws UnsupportedScript
 */
export function parseWord(cursor: Cursor, parseScript: ParseScript): Word | undefined {
  const parts: WordPart[] = [];
  const { text } = cursor;
  const start = cursor.at;
  for (;;) {
    const char = text[cursor.at];
    if (char === undefined || BREAKS.includes(char)) break;
    if (char === "'") parts.push(singleQuoted(cursor));
    else if (char === '"') parts.push(...doubleQuoted(cursor, parseScript));
    else if (char === '$') parts.push(expansion(cursor, false, parseScript));
    else if (char === '`') parts.push(backquoted(cursor, false, parseScript));
    else if (char === '\\') {
      const next = text[cursor.at + 1] ?? '';
      if (next !== '\n') parts.push(quotedText(next));
      cursor.at += 2;
    } else {
      parts.push({ kind: 'text', text: char, isQuoted: false });
      cursor.at += 1;
    }
  }
  return cursor.at === start ? undefined : parts;
}

/** A text in which only `$`, backquotes and escapes of them mean something: a here-document's. */
export function parseText(text: string, parseScript: ParseScript): Word {
  const cursor: Cursor = { text, at: 0, pending: [] };
  return quotedParts(cursor, undefined, parseScript);
}

function quotedText(text: string): WordPart {
  return { kind: 'text', text, isQuoted: true };
}

function singleQuoted(cursor: Cursor): WordPart {
  const end = cursor.text.indexOf("'", cursor.at + 1);
  if (end < 0) throw new UnsupportedScript('unterminated quoted string', true);
  const text = cursor.text.slice(cursor.at + 1, end);
  cursor.at = end + 1;
  return quotedText(text);
}

function doubleQuoted(cursor: Cursor, parseScript: ParseScript): readonly WordPart[] {
  cursor.at += 1;
  return [quotedText(''), ...quotedParts(cursor, '"', parseScript)];
}

/** Up to `closer`, which is taken too, or to the text's end. */
function quotedParts(
  cursor: Cursor,
  closer: string | undefined,
  parseScript: ParseScript,
): readonly WordPart[] {
  const parts: WordPart[] = [];
  const { text } = cursor;
  for (;;) {
    const char = text[cursor.at];
    if (char === undefined) {
      if (closer === undefined) return parts;
      throw new UnsupportedScript('unterminated quoted string', true);
    }
    if (char === '$') {
      parts.push(expansion(cursor, true, parseScript));
      continue;
    }
    if (char === '`') {
      parts.push(backquoted(cursor, true, parseScript));
      continue;
    }
    cursor.at += 1;
    if (char === closer) return parts;
    const next = text[cursor.at] ?? '';
    const isEscape = char === '\\' && next !== '' && '$`"\\\n'.includes(next);
    if (isEscape) cursor.at += 1;
    parts.push(quotedText(isEscape ? next.replace('\n', '') : char));
  }
}

function backquoted(cursor: Cursor, isQuoted: boolean, parseScript: ParseScript): WordPart {
  const match = /^`((?:[^`\\]|\\[^])*)`/.exec(cursor.text.slice(cursor.at));
  if (match === null) throw new UnsupportedScript('unterminated `', true);
  const [whole, inner = ''] = match;
  cursor.at += whole.length;
  return { kind: 'output', script: parseScript(inner.replaceAll(/\\([`\\$])/g, '$1')), isQuoted };
}

function expansion(cursor: Cursor, isQuoted: boolean, parseScript: ParseScript): WordPart {
  const { text, at } = cursor;
  if (text.startsWith('$((', at)) {
    const end = closing(text, at + 1, '()');
    if (text[end - 1] === ')') {
      cursor.at = end + 1;
      const expression = parseText(text.slice(at + 3, end - 1), parseScript);
      return { kind: 'arithmetic', expression, isQuoted };
    }
  }
  if (text.startsWith('$(', at)) {
    const end = closing(text, at + 1, '()');
    const script = parseScript(text.slice(at + 2, end));
    cursor.at = end + 1;
    return { kind: 'output', script, isQuoted };
  }
  if (text.startsWith('${', at)) return braced(cursor, isQuoted, parseScript);
  const named = /^\$([A-Za-z_]\w*|[\d?@*#$!-])/.exec(text.slice(at, at + 256));
  cursor.at += named?.[0].length ?? 1;
  if (named === null) return { kind: 'text', text: '$', isQuoted };
  return plainVariable(named[1] ?? '', isQuoted);
}

function plainVariable(name: string, isQuoted: boolean): WordPart {
  return { kind: 'variable', name, isLength: false, operator: '', operand: [], isQuoted };
}

function braced(cursor: Cursor, isQuoted: boolean, parseScript: ParseScript): WordPart {
  const { text, at } = cursor;
  const end = closing(text, at + 1, '{}');
  const inner = text.slice(at + 2, end);
  cursor.at = end + 1;
  const length = /^#(\w+|[@*])$/.exec(inner)?.[1];
  if (length !== undefined) return { ...variableOf(length, isQuoted), isLength: true };
  const match = /^(\w+|[?@*#$!-])(:?[-=+?]|##?|%%?)?([^]*)$/.exec(inner);
  const [, name = '', operator = '', operand = ''] = match ?? [];
  if (match === null || (operator === '' && operand !== ''))
    throw new UnsupportedScript(`bad substitution: \${${inner}}`);
  return { ...variableOf(name, isQuoted), operator, operand: operandOf(operand, parseScript) };
}

function variableOf(
  name: string,
  isQuoted: boolean,
): Extract<WordPart, { readonly kind: 'variable' }> {
  return { kind: 'variable', name, isLength: false, operator: '', operand: [], isQuoted };
}

/** Blanks and the like mean nothing in it, quotes do. */
function operandOf(text: string, parseScript: ParseScript): Word {
  const inner: Cursor = { text, at: 0, pending: [] };
  const parts: WordPart[] = [];
  while (inner.at < text.length) {
    const word = parseWord(inner, parseScript);
    if (word !== undefined) parts.push(...word);
    else {
      parts.push({ kind: 'text', text: text[inner.at] ?? '', isQuoted: false });
      inner.at += 1;
    }
  }
  return parts;
}

/** Where what opens at `open` is closed again; quotes are passed over. */
function closing(text: string, open: number, [opener, closer]: string): number {
  let depth = 0;
  let quote = '';
  for (let at = open; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\' && quote !== "'") at += 1;
    else if (char === quote) quote = '';
    else if (quote !== '') continue;
    else if (char === "'" || char === '"') quote = char;
    else if (char === opener) depth += 1;
    else if (char === closer) depth -= 1;
    if (depth === 0) return at;
  }
  throw new UnsupportedScript(`unterminated $${opener}`, true);
}
