import { accept, peek, skip, skipBlank } from './cursor.ts';
import { type Cursor, type ParseScript, parseWord, UnsupportedScript } from './parse-word.ts';
import {
  type Branch,
  type Choice,
  type Command,
  type Compound,
  literalOf,
  type Script,
  type Word,
} from './script.ts';

/** Reads one command. @throws UnsupportedScript */
export type ParseCommand = (cursor: Cursor) => Command;

/** How what is inside of a compound command is read. */
export interface InnerParsers {
  /** Statements, up to a word that ends them. */
  readonly parseList: (cursor: Cursor) => Script;
  readonly parseWhole: ParseScript;
}

/**
 * Reads a loop, a condition, a group.
 *
 * @returns undefined where none begins.
 * @throws UnsupportedScript
 */
export function parseCompound(cursor: Cursor, inner: InnerParsers): Compound | undefined {
  if (accept(cursor, 'while')) return parseLoop(cursor, false, inner);
  if (accept(cursor, 'until')) return parseLoop(cursor, true, inner);
  if (accept(cursor, 'for')) return parseFor(cursor, inner);
  if (accept(cursor, 'if')) return parseIf(cursor, inner);
  if (accept(cursor, 'case')) return parseCase(cursor, inner);
  if (accept(cursor, '{')) return { kind: 'group', body: parseBody(cursor, '}', inner) };
  if (cursor.text[cursor.at] !== '(') return undefined;
  cursor.at += 1;
  return { kind: 'subshell', body: parseBody(cursor, ')', inner) };
}

function parseLoop(cursor: Cursor, isUntil: boolean, inner: InnerParsers): Compound {
  const condition = parseBody(cursor, 'do', inner);
  return { kind: 'loop', isUntil, condition, body: parseBody(cursor, 'done', inner) };
}

function parseFor(cursor: Cursor, inner: InnerParsers): Compound {
  const name = literalOf(nextWord(cursor, inner)) ?? '';
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new UnsupportedScript('for: bad variable name');
  skipBlank(cursor);
  const words = accept(cursor, 'in') ? wordsOf(cursor, inner) : undefined;
  skip(cursor, /^[ \t]*;?/);
  skipBlank(cursor);
  expect(cursor, 'do');
  return { kind: 'for', name, words, body: parseBody(cursor, 'done', inner) };
}

function wordsOf(cursor: Cursor, inner: InnerParsers): readonly Word[] {
  const words: Word[] = [];
  for (let word = nextWord(cursor, inner); word !== undefined; word = nextWord(cursor, inner))
    words.push(word);
  return words;
}

function parseIf(cursor: Cursor, inner: InnerParsers): Compound {
  const branches: Branch[] = [];
  for (;;) {
    const condition = parseBody(cursor, 'then', inner);
    const body = inner.parseList(cursor);
    branches.push({ condition, body });
    if (accept(cursor, 'fi')) return { kind: 'if', branches, otherwise: [] };
    if (accept(cursor, 'else'))
      return { kind: 'if', branches, otherwise: parseBody(cursor, 'fi', inner) };
    expect(cursor, 'elif');
  }
}

function parseCase(cursor: Cursor, inner: InnerParsers): Compound {
  const subject = nextWord(cursor, inner) ?? [];
  skipBlank(cursor);
  expect(cursor, 'in');
  const choices: Choice[] = [];
  for (;;) {
    skipBlank(cursor);
    if (accept(cursor, 'esac')) return { kind: 'case', subject, choices };
    skip(cursor, /^\(/);
    const patterns = patternsOf(cursor, inner);
    const body = inner.parseList(cursor);
    choices.push({ patterns, body });
    skipBlank(cursor);
    if (cursor.text.startsWith(';;', cursor.at)) cursor.at += 2;
    else {
      expect(cursor, 'esac');
      return { kind: 'case', subject, choices };
    }
  }
}

/** `a|b)` */
function patternsOf(cursor: Cursor, inner: InnerParsers): readonly Word[] {
  const patterns: Word[] = [];
  for (;;) {
    const pattern = nextWord(cursor, inner);
    if (pattern === undefined) throw missing(cursor, ')');
    patterns.push(pattern);
    const next = peek(cursor);
    cursor.at += 1;
    if (next === ')') return patterns;
    if (next !== '|') throw missing(cursor, ')');
  }
}

/** Statements up to a closing word, which is taken too. */
function parseBody(cursor: Cursor, closer: string, { parseList }: InnerParsers): Script {
  const body = parseList(cursor);
  expect(cursor, closer);
  return body;
}

function expect(cursor: Cursor, word: string): void {
  if (!accept(cursor, word)) throw missing(cursor, word);
}

function missing({ at, text }: Cursor, word: string): UnsupportedScript {
  return new UnsupportedScript(`${word} is missing`, at >= text.length);
}

function nextWord(cursor: Cursor, { parseWhole }: InnerParsers): Word | undefined {
  peek(cursor);
  return parseWord(cursor, parseWhole);
}
