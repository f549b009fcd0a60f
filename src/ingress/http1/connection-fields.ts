import { fieldValues, listMembers, type HeaderFields } from './header-fields.ts';

/** Fields of one hop. Framing is written anew for each. @see RFC 9110 §7.6.1 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** What Connection says, lower-case. */
export function connectionOptions(fields: HeaderFields): readonly string[] {
  const [first, ...others] = fieldValues(fields, 'connection');
  if (first === undefined) return NOTHING;
  if (others.length > 0) return listMembers([first, ...others]);
  return COMMON[first] ?? listMembers([first]);
}

const NOTHING: readonly string[] = [];
/** Nearly all there are. */
const COMMON: Readonly<Record<string, readonly string[]>> = Object.assign(
  Object.create(null) as Record<string, readonly string[]>, // values come from outside
  { 'keep-alive': ['keep-alive'], close: ['close'] },
);
