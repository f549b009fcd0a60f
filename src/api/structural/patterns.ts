import { createRequire } from 'node:module';
import type * as Re2 from 're2js';

/** A regular expression as Go has it, which takes time in proportion to the text. @see https://github.com/google/re2/wiki/Syntax */
export type Pattern = Re2.RE2JS;

/** Rules may make them of what they judge: more than people write are not kept. */
const MOST_KEPT = 1000;
/** By their text; where one is none, why. */
const known = new Map<string, Pattern | string>();

/** Loaded with the first pattern. */
let library: typeof Re2 | undefined;

/** The pattern behind a text; undefined where it is none. */
export function compilePattern(text: string): Pattern | undefined {
  const compiled = compiledOf(text);
  return typeof compiled === 'string' ? undefined : compiled;
}

/** Go's words for a text that is no pattern; undefined for one that is. */
export function patternProblem(text: string): string | undefined {
  const compiled = compiledOf(text);
  return typeof compiled === 'string' ? compiled : undefined;
}

function compiledOf(text: string): Pattern | string {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= MOST_KEPT) known.clear();
  const compiled = compile(text);
  known.set(text, compiled);
  return compiled;
}

function compile(text: string): Pattern | string {
  // The cast holds: the package's types describe what `require` returns.
  library ??= createRequire(import.meta.url)('re2js') as typeof Re2;
  try {
    return library.RE2JS.compile(text);
  } catch (error) {
    if (error instanceof library.RE2JSSyntaxException)
      return `error parsing regexp: ${error.getDescription()}: \`${error.getPattern() ?? ''}\``;
    if (error instanceof library.RE2JSException) return `error parsing regexp: ${error.message}`;
    throw error;
  }
}
