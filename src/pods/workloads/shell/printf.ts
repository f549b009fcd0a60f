import type { RunProgram } from './command.ts';
import { unescapeText } from './unescape.ts';

/** `printf FORMAT VALUE…`: the format again and again while there are values. */
export const printf: RunProgram = async ({ args, stdout }) => {
  const [format = '', ...values] = args[0] === '--' ? args.slice(1) : args;
  let index = 0;
  let text = '';
  do {
    const before = index;
    text += unescapeText(format).replaceAll(CONVERSION, (whole, flags: string, verb: string) => {
      if (verb === '%') return '%';
      const value = values[index] ?? '';
      index += 1;
      return formatted(value, flags, verb) ?? whole;
    });
    if (index === before) break;
  } while (index < values.length);
  await stdout.write(text);
  return 0;
};

const CONVERSION = /%([-0+ #]*\d*(?:\.\d+)?)([sdiuxXocbf%q])/g;

function formatted(value: string, flags: string, verb: string): string | undefined {
  const [, marks = '', width = '', precision] = /^([-0+ #]*)(\d*)(?:\.(\d+))?$/.exec(flags) ?? [];
  const text = convert(value, verb, precision === undefined ? undefined : Number(precision));
  const length = Math.min(Number(width), 4096);
  if (marks.includes('-')) return text.padEnd(length);
  return text.padStart(length, marks.includes('0') && verb !== 's' ? '0' : ' ');
}

function convert(value: string, verb: string, precision: number | undefined): string {
  switch (verb) {
    case 's':
    case 'q':
      return precision === undefined ? value : value.slice(0, precision);
    case 'b':
      return unescapeText(value);
    case 'c':
      return value.slice(0, 1);
    case 'f':
      return (Number(value) || 0).toFixed(Math.min(precision ?? 6, 50));
    case 'x':
      return integer(value).toString(16);
    case 'X':
      return integer(value).toString(16).toUpperCase();
    case 'o':
      return integer(value).toString(8);
    default:
      return `${integer(value)}`;
  }
}

function integer(value: string): number {
  if (/^['"]/.test(value)) return value.codePointAt(1) ?? 0;
  return Math.trunc(Number(value)) || 0;
}
