/** A shell's pattern: `*`, `?` and `[…]`, matched against the whole text. */
export function matchesPattern(text: string, pattern: string): boolean {
  return compilePattern(pattern).test(text);
}

/** `${x#pattern}`, `##`, `%`, `%%`: `text` without the part at its beginning or end that matches. */
export function trimPattern(text: string, pattern: string, operator: string): string {
  const compiled = compilePattern(pattern);
  const isPrefix = operator.startsWith('#');
  const isLongest = operator.length === 2;
  const lengths = Array.from({ length: text.length + 1 }, (_, length) => length);
  const order = isLongest ? lengths.toReversed() : lengths;
  for (const length of order) {
    const piece = isPrefix ? text.slice(0, length) : text.slice(text.length - length);
    if (!compiled.test(piece)) continue;
    return isPrefix ? text.slice(length) : text.slice(0, text.length - length);
  }
  return text;
}

/** Whether a word is a pattern at all. */
export function isPattern(text: string): boolean {
  return /[*?]|\[[^\]]+\]/.test(text);
}

function compilePattern(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] ?? '';
    const set = char === '[' ? /^\[(!?)([^\]]+)\]/.exec(pattern.slice(at)) : null;
    if (set !== null) {
      source += `[${set[1] === '!' ? '^' : ''}${(set[2] ?? '').replaceAll(/[\\\]^[]/g, '\\$&')}]`;
      at += set[0].length - 1;
    } else if (char === '*') {
      // Several in a row are one; the expression stays quick.
      if (!source.endsWith('[^]*')) source += '[^]*';
    } else if (char === '?') source += '[^]';
    else if (char === '\\') {
      at += 1;
      source += escapeOf(pattern[at] ?? '\\');
    } else source += escapeOf(char);
  }
  try {
    return new RegExp(`^${source}$`);
  } catch {
    // A set such as [z-a] matches nothing.
    return /[^\s\S]/;
  }
}

function escapeOf(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}
