import { fieldValues, listMembers, type HeaderFields } from './header-fields.ts';

/** Fields of one hop, but for framing. @see RFC 9110 §7.6.1 */
export const HOP_FIELDS: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'upgrade',
];
/** Fields of one hop. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([...HOP_FIELDS, 'transfer-encoding']);
/** How long a body is. */
export const FRAMING_FIELDS: readonly string[] = ['content-length', 'transfer-encoding'];

/** What Connection says, lower-case. */
export function connectionOptions(fields: HeaderFields): readonly string[] {
  const values = fieldValues(fields, 'connection');
  if (values.length === 0) return values;
  // Nearly all there are.
  if (values.length === 1 && (values[0] === 'keep-alive' || values[0] === 'close')) return values;
  return listMembers(values);
}
