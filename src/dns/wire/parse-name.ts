import { readName, writeName } from './name.ts';
import { WireError } from './wire-error.ts';

/** A name and what follows the last label. */
const room = Buffer.alloc(600);

/**
 * `text` as an absolute name, escaped as names from the wire are.
 *
 * @param origin What a relative name ends with; `@` stands for it alone.
 * @throws WireError for a name that has no form on the wire.
 */
export function parseName(text: string, origin: string): string {
  if (text === '@') return origin;
  if (text === '') throw new WireError('an empty name');
  const isAbsolute = /(?:^|[^\\])(?:\\\\)*\.$/.test(text);
  const name = isAbsolute ? text : origin === '.' ? `${text}.` : `${text}.${origin}`;
  if (/[^\0-\xff]/.test(name)) throw new WireError(`"${name}" holds more than octets`);
  if (name.length > 4 * 255) throw new WireError('name of more than 255 octets');
  const output = { bytes: room, offset: 0, names: new Map<string, number>() };
  writeName(output, name, false);
  return readName({ bytes: room, offset: 0 });
}
