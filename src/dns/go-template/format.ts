import { print, type Value } from './value.ts';

const VERB = /%(?<flags>[-+# 0]*)(?<width>\d*)(?:\.(?<precision>\d*))?(?<verb>.|$)/gsu;

/** `values` in the places of `pattern`. @see Go `fmt`, "Printing" */
export function format(pattern: string, values: readonly Value[]): string {
  let next = 0;
  const text = pattern.replaceAll(VERB, (...match) => {
    const groups = match.at(-1) as Readonly<Record<string, string | undefined>>; // the pattern names its groups
    const { flags = '', width = '', precision, verb = '' } = groups;
    if (verb === '%') return '%';
    if (verb === '') return '%!(NOVERB)';
    if (next >= values.length) return `%!${verb}(MISSING)`;
    const value = values[next++];
    const plain = formatValue(value, verb, { flags, precision });
    return pad(plain, { flags, width: Number(width), isNumber: typeof value === 'bigint' });
  });
  const extra = values.slice(next).map((value) => `${typeOf(value)}=${print(value)}`);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

interface Style {
  readonly flags: string;
  readonly precision: string | undefined;
}

function formatValue(value: Value, verb: string, style: Style): string {
  if (verb === 'v') return print(value);
  if (typeof value === 'bigint') return formatInteger(value, verb, style);
  if (typeof value === 'string') return formatText(value, verb, style);
  if (typeof value === 'boolean' && verb === 't') return String(value);
  return wrongVerb(value, verb);
}

const RADIX: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, b: 2 };

function formatInteger(value: bigint, verb: string, { flags }: Style): string {
  if (verb === 'c') return String.fromCodePoint(Number(value));
  const radix = RADIX[verb];
  if (radix === undefined) return wrongVerb(value, verb);
  const digits = value.toString(radix);
  const prefix = flags.includes('#') && radix === 16 ? '0x' : '';
  const sign = value >= 0n && flags.includes('+') ? '+' : '';
  const text = sign + prefix + digits;
  return verb === 'X' ? text.toUpperCase() : text;
}

function formatText(value: string, verb: string, { precision }: Style): string {
  const text =
    precision === undefined ? value : Array.from(value).slice(0, Number(precision)).join('');
  if (verb === 's') return text;
  if (verb === 'q') return JSON.stringify(text);
  if (verb === 'x' || verb === 'X') {
    const hex = Buffer.from(text).toString('hex');
    return verb === 'X' ? hex.toUpperCase() : hex;
  }
  return wrongVerb(value, verb);
}

function pad(
  text: string,
  {
    flags,
    width,
    isNumber,
  }: { readonly flags: string; readonly width: number; readonly isNumber: boolean },
): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || !isNumber) return text.padStart(width);
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  return sign + digits.padStart(width - sign.length, '0');
}

function wrongVerb(value: Value, verb: string): string {
  return `%!${verb}(${typeOf(value)}=${print(value)})`;
}

function typeOf(value: Value): string {
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'value';
}
