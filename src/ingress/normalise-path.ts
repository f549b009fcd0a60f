/**
 * The path that nginx matches: percent-decoded, repeated slashes as one, dot segments resolved.
 *
 * @param path As sent, without the query; each character one byte.
 * @returns undefined where nginx answers 400: above the root, a broken escape, a NUL.
 */
export function normalisePath(path: string): string | undefined {
  if (!path.includes('%') && !path.includes('//') && !path.includes('/.')) return path;
  const decoded = decodeBytes(path);
  if (decoded === undefined) return undefined;
  const segments: string[] = [];
  const parts = decoded.split('/').slice(1);
  for (const part of parts) {
    if (part === '..' && segments.pop() === undefined) return undefined;
    if (!DOTS.has(part)) segments.push(part);
  }
  const hasLastSlash = DOTS.has(parts.at(-1) ?? '') && segments.length > 0;
  return `/${segments.join('/')}${hasLastSlash ? '/' : ''}`;
}

/** Segments that name nothing of their own. */
const DOTS: ReadonlySet<string> = new Set(['', '.', '..']);

/** Bytes of a decoded path as they may stand in a request line again. @see nginx, ngx_escape_uri */
export function escapePath(path: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  return path.replaceAll(/[\x00-\x20#%?\x7F-\xFF]/g, (character) => percent(character));
}

/** As nginx's `$escaped_request_uri`: everything but unreserved characters (RFC 3986 §2.3). */
export function escapeComponent(text: string): string {
  return text.replaceAll(/[^A-Za-z\d\-._~]/g, (character) => percent(character));
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function decodeBytes(text: string): string | undefined {
  if (/%(?![\dA-Fa-f]{2})/.test(text)) return undefined;
  const decoded = text.replaceAll(/%([\dA-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return decoded.includes('\0') ? undefined : decoded;
}
