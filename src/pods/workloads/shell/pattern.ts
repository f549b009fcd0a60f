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

/** A set, an escape or one character. */
const PIECE = /^(?:\[!?[^\]]+\]|\\[^]|[^])/;

function sourceOf(piece: string): string {
  if (piece === '*') return '[^]*';
  if (piece === '?') return '[^]';
  if (piece.length > 2 && piece.startsWith('[')) {
    const isNot = piece[1] === '!';
    const inner = piece.slice(isNot ? 2 : 1, -1).replaceAll(/[\\\]^[]/g, '\\$&');
    return `[${isNot ? '^' : ''}${inner}]`;
  }
  return escapeOf(piece.length === 2 ? piece.slice(1) : piece);
}

function compilePattern(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length;) {
    const piece = PIECE.exec(pattern.slice(at))?.[0] ?? '';
    at += Math.max(1, piece.length);
    // Several stars in a row are one; the expression stays quick.
    if (piece !== '*' || !source.endsWith('[^]*')) source += sourceOf(piece);
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
