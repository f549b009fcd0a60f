import { dirname, isAbsolute, join } from 'node:path';
import { CorefileError } from './corefile-error.ts';
import { lex, type Token } from './lex.ts';
import type { Environment } from './substitute.ts';

/** Files that a Corefile imports. */
export interface ImportFiles {
  /** @throws Error as `node:fs` when the file cannot be read. */
  read(path: string): string;
  /** Paths that a pattern with one `*` or `?` matches, in order; the path itself where it is none and exists. */
  glob(pattern: string): readonly string[];
}

export interface ImportOptions {
  readonly environment: Environment;
  readonly files: ImportFiles;
  /** Told of a pattern that matches nothing, which is no error. */
  readonly onEmptyImport?: (pattern: string) => void;
}

export type Snippets = ReadonlyMap<string, readonly Token[]>;

export interface ImportLine {
  readonly pattern: string;
  readonly at: Token;
  /** Imports so far. */
  readonly count: number;
}

/** CoreDNS' bound on snippets; here it holds for files as well. */
const MAX_IMPORTS = 10_000;
/** Words of all imports together, so that snippets of snippets end before memory does. */
const MAX_TOKENS = 1_000_000;

/**
 * The words that an import line stands for: those of a snippet, or else of the files that match.
 *
 * @throws CorefileError
 */
export function expandImport(
  { pattern, at, count }: ImportLine,
  snippets: Snippets,
  options: ImportOptions,
): { readonly tokens: readonly Token[]; readonly count: number } {
  const fail = (what: string): CorefileError => new CorefileError(what, at);
  if (pattern === '') throw fail('Import requires a non-empty filepath');
  if (count >= MAX_IMPORTS) throw fail(`maximum snippet import depth (${MAX_IMPORTS}) exceeded`);
  const snippet = snippets.get(pattern);
  const tokens = snippet ?? importFiles(pattern, at, options);
  const cost = count + 1 + Math.floor((tokens.length * MAX_IMPORTS) / MAX_TOKENS);
  return { tokens, count: cost };
}

function importFiles(pattern: string, at: Token, options: ImportOptions): readonly Token[] {
  const path = isAbsolute(pattern) ? pattern : join(dirname(at.file), pattern);
  const fail = (what: string, cause?: unknown): CorefileError =>
    new CorefileError(what, at, cause === undefined ? {} : { cause });
  const hasMany = path.split('*').length > 2 || path.split('?').length > 2;
  if (hasMany || (path.includes('[') && path.includes(']')))
    throw fail(`Glob pattern may only contain one wildcard (*), but has others: ${path}`);
  const matches = options.files.glob(path);
  if (matches.length === 0) {
    if (!/[*?[\]]/.test(path)) throw fail(`File to import not found: ${pattern}`);
    options.onEmptyImport?.(pattern);
  }
  return matches.flatMap((match) => {
    try {
      return lex(options.files.read(match), match);
    } catch (error) {
      throw fail(`Could not import ${match}`, error);
    }
  });
}
