/** `\n` and the like as what they stand for. */
export function unescapeText(text: string): string {
  return text.replaceAll(
    /\\(?:([abefnrtv\\])|0?([0-7]{1,3})|x([\da-fA-F]{1,2}))/g,
    (_, letter: string | undefined, octal: string | undefined, hex: string | undefined) => {
      if (letter !== undefined) return ESCAPES[letter] ?? letter;
      return String.fromCharCode(
        Number.parseInt(octal ?? hex ?? '0', octal === undefined ? 16 : 8),
      );
    },
  );
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
