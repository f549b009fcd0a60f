import {
  CODE,
  NOT_PLAIN,
  endLine,
  endOfLine,
  isGap,
  isIndicator,
  isLineEnd,
  nextContent,
  peek,
  skipSpaces,
  trimSpaces,
  type Cursor,
} from './plain-yaml-cursor.ts';
import { MAX_DEPTH, isPlainKey, readFlow, readQuoted, skipFlowSpace } from './plain-yaml-flow.ts';
import { resolvePlainScalar } from './plain-scalar.ts';
import { mark, setField, type Located, type Marks, type SourceRoot } from './source.ts';

/**
 * Reads the YAML that manifests are made of: block and flow collections, scalars that end in their line,
 * literal blocks, comments, and JSON.
 *
 * It is here for the start-up time: the full parser needs 20 ms to load and 140 ms for 250 objects, this one 5 ms.
 * Whatever else YAML knows, and whatever is wrong, is left to the full parser, which alone words errors;
 * a fuzz test holds both to the same values.
 *
 * @param base Offset of `text` in its file.
 * @returns undefined when the text is not plain.
 */
export function readPlainYaml(text: string, base: number): readonly SourceRoot[] | undefined {
  const roots = readRoots(text, base, undefined);
  let marked: readonly Located[] | undefined;
  return roots?.map((root, index) => ({
    ...root,
    locate: () => {
      marked ??= locateRoots(text, base);
      return marked[index] ?? { value: root.value, marks: new Map() };
    },
  }));
}

/** Reads once more and takes notes: only a text with problems pays for its places. */
function locateRoots(text: string, base: number): readonly Located[] {
  const marks: Marks = new Map();
  return (readRoots(text, base, marks) ?? []).map(({ value }) => ({ value, marks }));
}

interface Root {
  readonly value: unknown;
  readonly offset: number;
}

function readRoots(text: string, base: number, marks: Marks | undefined): Root[] | undefined {
  const cursor: Cursor = { text, base, marks, position: 0, lineStart: 0, indent: 0, depth: 0 };
  try {
    nextContent(cursor);
    if (cursor.indent === -1) return [];
    if (peek(cursor) === CODE.openBrace) return readJsonStream(cursor);
    const offset = base + cursor.position;
    const value = readBlock(cursor, -1);
    return cursor.indent === -1 ? [{ value, offset }] : undefined;
  } catch (error) {
    if (error === NOT_PLAIN) return undefined;
    throw error;
  }
}

/** JSON objects one after the other, as kubectl takes them. */
function readJsonStream(cursor: Cursor): Root[] {
  const roots: Root[] = [];
  while (cursor.position < cursor.text.length) {
    if (peek(cursor) !== CODE.openBrace) throw NOT_PLAIN;
    const offset = cursor.base + cursor.position;
    roots.push({ value: readFlow(cursor), offset });
    skipFlowSpace(cursor);
  }
  return roots;
}

/** Reads the node at the current content, whose column is `cursor.indent`; its parent's is `parent`. */
function readBlock(cursor: Cursor, parent: number): unknown {
  cursor.depth += 1;
  if (cursor.depth > MAX_DEPTH) throw NOT_PLAIN;
  const value = readBlockNode(cursor, parent);
  cursor.depth -= 1;
  return value;
}

function readBlockNode(cursor: Cursor, parent: number): unknown {
  if (isDash(cursor)) return readSequence(cursor, cursor.indent);
  const key = readKey(cursor);
  return key === undefined ? readInline(cursor, parent) : readMapping(cursor, cursor.indent, key);
}

function isDash(cursor: Cursor): boolean {
  return peek(cursor) === CODE.dash && isGap(peek(cursor, 1));
}

function readSequence(cursor: Cursor, indent: number): unknown[] {
  const items: unknown[] = [];
  while (cursor.indent === indent && isDash(cursor)) {
    cursor.position += 1;
    skipSpaces(cursor);
    let offset = cursor.position;
    if (isBlank(cursor)) endLine(cursor);
    else cursor.indent = cursor.position - cursor.lineStart;
    const isThere = cursor.indent > indent;
    if (isThere) offset = cursor.position;
    if (cursor.marks)
      mark(cursor.marks, items, { key: items.length, offset: cursor.base + offset });
    items.push(isThere ? readBlock(cursor, indent) : null);
  }
  if (cursor.indent > indent) throw NOT_PLAIN;
  return items;
}

/** Whether the rest of the line holds nothing but a comment. */
function isBlank(cursor: Cursor): boolean {
  const code = peek(cursor);
  return isLineEnd(code) || code === CODE.hash;
}

interface Key {
  readonly name: string;
  readonly offset: number;
}

function readMapping(cursor: Cursor, indent: number, first: Key): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  let key: Key | undefined = first;
  for (;;) {
    if (key === undefined || Object.hasOwn(object, key.name)) throw NOT_PLAIN;
    if (cursor.marks)
      mark(cursor.marks, object, { key: key.name, offset: cursor.base + key.offset });
    setField(object, key.name, readMappingValue(cursor, indent));
    if (cursor.indent > indent) throw NOT_PLAIN;
    if (cursor.indent < indent) return object;
    key = readKey(cursor);
  }
}

/** Reads a key and its colon, if that is what stands here. */
function readKey(cursor: Cursor): Key | undefined {
  const { text, position: start } = cursor;
  const first = peek(cursor);
  if (first === CODE.doubleQuote || first === CODE.singleQuote) return readQuotedKey(cursor);
  if (isIndicator(first)) return undefined;
  // The end of a document.
  if (text.startsWith('...', start)) throw NOT_PLAIN;
  const colon = findColon(text, start);
  if (colon === -1) return undefined;
  const name = trimSpaces(text.slice(start, colon));
  if (!isPlainKey(name) || name.includes('\t')) throw NOT_PLAIN;
  cursor.position = colon + 1;
  return { name, offset: start };
}

/** Keys as they mostly are, up to their colon. Looked for first, since a text is read once and a loop is slow at first. */
const SIMPLE_KEY = /[\w./-]+:(?=[ \r\n])/y;

/** The colon that ends a key in this line; -1 when there is none. */
function findColon(text: string, from: number): number {
  SIMPLE_KEY.lastIndex = from;
  if (SIMPLE_KEY.test(text)) return SIMPLE_KEY.lastIndex - 1;
  for (let at = from; ; at += 1) {
    const code = text.charCodeAt(at);
    if (isLineEnd(code)) return -1;
    if (code === CODE.hash && text.charCodeAt(at - 1) === CODE.space) return -1;
    if (code === CODE.colon && isGap(text.charCodeAt(at + 1))) return at;
  }
}

function readQuotedKey(cursor: Cursor): Key | undefined {
  const { position: offset } = cursor;
  const name = readQuoted(cursor);
  skipSpaces(cursor);
  if (peek(cursor) === CODE.colon && isGap(peek(cursor, 1))) {
    cursor.position += 1;
    return { name, offset };
  }
  cursor.position = offset;
  return undefined;
}

function readMappingValue(cursor: Cursor, indent: number): unknown {
  skipSpaces(cursor);
  if (!isBlank(cursor)) return readInline(cursor, indent);
  endLine(cursor);
  if (cursor.indent > indent) return readBlock(cursor, indent);
  // A sequence may stand in the column of its key.
  return cursor.indent === indent && isDash(cursor) ? readSequence(cursor, indent) : null;
}

/** Reads a value that begins in this line; what is indented more than `parent` would continue it. */
function readInline(cursor: Cursor, parent: number): unknown {
  const first = peek(cursor);
  // A lone scalar is no manifest, and it might be the end of the document (`...`).
  if (parent === -1 && first !== CODE.openBracket) throw NOT_PLAIN;
  if (first === CODE.pipe) return readLiteral(cursor, parent);
  const isFlow =
    first === CODE.openBrace ||
    first === CODE.openBracket ||
    first === CODE.doubleQuote ||
    first === CODE.singleQuote;
  const value = isFlow ? readFlow(cursor) : resolvePlainScalar(readPlain(cursor));
  endLine(cursor);
  if (cursor.indent > parent) throw NOT_PLAIN;
  return value;
}

/** Values as they mostly are, up to the end of their line. */
const SIMPLE_PLAIN = /[\w/(][^#:\t\r\n]*(?=\r?\n)/y;

function readPlain(cursor: Cursor): string {
  const { text, position: start } = cursor;
  SIMPLE_PLAIN.lastIndex = start;
  if (SIMPLE_PLAIN.test(text)) {
    const simple = trimSpaces(text.slice(start, SIMPLE_PLAIN.lastIndex));
    cursor.position = start + simple.length;
    return simple;
  }
  const first = peek(cursor);
  if (isIndicator(first) && !(first === CODE.dash && !isGap(peek(cursor, 1)))) throw NOT_PLAIN;
  let at = start;
  for (; ; at += 1) {
    const code = text.charCodeAt(at);
    if (isLineEnd(code)) break;
    if (code === CODE.hash && text.charCodeAt(at - 1) === CODE.space) break;
    if (code === CODE.tab || (code === CODE.colon && isGap(text.charCodeAt(at + 1))))
      throw NOT_PLAIN;
  }
  const plain = trimSpaces(text.slice(start, at));
  cursor.position = start + plain.length;
  return plain;
}

/** Reads `|`, `|-` and `|+`. */
function readLiteral(cursor: Cursor, parent: number): string {
  cursor.position += 1;
  const chomping = /[-+]?/y;
  chomping.lastIndex = cursor.position;
  const chomp = chomping.exec(cursor.text)?.[0] ?? '';
  cursor.position += chomp.length;
  if (!isGap(peek(cursor))) throw NOT_PLAIN;
  skipSpaces(cursor);
  if (!isBlank(cursor)) throw NOT_PLAIN;
  cursor.position = endOfLine(cursor.text, cursor.position) + 1;
  const lines = readLiteralLines(cursor, parent);
  const last = lines.findLastIndex((line) => line !== '');
  if (last === -1) throw NOT_PLAIN;
  const body = lines.slice(0, last + 1).join('\n');
  nextContent(cursor);
  if (cursor.indent > parent) throw NOT_PLAIN;
  if (chomp === '-') return body;
  return chomp === '+' ? `${body}${'\n'.repeat(lines.length - last)}` : `${body}\n`;
}

function readLiteralLines(cursor: Cursor, parent: number): string[] {
  const { text } = cursor;
  const lines: string[] = [];
  let indent = -1;
  while (cursor.position < text.length) {
    const end = endOfLine(text, cursor.position);
    const line = text.slice(
      cursor.position,
      text.charCodeAt(end - 1) === CODE.return ? end - 1 : end,
    );
    const spaces = line.search(/[^ ]/);
    if (spaces === -1) {
      // A line of spaces beyond the block's column would be content.
      if (indent === -1 ? line.length > parent + 1 : line.length > indent) throw NOT_PLAIN;
      // Spaces behind the last line end are no line.
      if (end < text.length) lines.push('');
    } else {
      if (indent === -1 && spaces > parent) indent = spaces;
      if (indent === -1 || spaces < indent) {
        if (line.charCodeAt(spaces) === CODE.tab) throw NOT_PLAIN;
        break;
      }
      lines.push(line.slice(indent));
    }
    cursor.position = end + 1;
  }
  return lines;
}
