import type { Position } from '../../net/index.ts';
import type { Word } from '../wire/index.ts';
import { ZoneFileError } from './zone-file-error.ts';

/** A line of a zone file with the lines that its parentheses reach over. */
export interface Entry {
  readonly words: readonly Word[];
  /** The owner is that of the line before. */
  readonly isIndented: boolean;
  readonly position: Position;
}

/** A blank, a line end, a comment, a parenthesis, a quoted string, or a word. */
const TOKEN =
  /(?<blank>[ \t\r]+)|(?<end>\n)|(?<comment>;[^\n]*)|(?<bracket>[()])|"(?<quoted>(?:\\[^]|[^"\\])*)"|(?<word>(?:\\[^]|[^\s;()"\\])+)|(?<other>[^])/gy;

/**
 * The entries of a zone file.
 *
 * @throws ZoneFileError for quotes or parentheses without end.
 * @see RFC 1035 §5.1
 */
export function lexZone(text: string, file: string): Iterable<Entry> {
  return new Lexer(file).entries(text);
}

class Lexer {
  readonly #file: string;
  #words: Word[] = [];
  #depth = 0;
  #line = 1;
  #startLine = 1;
  #isIndented = false;

  constructor(file: string) {
    this.#file = file;
  }

  *entries(text: string): Iterable<Entry> {
    let isAtStart = true;
    for (const { 0: token, groups = {} } of text.matchAll(TOKEN)) {
      if (isAtStart && this.#depth === 0) this.#isIndented = groups['blank'] !== undefined;
      isAtStart = groups['end'] !== undefined;
      this.#read(token, groups);
      if (isAtStart && this.#depth === 0) yield* this.#take();
    }
    if (this.#depth > 0) throw this.#error('a parenthesis is not closed', this.#startLine);
    yield* this.#take();
  }

  #read(token: string, groups: Readonly<Record<string, string | undefined>>): void {
    const text = groups['word'] ?? groups['quoted'];
    if (text !== undefined) {
      if (this.#words.length === 0) this.#startLine = this.#line;
      this.#words.push({ text, isQuoted: groups['quoted'] !== undefined });
    }
    if (groups['bracket'] !== undefined) this.#depth += token === '(' ? 1 : -1;
    if (this.#depth < 0 || groups['other'] !== undefined)
      throw this.#error(`unexpected ${JSON.stringify(token)}`, this.#line);
    this.#line += token.split('\n').length - 1;
  }

  /** The words so far, if there are any. */
  #take(): readonly Entry[] {
    const words = this.#words;
    this.#words = [];
    if (words.length === 0) return [];
    const position = { file: this.#file, line: this.#startLine, column: 1 };
    return [{ words, isIndented: this.#isIndented, position }];
  }

  #error(what: string, line: number): ZoneFileError {
    return new ZoneFileError(what, { file: this.#file, line, column: 1 });
  }
}
