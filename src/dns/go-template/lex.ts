import { GoTemplateError } from './go-template-error.ts';

/** Text as it is, or the words of an action. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly Token[] };

export interface Token {
  readonly kind: 'field' | 'variable' | 'word' | 'text' | 'number' | 'sign';
  /** Of a text, what it stands for. */
  readonly text: string;
  /** Whether a blank stands before it: `.a .b` are two values, `.a.b` is one. */
  readonly isSpaced: boolean;
}

const TOKEN =
  /(?<blank>\s*)(?:(?<quoted>"(?:\\.|[^"\\\n])*")|(?<raw>`[^`]*`)|(?<char>'(?:\\.[^']*|[^'\\\n])')|(?<number>[+-]?(?:0[xXoObB][\da-fA-F_]+|\d[\d_]*))(?![\w.])|(?<field>\.[A-Za-z_]\w*)|(?<variable>\$\w*)|(?<word>[A-Za-z_]\w*)|(?<sign>:=|=|\||\(|\)|,|\.))/sy;
const COMMENT = /^\/\*[^]*\*\/$/;

/**
 * Text and actions in order; blanks beside `{{-` and `-}}` are gone.
 *
 * @throws GoTemplateError
 */
export function lexTemplate(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let isTrimmed = false;
  for (;;) {
    const open = source.indexOf('{{', at);
    const trimsBefore = open >= 0 && /^-\s/.test(source.slice(open + 2, open + 4));
    let text = source.slice(at, open < 0 ? source.length : open);
    if (isTrimmed) text = text.trimStart();
    if (trimsBefore) text = text.trimEnd();
    if (text !== '') pieces.push({ kind: 'text', text });
    if (open < 0) return pieces;
    const close = endOfAction(source, open + 2);
    isTrimmed = /\s-$/.test(source.slice(open + 2, close));
    const body = source.slice(open + (trimsBefore ? 3 : 2), isTrimmed ? close - 1 : close);
    if (!COMMENT.test(body.trim())) pieces.push({ kind: 'action', tokens: lexAction(body) });
    at = close + 2;
  }
}

/** Where `}}` stands outside of quotes. */
function endOfAction(source: string, start: number): number {
  const rest = /(?:\/\*[^]*?\*\/|"(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])*'|(?!\}\})[^])*/y;
  rest.lastIndex = start;
  const end = start + (rest.exec(source)?.[0].length ?? 0);
  if (!source.startsWith('}}', end)) throw new GoTemplateError('unclosed action');
  return end;
}

function lexAction(body: string): readonly Token[] {
  const tokens: Token[] = [];
  const text = body.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined)
      throw new GoTemplateError(`unexpected ${JSON.stringify(text.slice(start).trim().charAt(0))}`);
    tokens.push(tokenOf(groups));
  }
  return tokens;
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>): Token {
  const isSpaced = groups['blank'] !== '';
  const { quoted, raw, char, number } = groups;
  if (quoted !== undefined) return { kind: 'text', text: unquote(quoted), isSpaced };
  if (raw !== undefined) return { kind: 'text', text: raw.slice(1, -1), isSpaced };
  if (char !== undefined) {
    const code = unquote(`"${char.slice(1, -1)}"`).codePointAt(0) ?? 0;
    return { kind: 'number', text: String(code), isSpaced };
  }
  if (number !== undefined) return { kind: 'number', text: number.replaceAll('_', ''), isSpaced };
  const { field, variable, word, sign = '' } = groups;
  if (field !== undefined) return { kind: 'field', text: field.slice(1), isSpaced };
  if (variable !== undefined) return { kind: 'variable', text: variable, isSpaced };
  if (word !== undefined) return { kind: 'word', text: word, isSpaced };
  return { kind: 'sign', text: sign, isSpaced };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** @see The Go Programming Language Specification, "String literals" */
function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replaceAll(
      /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/gs,
      (text, ...groups: readonly (string | undefined)[]) => {
        const [hex, short, long, octal, char = ''] = groups;
        const digits = hex ?? short ?? long;
        const code =
          digits === undefined ? Number.parseInt(octal ?? 'x', 8) : Number.parseInt(digits, 16);
        const plain = Number.isNaN(code)
          ? ESCAPES[char]
          : code > 0x10ffff
            ? undefined
            : String.fromCodePoint(code);
        if (plain === undefined) throw new GoTemplateError(`unknown escape ${text}`);
        return plain;
      },
    );
}
