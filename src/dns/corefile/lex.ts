/** A word of a Corefile. */
export interface Token {
  readonly text: string;
  readonly file: string;
  /** Where it begins, from 1. */
  readonly line: number;
  readonly column: number;
  /** Whether no other word stands before it in its line. */
  readonly isFirst: boolean;
}

/** What Go calls a space, but for the carriage return, which is dropped wherever it stands outside of quotes. */
const SPACE = /[\t\n\v\f \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/**
 * Splits a Corefile into words, as Caddy does.
 *
 * A word that begins with a quote ends with the next one that no backslash stands before; it may span lines. Elsewhere
 * quotes and backslashes are ordinary. `#` makes a comment of the rest of the line, inside of a word up to the next
 * space only.
 */
export function lex(text: string, file: string): readonly Token[] {
  const lexer = new Lexer(text, file);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
  return tokens;
}

class Lexer {
  readonly #text: string;
  readonly #file: string;
  #at: number;
  #line = 1;
  #lineStart = 0;
  #isFirst = true;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    this.#at = text.startsWith('\uFEFF') ? 1 : 0;
  }

  next(): Token | undefined {
    this.#skipSpace();
    if (this.#at >= this.#text.length) return undefined;
    const place = {
      file: this.#file,
      line: this.#line,
      column: this.#at - this.#lineStart + 1,
      isFirst: this.#isFirst,
    };
    this.#isFirst = false;
    return { ...place, text: this.#text[this.#at] === '"' ? this.#quoted() : this.#plain() };
  }

  /** Spaces, and comments that begin between words. */
  #skipSpace(): void {
    let isComment = false;
    for (; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at] ?? '';
      if (char === '\n') {
        isComment = false;
        this.#isFirst = true;
        this.#newLine();
      } else if (char === '#') isComment = true;
      else if (!isComment && char !== '\r' && !SPACE.test(char)) return;
    }
  }

  #newLine(): void {
    this.#line += 1;
    this.#lineStart = this.#at + 1;
  }

  #quoted(): string {
    let word = '';
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at] ?? '';
      if (char === '"') {
        this.#at += 1;
        return word;
      }
      if (char === '\n') this.#newLine();
      if (char === '\\' && this.#text[this.#at + 1] === '"') this.#at += 1;
      word += this.#text[this.#at] ?? '';
    }
    return word;
  }

  #plain(): string {
    let word = '';
    let isComment = false;
    for (; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at] ?? '';
      if (char === '\r') continue;
      if (SPACE.test(char)) return word;
      isComment ||= char === '#';
      if (!isComment) word += char;
    }
    return word;
  }
}
