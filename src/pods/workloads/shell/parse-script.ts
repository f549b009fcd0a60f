import { parseCompound, type ParseCommand } from './parse-compound.ts';
import { accept, newline, peek, peekWord, skip, skipBlank } from './cursor.ts';
import { readHere } from './here-document.ts';
import { type Cursor, parseWord, UnsupportedScript } from './parse-word.ts';
import {
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
  'esac',
  '}',
  ')',
]);
/** Words that begin what is not understood. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['function', 'select', 'coproc']);
/** Deeper nesting is an attack. */
const MAX_DEPTH = 100;

let depth = 0;

/**
 * Reads a script of the POSIX shell.
 *
 * @returns undefined for one that goes further than is understood here.
 */
export function parseScript(text: string): Script | undefined {
  try {
    return parseWhole(text);
  } catch (error) {
    if (error instanceof UnsupportedScript) return undefined;
    throw error;
  }
}

/** As `parseScript`. @throws UnsupportedScript */
export function parseWhole(text: string): Script {
  const cursor: Cursor = { text, at: 0, pending: [] };
  const script = parseList(cursor);
  if (cursor.at < text.length)
    throw new UnsupportedScript(`unexpected "${text.slice(cursor.at, cursor.at + 20)}"`);
  if (cursor.pending.length > 0) throw new UnsupportedScript('here-document is missing', true);
  return script;
}

function parseList(cursor: Cursor): Script {
  depth += 1;
  try {
    if (depth > MAX_DEPTH) throw new UnsupportedScript('nested too deep');
    return parseStatements(cursor);
  } finally {
    depth -= 1;
  }
}

function parseStatements(cursor: Cursor): Script {
  const statements: Statement[] = [];
  for (;;) {
    skipBlank(cursor);
    const isOver = cursor.at >= cursor.text.length || cursor.text.startsWith(';;', cursor.at);
    if (isOver || CLOSERS.has(peekWord(cursor))) return statements;
    if (cursor.text[cursor.at] === ';' || cursor.text[cursor.at] === '\n') {
      endStatement(cursor);
      continue;
    }
    const pipelines = parsePipelines(cursor);
    const isBackground = peek(cursor) === '&';
    if (isBackground) cursor.at += 1;
    statements.push({ pipelines, isBackground });
    endStatement(cursor);
  }
}

/** A statement ends with its line, `;` or `&`, or with what encloses it. */
function endStatement(cursor: Cursor): void {
  const next = peek(cursor);
  if (next === '\n') newline(cursor, parseWhole);
  else if (next === ';' && cursor.text[cursor.at + 1] !== ';') cursor.at += 1;
}

function parsePipelines(cursor: Cursor): readonly JoinedPipeline[] {
  const pipelines: JoinedPipeline[] = [];
  let join: JoinedPipeline['join'];
  for (;;) {
    skipBlank(cursor);
    const isNegated = accept(cursor, '!');
    const commands = [parseCommand(cursor)];
    while (peek(cursor) === '|' && cursor.text[cursor.at + 1] !== '|') {
      cursor.at += 1;
      skipBlank(cursor);
      commands.push(parseCommand(cursor));
    }
    pipelines.push({ join, isNegated, commands });
    peek(cursor);
    const operator = cursor.text.slice(cursor.at, cursor.at + 2);
    if (operator !== '&&' && operator !== '||') return pipelines;
    join = operator;
    cursor.at += 2;
  }
}

const parseCommand: ParseCommand = (cursor) => {
  peek(cursor);
  const keyword = peekWord(cursor);
  if (UNSUPPORTED.has(keyword)) throw new UnsupportedScript(keyword);
  const command = parseCompound(cursor, { parseList, parseWhole });
  if (command !== undefined)
    return { kind: 'compound', command, redirects: parseRedirects(cursor) };
  return parseSimple(cursor);
};

function parseRedirects(cursor: Cursor): readonly Redirect[] {
  const redirects: Redirect[] = [];
  for (;;) {
    peek(cursor);
    const redirect = parseRedirect(cursor);
    if (redirect === undefined) return redirects;
    redirects.push(redirect);
  }
}

function parseSimple(cursor: Cursor): Command {
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
      assignments.push({ name: assigned, value: parseWord(cursor, parseWhole) ?? [] });
      continue;
    }
    const word = parseWord(cursor, parseWhole);
    if (word === undefined) break;
    words.push(word);
  }
  if (words.length + assignments.length + redirects.length === 0) throw unexpected(cursor);
  if (cursor.text[cursor.at] !== '(') return { kind: 'simple', assignments, words, redirects };
  return parseFunction(cursor, words);
}

function unexpected(cursor: Cursor): UnsupportedScript {
  const isUnfinished = cursor.at >= cursor.text.length;
  return new UnsupportedScript(
    isUnfinished ? 'unexpected end of file' : `unexpected "${cursor.text[cursor.at]}"`,
    isUnfinished,
  );
}

function parseFunction(cursor: Cursor, words: SimpleCommand['words']): Command {
  const name = literalOf(words[0]) ?? '';
  const isHead = words.length === 1 && /^[A-Za-z_][\w-]*$/.test(name);
  const match = /^\(\s*\)/.exec(cursor.text.slice(cursor.at, cursor.at + 64));
  if (!isHead || match === null) throw new UnsupportedScript('unexpected "("');
  cursor.at += match[0].length;
  skipBlank(cursor);
  return { kind: 'function', name, body: parseCommand(cursor) };
}

function parseRedirect(cursor: Cursor): Redirect | undefined {
  const match = REDIRECT.exec(cursor.text.slice(cursor.at, cursor.at + 4));
  if (match === null) return undefined;
  const [whole, digit = '', operator = ''] = match;
  if ((digit !== '' && !'012&'.includes(digit)) || operator === '<<<')
    throw new UnsupportedScript(whole);
  cursor.at += whole.length;
  const stream = digit === '&' ? 3 : digit === '2' ? 2 : 1;
  if (operator.startsWith('<<')) return readHere(cursor, operator === '<<-', parseWhole);
  peek(cursor);
  const target = parseWord(cursor, parseWhole);
  if (target === undefined) throw unexpected(cursor);
  return { kind: REDIRECTS[operator] ?? 'write', stream, target };
}

const REDIRECT = /^(\d?|&)(<<<|<<-|<<|>>|>&|>\||>|<)(?!\()/;

const REDIRECTS: Readonly<Record<string, Redirect['kind']>> = {
  '>>': 'append',
  '>&': 'merge',
  '>': 'write',
  '<': 'read',
};

function assignedName(cursor: Cursor): string | undefined {
  skip(cursor, /^\\\n/);
  return /^([A-Za-z_]\w*)=/.exec(cursor.text.slice(cursor.at, cursor.at + 256))?.[1];
}
