import { type Cursor, parseWord, UnsupportedScript } from './parse-word.ts';
import {
  type Branch,
  type Command,
  type JoinedPipeline,
  literalOf,
  type Redirect,
  type Script,
  type SimpleCommand,
  type Statement,
  type Word,
} from './script.ts';

/** Words that end a list of statements. */
const CLOSERS: ReadonlySet<string> = new Set([
  'do',
  'done',
  'then',
  'elif',
  'else',
  'fi',
  '}',
  ')',
]);
/** Words that begin what is not understood. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['case', 'function', 'select', '[[']);

/**
 * Reads a script of the POSIX shell, as far as containers commonly go.
 *
 * @returns undefined for one that goes further: functions, `case`, arithmetic, here-documents.
 */
export function parseScript(text: string): Script | undefined {
  try {
    return parseAll(text);
  } catch (error) {
    if (error instanceof UnsupportedScript) return undefined;
    throw error;
  }
}

function parseAll(text: string): Script {
  const cursor: Cursor = { text, at: 0 };
  const script = parseList(cursor);
  if (cursor.at < text.length) throw new UnsupportedScript(text.slice(cursor.at));
  return script;
}

function parseList(cursor: Cursor): Script {
  const statements: Statement[] = [];
  for (;;) {
    skip(cursor, /^(?:[ \t\n;]|\\\n|#[^\n]*)+/);
    if (cursor.at >= cursor.text.length || CLOSERS.has(peekWord(cursor))) return statements;
    const pipelines = parsePipelines(cursor);
    const isBackground = peek(cursor) === '&';
    if (isBackground) cursor.at += 1;
    statements.push({ pipelines, isBackground });
  }
}

function parsePipelines(cursor: Cursor): readonly JoinedPipeline[] {
  const pipelines: JoinedPipeline[] = [];
  let join: JoinedPipeline['join'];
  for (;;) {
    skip(cursor, /^(?:[ \t\n]|\\\n)+/);
    const isNegated = accept(cursor, '!');
    const commands = [parseCommand(cursor)];
    while (peek(cursor) === '|' && cursor.text[cursor.at + 1] !== '|') {
      cursor.at += 1;
      skip(cursor, /^(?:[ \t\n]|\\\n)+/);
      commands.push(parseCommand(cursor));
    }
    pipelines.push({ join, isNegated, commands });
    const operator = (peek(cursor), cursor.text.slice(cursor.at, cursor.at + 2));
    if (operator !== '&&' && operator !== '||') return pipelines;
    join = operator;
    cursor.at += 2;
  }
}

function parseCommand(cursor: Cursor): Command {
  peek(cursor);
  const keyword = peekWord(cursor);
  if (UNSUPPORTED.has(keyword)) throw new UnsupportedScript(keyword);
  if (accept(cursor, 'while')) return parseLoop(cursor, false);
  if (accept(cursor, 'until')) return parseLoop(cursor, true);
  if (accept(cursor, 'for')) return parseFor(cursor);
  if (accept(cursor, 'if')) return parseIf(cursor);
  if (accept(cursor, '{')) return { kind: 'group', body: parseBody(cursor, '}') };
  if (cursor.text[cursor.at] === '(') {
    cursor.at += 1;
    return { kind: 'group', body: parseBody(cursor, ')') };
  }
  return parseSimple(cursor);
}

function parseLoop(cursor: Cursor, isUntil: boolean): Command {
  const condition = parseBody(cursor, 'do');
  return { kind: 'loop', isUntil, condition, body: parseBody(cursor, 'done') };
}

function parseFor(cursor: Cursor): Command {
  const name = literalOf(nextWord(cursor)) ?? '';
  if (!/^\w+$/.test(name) || !accept(cursor, 'in')) throw new UnsupportedScript('for');
  const words: Word[] = [];
  for (let word = nextWord(cursor); word !== undefined; word = nextWord(cursor)) words.push(word);
  skip(cursor, /^[ \t\n;]+/);
  if (!accept(cursor, 'do')) throw new UnsupportedScript('for');
  return { kind: 'for', name, words, body: parseBody(cursor, 'done') };
}

function parseIf(cursor: Cursor): Command {
  const branches: Branch[] = [];
  for (;;) {
    const condition = parseBody(cursor, 'then');
    const body = parseList(cursor);
    branches.push({ condition, body });
    if (accept(cursor, 'fi')) return { kind: 'if', branches, otherwise: [] };
    if (accept(cursor, 'else')) return { kind: 'if', branches, otherwise: parseBody(cursor, 'fi') };
    if (!accept(cursor, 'elif')) throw new UnsupportedScript('if');
  }
}

/** Statements up to a closing word, which is taken too. */
function parseBody(cursor: Cursor, closer: string): Script {
  const body = parseList(cursor);
  if (!accept(cursor, closer)) throw new UnsupportedScript(`${closer} is missing`);
  return body;
}

function parseSimple(cursor: Cursor): SimpleCommand {
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  const assignments: { readonly name: string; readonly value: Word }[] = [];
  for (;;) {
    peek(cursor);
    const redirect = parseRedirect(cursor);
    if (redirect !== undefined) {
      redirects.push(redirect);
      continue;
    }
    const assigned = words.length === 0 ? assignedName(cursor) : undefined;
    if (assigned !== undefined) {
      cursor.at += assigned.length + 1;
      assignments.push({ name: assigned, value: parseWord(cursor, parseAll) ?? [] });
      continue;
    }
    const word = parseWord(cursor, parseAll);
    if (word === undefined) break;
    words.push(word);
  }
  if (words.length + assignments.length + redirects.length === 0)
    throw new UnsupportedScript(cursor.text.slice(cursor.at));
  if (cursor.text[cursor.at] === '(') throw new UnsupportedScript('function');
  return { kind: 'simple', assignments, words, redirects };
}

function parseRedirect(cursor: Cursor): Redirect | undefined {
  const match = /^(\d?|&)(>>|>&|>|<)(?![<>(])/.exec(cursor.text.slice(cursor.at));
  if (match === null) {
    if (/^\d?<[<(]/.test(cursor.text.slice(cursor.at))) throw new UnsupportedScript('<<');
    return undefined;
  }
  const [whole, stream, operator] = match;
  cursor.at += whole.length;
  const target = nextWord(cursor);
  if (target === undefined) throw new UnsupportedScript('redirect');
  const kind = REDIRECTS[operator ?? ''] ?? 'write';
  return { kind, stream: stream === '&' ? 3 : stream === '2' ? 2 : 1, target };
}

const REDIRECTS: Readonly<Record<string, Redirect['kind']>> = {
  '>>': 'append',
  '>&': 'merge',
  '>': 'write',
  '<': 'read',
};

function assignedName(cursor: Cursor): string | undefined {
  return /^([A-Za-z_]\w*)=/.exec(cursor.text.slice(cursor.at))?.[1];
}

function nextWord(cursor: Cursor): Word | undefined {
  peek(cursor);
  return parseWord(cursor, parseAll);
}

/** The next character that is no blank and begins no comment. */
function peek(cursor: Cursor): string | undefined {
  skip(cursor, /^(?:[ \t]|\\\n)+(?:#[^\n]*)?/);
  return cursor.text[cursor.at];
}

function peekWord({ text, at }: Cursor): string {
  return /^(?:[)}{]|[^ \t\n;&|<>()]+)/.exec(text.slice(at))?.[0] ?? '';
}

/** Takes `word` when it comes next. */
function accept(cursor: Cursor, word: string): boolean {
  peek(cursor);
  if (peekWord(cursor) !== word) return false;
  cursor.at += word.length;
  return true;
}

function skip(cursor: Cursor, pattern: RegExp): void {
  cursor.at += pattern.exec(cursor.text.slice(cursor.at))?.[0].length ?? 0;
}
