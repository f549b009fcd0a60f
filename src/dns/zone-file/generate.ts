import type { Position } from '../../net/index.ts';
import { ZoneFileError } from './zone-file-error.ts';

/** Lines that one `$GENERATE` stands for at most. */
const MAX_LINES = 65_536;

/**
 * The lines of `$GENERATE START-STOP[/STEP] OWNER TYPE DATA`: each `$` is the number, `${OFFSET,WIDTH,BASE}` a form of it.
 *
 * @throws ZoneFileError
 * @see BIND 9 Administrator Reference Manual, "$GENERATE"
 */
export function generate(
  [range = '', ...words]: readonly string[],
  position: Position,
): readonly string[] {
  const { start, stop, step } = readRange(range, position);
  if (words.length < 3)
    throw new ZoneFileError('$GENERATE needs an owner, a type and data', position);
  const lines: string[] = [];
  for (let value = start; value <= stop; value += step)
    lines.push(words.map((word) => fill(word, value, position)).join(' '));
  return lines;
}

function readRange(
  text: string,
  position: Position,
): { readonly start: number; readonly stop: number; readonly step: number } {
  const [, startText = '', stopText = '', stepText = '1'] =
    /^(\d{1,9})-(\d{1,9})(?:\/(\d{1,9}))?$/.exec(text) ?? [];
  const [start, stop, step] = [Number(startText), Number(stopText), Number(stepText)];
  if (startText === '' || start > stop || step === 0)
    throw new ZoneFileError(`bad range in $GENERATE ${text}`, position);
  if ((stop - start) / step >= MAX_LINES)
    throw new ZoneFileError('$GENERATE makes too many records', position);
  return { start, stop, step };
}

function fill(word: string, value: number, position: Position): string {
  return word.replaceAll(/\\\$|\$(?:\{([^}]*)\})?/g, (text, form?: string) => {
    if (text === '\\$') return '$';
    const formatted = format(value, form ?? '');
    if (formatted === undefined)
      throw new ZoneFileError(`bad modifier ${text} in $GENERATE`, position);
    return formatted;
  });
}

const RADIX: Readonly<Record<string, number>> = { d: 10, o: 8, x: 16, X: 16 };

/** `value` by `OFFSET,WIDTH,BASE`; undefined when that cannot be done. */
function format(value: number, form: string): string | undefined {
  const modifiers = /^(-?\d+)?(?:,(\d+))?(?:,([doxX]))?$/.exec(form);
  if (modifiers === null) return undefined;
  const [, offset = '0', width = '0', base = 'd'] = modifiers;
  const number = value + Number(offset);
  if (number < 0 || Number(width) > 255) return undefined;
  const digits = number.toString(RADIX[base]).padStart(Number(width), '0');
  return base === 'X' ? digits.toUpperCase() : digits;
}
