import { connectionOptions, HOP_BY_HOP, type HeaderFields } from './http1/index.ts';

/** A client that names these in Connection would take the framing off its own request. */
const NEVER_DROPPED: ReadonlySet<string> = new Set(['content-length', 'host']);

/** Calls `pass` for each end-to-end field, with its lower-case name: not those of one hop, not those that Connection names. */
export function passOn(
  fields: HeaderFields,
  pass: (name: string, value: string, key: string) => void,
): void {
  const named = connectionOptions(fields);
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key)) continue;
    if (named.length > 0 && named.includes(key) && !NEVER_DROPPED.has(key)) continue;
    pass(name, fields[index + 1] ?? '', key);
  }
}
