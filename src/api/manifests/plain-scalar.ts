/**
 * What kubectl makes of them: it reads YAML with the 1.1 booleans, `y` and `n` included
 * (sigs.k8s.io/yaml and the YAML library in it), and that is what a typed field is then compared with.
 */
const WORDS: ReadonlyMap<string, boolean | number | null> = new Map<
  string,
  boolean | number | null
>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(
    (word) => [word, true] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    (word) => [word, false] as const,
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, -Infinity] as const),
]);

const DECIMAL = /^[-+]?(?:0|[1-9][0-9]*)$/;
const PREFIXED = /^([-+]?)0([xX][0-9a-fA-F]+|[bB][01]+|[oO]?[0-7]+)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

const LONGEST_WORD = 5;

/**
 * The value of a scalar that stands in YAML without quotes.
 *
 * Octal is written `0644` or `0o644`, digits may be parted by `_`; base 60 (`22:30`) and dates stay strings, as in kubectl.
 */
export function resolvePlainScalar(text: string): string | number | boolean | null {
  const first = text.charCodeAt(0);
  const isNumeric = (first >= 0x30 && first <= 0x39) || (first >= 0x2b && first <= 0x2e);
  // Every key and most values come by here: what is longer than any word is none.
  if (text.length <= LONGEST_WORD) {
    const word = WORDS.get(text);
    if (word !== undefined) return word;
  }
  return isNumeric ? (resolveNumber(text) ?? text) : text;
}

function resolveNumber(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  // A float that begins with its dot keeps its underscores, and so stays a string.
  const digits = text.startsWith('.') ? text : text.replaceAll('_', '');
  const prefixed = PREFIXED.exec(digits);
  if (prefixed !== null) return resolvePrefixed(prefixed[1] ?? '', prefixed[2] ?? '');
  return FLOAT.test(digits) ? Number(digits) : undefined;
}

/** @param body What follows the leading zero: `x1F`, `b101`, `o17` or `17`. */
function resolvePrefixed(sign: string, body: string): number {
  const base = /^[0-7]/.test(body) ? `0o${body}` : `0${body}`;
  const value = Number(base);
  return sign === '-' ? -value : value;
}
