import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { MAX_DEPTH } from './plain-yaml-flow.ts';
import { resolvePlainScalar } from './plain-scalar.ts';
import { mark, setField, type Marks, type SourceRoot, type SyntaxProblem } from './source.ts';

/** What one stretch of YAML holds. */
export interface FullYaml {
  readonly roots: readonly SourceRoot[];
  readonly problems: readonly SyntaxProblem[];
}

/**
 * Nodes that aliases may add to a document. People repeat a few labels; ten aliases of ten aliases, nested, are an attack.
 */
const MAX_ALIASED_NODES = 100_000;

/** Loaded when first needed: it takes 20 ms, and most manifests never do. */
let yaml: typeof Yaml | undefined;

/**
 * Reads any YAML, with everything that is wrong in it.
 *
 * Scalars mean what they mean to kubectl; see `resolvePlainScalar`.
 *
 * @param base Offset of `text` in its file.
 */
export function readFullYaml(text: string, base: number): FullYaml {
  // The cast holds: the package's types describe what `require` returns.
  yaml ??= createRequire(import.meta.url)('yaml') as typeof Yaml;
  const documents = yaml.parseAllDocuments(text, {
    schema: 'failsafe',
    prettyErrors: false,
    logLevel: 'silent',
    keepSourceTokens: false,
  });
  const roots: SourceRoot[] = [];
  const problems: SyntaxProblem[] = [];
  for (const document of documents) {
    const found = errorsOf(document, text).map((problem) => ({
      ...problem,
      offset: base + problem.offset,
    }));
    if (found.length > 0) problems.push(...found);
    else readDocument(document, { base, roots, problems });
  }
  return { roots, problems };
}

/** Of the errors of one document the first is the cause and the rest follow from it, but for duplicate keys. */
function errorsOf(document: Document.Parsed, text: string): readonly SyntaxProblem[] {
  const duplicates = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  const others = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY').slice(0, 1);
  return [...others, ...duplicates].map(({ code, message, pos }) => {
    const hint = HINTS[code];
    return {
      message:
        code === 'DUPLICATE_KEY'
          ? `duplicate key ${keyAt(text, pos[0])}`
          : message.charAt(0).toLowerCase() + message.slice(1),
      offset: pos[0],
      ...(hint === undefined ? {} : { hint }),
    };
  });
}

/** A key as it is written, in quotes. */
function keyAt(text: string, offset: number): string {
  const key = /(?:"[^"\n]*"|'[^'\n]*'|[^:\n]*)/y;
  key.lastIndex = offset;
  return JSON.stringify(
    key
      .exec(text)?.[0]
      .replace(/^["'](.*)["']$/, '$1')
      .trim() ?? '',
  );
}

const HINTS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'Put the value in quotes if it holds ": ".',
  DUPLICATE_KEY: 'Remove one of the two.',
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_SCALAR_START: 'Put the value in quotes.',
};

interface Sink {
  readonly base: number;
  readonly roots: SourceRoot[];
  readonly problems: SyntaxProblem[];
}

function readDocument(document: Document.Parsed, { base, roots, problems }: Sink): void {
  const { contents } = document;
  if (contents === null) return;
  const converter = new Converter(document, base);
  try {
    const value = converter.convert(contents, 0);
    const { marks } = converter;
    roots.push({ value, offset: base + contents.range[0], locate: () => ({ value, marks }) });
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    problems.push({ message: error.message, offset: base + error.offset });
  }
}

/** A document that can be parsed and still makes no object. */
class Unusable extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Turns the nodes of one document into values, and notes where they stand. */
class Converter {
  readonly marks: Marks = new Map();
  readonly #document: Document.Parsed;
  readonly #base: number;
  #aliasedNodes = 0;
  #aliasDepth = 0;

  constructor(document: Document.Parsed, base: number) {
    this.#document = document;
    this.#base = base;
  }

  convert(node: unknown, depth: number): unknown {
    if (yaml === undefined || node === null || node === undefined) return null;
    if (depth > MAX_DEPTH)
      throw new Unusable(`nested more than ${MAX_DEPTH} levels deep`, at(node));
    if (this.#aliasDepth > 0) this.#countAliased(node);
    if (yaml.isAlias(node)) return this.#convertAlias(node, depth);
    if (yaml.isMap(node)) return this.#convertMap(node, depth);
    if (yaml.isSeq(node)) return this.#convertSeq(node, depth);
    return yaml.isScalar(node) ? scalarValue(node) : null;
  }

  #countAliased(node: unknown): void {
    this.#aliasedNodes += 1;
    if (this.#aliasedNodes > MAX_ALIASED_NODES)
      throw new Unusable(
        'aliases repeat too much: the document would grow without bounds',
        at(node),
      );
  }

  #convertAlias(alias: Alias, depth: number): unknown {
    const target = alias.resolve(this.#document);
    if (target === undefined)
      throw new Unusable(`alias *${alias.source} has no anchor before it`, at(alias));
    this.#aliasDepth += 1;
    const value = this.convert(target, depth + 1);
    this.#aliasDepth -= 1;
    return value;
  }

  #convertSeq(seq: YAMLSeq, depth: number): unknown[] {
    const items: unknown[] = [];
    for (const item of seq.items) {
      mark(this.marks, items, { key: items.length, offset: this.#base + at(item) });
      items.push(this.convert(item, depth + 1));
    }
    return items;
  }

  #convertMap(map: YAMLMap, depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const merged: Pair[] = [];
    for (const pair of map.items) {
      const key = this.#convertKey(pair.key);
      if (isMergeKey(pair.key)) merged.push(pair);
      else if (Object.hasOwn(object, key))
        throw new Unusable(`duplicate key ${JSON.stringify(key)}`, at(pair.key));
      else this.#set(object, pair, { key, depth });
    }
    for (const pair of merged) this.#merge(object, pair, depth);
    return object;
  }

  #set(
    object: Record<string, unknown>,
    pair: Pair,
    { key, depth }: { readonly key: string; readonly depth: number },
  ): void {
    mark(this.marks, object, { key, offset: this.#base + at(pair.key) });
    setField(object, key, this.convert(pair.value, depth + 1));
  }

  #convertKey(node: unknown): string {
    const value = this.convert(node, MAX_DEPTH);
    if (typeof value === 'object' && value !== null)
      throw new Unusable('a key must be a scalar', at(node));
    return String(value);
  }

  /** Merged fields never override the mapping's own, and earlier ones win (YAML's merge type). */
  #merge(object: Record<string, unknown>, pair: Pair, depth: number): void {
    const value = this.convert(pair.value, depth + 1);
    const sources: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const source of sources) {
      if (typeof source !== 'object' || source === null || Array.isArray(source))
        throw new Unusable('<< merges mappings only', at(pair.key));
      for (const [key, field] of Object.entries(source)) {
        if (Object.hasOwn(object, key)) continue;
        const offset = this.marks.get(source)?.get(key) ?? this.#base + at(pair.key);
        mark(this.marks, object, { key, offset });
        setField(object, key, field);
      }
    }
  }
}

function scalarValue(node: Scalar): unknown {
  const source = typeof node.value === 'string' ? node.value : '';
  switch (node.tag) {
    case undefined:
      return node.type === 'PLAIN' ? resolvePlainScalar(source) : source;
    case 'tag:yaml.org,2002:int':
    case 'tag:yaml.org,2002:float':
    case 'tag:yaml.org,2002:bool':
    case 'tag:yaml.org,2002:null':
      return resolvePlainScalar(source);
    default:
      return source;
  }
}

function isMergeKey(node: unknown): boolean {
  // The cast holds for scalars and is harmless for all else: only fields are read.
  const { value, type } = (node ?? {}) as Partial<Scalar>;
  return value === '<<' && type === 'PLAIN';
}

function at(node: unknown): number {
  // Parsed nodes have a range; the cast only reads it.
  return (node as Partial<Node> | null)?.range?.[0] ?? 0;
}
