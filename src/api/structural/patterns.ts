/** Patterns as RE2 has them; one that is no regular expression here checks nothing. */
const patterns = new Map<string, RegExp | undefined>();

/** The regular expression behind a pattern of RE2; undefined where it is none of this language. */
export function compilePattern(pattern: string): RegExp | undefined {
  if (patterns.has(pattern)) return patterns.get(pattern);
  let compiled: RegExp | undefined;
  try {
    const inline = /^\(\?([ims]+)\)/.exec(pattern);
    compiled = new RegExp(
      inline === null ? pattern : pattern.slice(inline[0].length),
      `u${inline?.[1] ?? ''}`,
    );
  } catch {
    compiled = undefined;
  }
  patterns.set(pattern, compiled);
  return compiled;
}
