import { GoRegExpError } from './go-regexp-error.ts';

/** A place in an expression. */
export class CharacterReader {
  readonly #text: string;
  /** In UTF-16 units. */
  offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next whole character, and moves behind it. */
  next(): string | undefined {
    const code = this.#text.codePointAt(this.offset);
    if (code === undefined) return undefined;
    const char = String.fromCodePoint(code);
    this.offset += char.length;
    return char;
  }

  /** Moves behind `text` if it stands here. */
  take(text: string): boolean {
    if (!this.#text.startsWith(text, this.offset)) return false;
    this.offset += text.length;
    return true;
  }

  /** Moves behind a match that begins here. @param regExp Sticky. */
  takeMatch(regExp: RegExp): RegExpExecArray | undefined {
    regExp.lastIndex = this.offset;
    const match = regExp.exec(this.#text) ?? undefined;
    this.offset += match?.[0].length ?? 0;
    return match;
  }
}

/** One character or a set of them, as a pattern for the flag `u`. */
interface Characters {
  readonly pattern: string;
  /** Of a single character. */
  readonly code?: number;
}

/** Go's classes are of ASCII only; this runtime's `\s` is not. */
const PERL: Readonly<Record<string, string>> = {
  d: '0-9',
  s: '\\t\\n\\f\\r\\x20',
  w: '0-9A-Za-z_',
};

/** @see RE2, "ASCII character classes" */
const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t\\x20',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: '\\x20-~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r\\x20',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/**
 * What stands after a backslash.
 *
 * @throws GoRegExpError for what Go does not know, back-references among it.
 */
export function readEscape(reader: CharacterReader, source: string): Characters {
  const perl = reader.takeMatch(/[dswDSW]/y)?.[0];
  if (perl !== undefined) return { pattern: classOf(PERL[perl.toLowerCase()] ?? '', perl) };
  const property = reader.takeMatch(/([pP])(?:([A-Z])|\{(\^?)(\w+)\})/y);
  if (property !== undefined) return { pattern: propertyOf(property, source) };
  const numeric = readNumeric(reader);
  if (numeric !== undefined) return single(numeric, source);
  const char = reader.next();
  if (char === undefined)
    throw new GoRegExpError('trailing backslash at end of expression', source);
  const control = CONTROLS[char];
  if (control !== undefined) return single(control, source);
  if (/[\w]|[^\0-\x7f]/u.test(char))
    throw new GoRegExpError(`invalid escape sequence \\${char}`, source);
  return single(char.codePointAt(0) ?? 0, source);
}

/** The character that `x7F`, `x{10FFFF}` or `101` stands for. */
function readNumeric(reader: CharacterReader): number | undefined {
  const [, short, long] = reader.takeMatch(/x(?:([\dA-Fa-f]{2})|\{([\dA-Fa-f]+)\})/y) ?? [];
  const hex = short ?? long;
  if (hex !== undefined) return Number.parseInt(hex, 16);
  const octal = reader.takeMatch(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y)?.[0];
  return octal === undefined ? undefined : Number.parseInt(octal, 8);
}

/**
 * A class, behind its opening bracket.
 *
 * @throws GoRegExpError
 */
export function readClass(reader: CharacterReader, source: string): string {
  const opening = reader.take('^') ? '[^' : '[';
  let members = '';
  for (let isFirst = true; isFirst || !reader.take(']'); isFirst = false)
    members += readMember(reader, source);
  return `${opening}${members}]`;
}

function readMember(reader: CharacterReader, source: string): string {
  const posix = reader.takeMatch(/\[:(\^?)(\w+):\]/y);
  if (posix !== undefined) {
    const [, negation = '', name = ''] = posix;
    const members = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
    if (members === undefined) throw new GoRegExpError('invalid character class range', source);
    return negation === '' ? members : complement(members);
  }
  const low = readCharacter(reader, source);
  if (low.code === undefined) return low.pattern;
  if (reader.takeMatch(/-(?!\])/y) === undefined) return low.pattern;
  const high = readCharacter(reader, source);
  if (high.code === undefined || high.code < low.code)
    throw new GoRegExpError('invalid character class range', source);
  return `${low.pattern}-${high.pattern}`;
}

function readCharacter(reader: CharacterReader, source: string): Characters {
  if (reader.take('\\')) {
    const characters = readEscape(reader, source);
    const inner = /^\[(\^?)(.*)\]$/s.exec(characters.pattern);
    if (inner === null) return characters;
    const [, negation, members = ''] = inner;
    return { pattern: negation === '' ? members : complement(members) };
  }
  const char = reader.next();
  if (char === undefined) throw new GoRegExpError('missing closing ]', source);
  return single(char.codePointAt(0) ?? 0, source);
}

function single(code: number, source: string): Characters {
  if (code > 0x10ffff) throw new GoRegExpError('invalid escape sequence', source);
  return { code, pattern: `\\u{${code.toString(16)}}` };
}

function classOf(members: string, letter: string): string {
  return letter === letter.toLowerCase() ? `[${members}]` : `[^${members}]`;
}

/** The members of a class that are not in `members`, a class of ASCII. */
function complement(members: string): string {
  const inside = new RegExp(`[${members}]`, 'u');
  let ranges = '';
  for (let code = 0; code < 128; code += 1)
    if (!inside.test(String.fromCodePoint(code))) ranges += `\\u{${code.toString(16)}}`;
  return `${ranges}\\u{80}-\\u{10ffff}`;
}

function propertyOf(match: RegExpExecArray, source: string): string {
  const [, letter = '', short, negation = '', long = ''] = match;
  const name = short ?? long;
  const kind = (letter === 'P') === (negation === '') ? 'P' : 'p';
  for (const pattern of [`\\${kind}{${name}}`, `\\${kind}{Script=${name}}`])
    if (isPattern(pattern)) return pattern;
  throw new GoRegExpError('invalid character class range', source);
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').source === pattern;
  } catch {
    // No such property: the next spelling may be one.
    return false;
  }
}
