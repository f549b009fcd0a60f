import { isRecord } from './values.ts';

/** How far a date of Expires may be off, in seconds. */
const SLACK_SECONDS = 5;

/** What is wrong with the cookies of a response; undefined where nothing is. */
export function cookieProblems(expected: unknown, cookies: readonly string[]): unknown {
  if (!isRecord(expected)) return cookies.length === 0 ? undefined : cookies;
  if (expected['changed'] === true) return cookies.length > 0 ? undefined : 'no cookie';
  const wanted = expected['name'] === undefined ? '' : `${plain(expected['name'])}=`;
  const cookie = cookies.find((text) => text.startsWith(wanted));
  if (cookie === undefined) return cookies.length === 0 ? 'no cookie' : cookies;
  const attributes = new Map(
    cookie.split(';').map((part) => {
      const [name = '', value = ''] = part.trim().split('=');
      return [name.toLowerCase(), value] as const;
    }),
  );
  const isRight = Object.entries(expected).every(([name, value]) => {
    if (name === 'name') return true;
    if (name === 'ExpiresInSeconds') return isSoon(attributes.get('expires'), Number(value));
    const given = attributes.get(name.toLowerCase());
    if (typeof value === 'boolean') return (given !== undefined) === value;
    return value === null ? given === undefined : given === plain(value);
  });
  return isRight ? undefined : cookie;
}

function isSoon(date: string | undefined, seconds: number): boolean {
  const off = Date.parse(date ?? '') - Date.now() - seconds * 1000;
  return Math.abs(off) < SLACK_SECONDS * 1000;
}

/** A value of a table as text: they are texts and numbers. */
function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
