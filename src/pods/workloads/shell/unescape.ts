/** `\n` and the like as what they stand for. */
export function unescapeText(text: string): string {
  return text.replaceAll(
    /\\(?:[abefnrtv\\]|0?[0-7]{1,3}|x[\da-fA-F]{1,2})/g,
    (escape) => ESCAPES[escape.slice(1)] ?? characterOf(escape.slice(1)),
  );
}

function characterOf(code: string): string {
  if (code === '\\') return code;
  const isHex = code.startsWith('x');
  return String.fromCodePoint(Number.parseInt(isHex ? code.slice(1) : code, isHex ? 16 : 8));
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
