import type { Position } from '../../net/index.ts';
import type { KubeObject } from '../object.ts';
import { findField } from './field-path.ts';
import { readFullYaml } from './full-yaml.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { createLocator, type SourceRoot, type SyntaxProblem } from './source.ts';
import type { Problem } from './problem.ts';

/** One object of a manifest, and where it stands. */
export interface ManifestDocument {
  /** As written, but for `List`s, which are taken apart; has apiVersion, kind and metadata.name. */
  readonly object: KubeObject;
  /**
   * Where a field begins, or the nearest field around it that is written there; the object's own place by default.
   *
   * @param path As the API writes it: `spec.ports[0].nodePort`.
   */
  readonly positionOf: (path?: string) => Position;
}

/** What one text holds. */
export interface ParsedManifests {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly Problem[];
}

/**
 * Reads YAML (any number of documents) or JSON.
 *
 * `List`s and kinds that end in `List` with items are taken apart. A document with an error is left out and
 * hides none of the others. Never throws.
 *
 * @param file Name for positions.
 */
export function parseManifests(text: string, file: string): ParsedManifests {
  const locate = createLocator(text, file);
  const sink: Sink = { documents: [], problems: [], locate };
  for (const chunk of splitDocuments(text)) readChunk(chunk, sink);
  return { documents: sink.documents, problems: sink.problems };
}

interface Sink {
  readonly documents: ManifestDocument[];
  readonly problems: Problem[];
  readonly locate: (offset: number) => Position;
}

interface Chunk {
  readonly text: string;
  readonly base: number;
}

/**
 * Parts the text at its `---` lines, as kubectl does, so that one document's error ends with it.
 *
 * With directives (`%YAML`) the marker belongs to the document before it; then the text stays whole.
 */
function splitDocuments(text: string): readonly Chunk[] {
  const first = text.startsWith('\uFEFF') ? 1 : 0;
  if (text.startsWith('%', first) || text.includes('\n%')) return [chunkOf(text, first)];
  const chunks: Chunk[] = [];
  let start = first;
  for (let at = findMarker(text, first); at !== -1; at = findMarker(text, at + 3)) {
    chunks.push(chunkOf(text, start, at));
    start = at + 3;
  }
  chunks.push(chunkOf(text, start));
  return chunks;
}

function chunkOf(text: string, start: number, end: number = text.length): Chunk {
  return { text: text.slice(start, end), base: start };
}

/** The next `---` at the start of a line, followed by a space or the line's end. */
function findMarker(text: string, from: number): number {
  for (let at = from; ; at += 3) {
    at = text.indexOf('---', at);
    if (at === -1) return -1;
    const isAtStart = at === 0 || text[at - 1] === '\n' || text[at - 1] === '\uFEFF';
    if (isAtStart && /^(?:[ \t\r\n]|$)/.test(text.slice(at + 3, at + 4))) return at;
  }
}

// Code points that neither YAML nor JSON allows; a tab, a newline and a return are fine.
// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
const CONTROL_CHARACTER = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/;

function readChunk({ text, base }: Chunk, sink: Sink): void {
  const control = CONTROL_CHARACTER.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(4, '0').toUpperCase();
    report(sink, {
      message: `control characters are not allowed (U+${code})`,
      offset: base + control.index,
    });
    return;
  }
  const plain = readPlainYaml(text, base);
  const { roots, problems } =
    plain === undefined ? readWhole(text, base) : { roots: plain, problems: [] };
  for (const problem of problems) report(sink, withTemplateHint(problem, text));
  for (const root of roots) readRoot(root, sink);
}

interface Whole {
  readonly roots: readonly SourceRoot[];
  readonly problems: readonly SyntaxProblem[];
}

function readWhole(text: string, base: number): Whole {
  try {
    return readFullYaml(text, base);
  } catch (error) {
    // The YAML package recurses; what is nested deeply enough to exhaust the stack is no manifest.
    const message =
      error instanceof RangeError ? 'nested too deeply' : `cannot be read: ${String(error)}`;
    return { roots: [], problems: [{ message, offset: base }] };
  }
}

function withTemplateHint(problem: SyntaxProblem, text: string): SyntaxProblem {
  if (!text.includes('{{')) return problem;
  return {
    ...problem,
    hint: 'This looks like a Helm template: podlane reads plain manifests (`helm template CHART | podlane up -`).',
  };
}

function report({ problems, locate }: Sink, problem: SyntaxProblem & { object?: string }): void {
  const { offset, ...rest } = problem;
  problems.push({ severity: 'error', ...rest, position: locate(offset) });
}

function readRoot(root: SourceRoot, sink: Sink): void {
  if (root.value === null) return;
  readObject({ value: root.value, root, prefix: '' }, sink);
}

/** A value that should be an object, at the root or inside a `List`. */
interface Candidate {
  readonly value: unknown;
  readonly root: SourceRoot;
  /** Its path from the root: '' or `items[3]`. */
  readonly prefix: string;
}

function readObject(candidate: Candidate, sink: Sink): void {
  const { value } = candidate;
  const items = listItems(value);
  if (items !== undefined) {
    readList({ ...candidate, items }, sink);
    return;
  }
  const wrong = whatIsMissing(value);
  if (wrong === undefined) {
    // `whatIsMissing` has found apiVersion, kind and metadata.name to be there.
    sink.documents.push(createDocument(value as KubeObject, candidate, sink.locate));
    return;
  }
  const offset = offsetOf(candidate, wrong.path);
  report(sink, { ...wrong, offset });
}

function readList(list: Candidate & { items: readonly unknown[] }, sink: Sink): void {
  // The cast only reads fields that `listItems` has looked at.
  const { apiVersion, kind } = list.value as { apiVersion: unknown; kind: string };
  const itemKind = kind.slice(0, -'List'.length);
  for (const [index, item] of list.items.entries()) {
    const prefix = list.prefix === '' ? `items[${index}]` : `${list.prefix}.items[${index}]`;
    const isBare = itemKind !== '' && isFields(item) && item['kind'] === undefined;
    // Items of a `ServiceList` are Services, and the API writes them without saying so.
    const value = isBare ? { apiVersion, kind: itemKind, ...item } : item;
    readObject({ value, root: list.root, prefix }, sink);
  }
}

function listItems(value: unknown): readonly unknown[] | undefined {
  if (!isFields(value)) return undefined;
  const { kind, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List')) return undefined;
  if (Array.isArray(items)) return items;
  return kind === 'List' && (items === undefined || items === null) ? [] : undefined;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Missing {
  readonly message: string;
  readonly path: string;
  readonly hint?: string;
  readonly object?: string;
}

function whatIsMissing(value: unknown): Missing | undefined {
  if (!isFields(value))
    return {
      message: `expected an object with apiVersion and kind, found ${describe(value)}`,
      path: '',
    };
  const { apiVersion, kind, metadata } = value;
  const absent = Object.entries({ apiVersion, kind }).filter(([, field]) => !isSet(field));
  if (absent.length > 0) {
    const message = absent
      .map(([name, field]) => (isNothing(field) ? `${name} not set` : `${name} must be a string`))
      .join(', ');
    return { message, path: absent[0]?.[0] ?? '', hint: 'Every object needs apiVersion and kind.' };
  }
  if (!isFields(metadata)) {
    const message = isNothing(metadata)
      ? 'metadata.name not set'
      : `metadata: expected an object, found ${describe(metadata)}`;
    return { message, path: 'metadata', object: String(kind) };
  }
  return isSet(metadata['name']) ? undefined : nameMissing(metadata, String(kind));
}

function nameMissing(metadata: Record<string, unknown>, kind: string): Missing {
  const { name, generateName } = metadata;
  if (!isNothing(name))
    return {
      message: `metadata.name: expected a string, found ${describe(name)}`,
      path: 'metadata.name',
      object: kind,
      ...(typeof name === 'string' ? {} : { hint: `Put it in quotes: "${String(name)}".` }),
    };
  const hint = 'Applying twice must find the same object, so generateName cannot stand for it.';
  return {
    message: 'metadata.name not set',
    path: 'metadata.name',
    object: kind,
    ...(isNothing(generateName) ? {} : { hint }),
  };
}

function isSet(field: unknown): boolean {
  return typeof field === 'string' && field !== '';
}

function isNothing(field: unknown): boolean {
  return field === undefined || field === null || field === '';
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  if (typeof value === 'string') return value.length > 40 ? 'text' : `"${value}"`;
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value)}`;
}

function createDocument(
  object: KubeObject,
  candidate: Candidate,
  locate: (offset: number) => Position,
): ManifestDocument {
  return { object, positionOf: (path = '') => locate(offsetOf(candidate, path)) };
}

function offsetOf({ root, prefix }: Candidate, path: string): number {
  const whole = prefix === '' || path === '' ? prefix + path : `${prefix}.${path}`;
  return findField(root.locate(), whole) ?? root.offset;
}
