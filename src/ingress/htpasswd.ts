import { loadBcrypt, loadCrypto } from './load-crypto.ts';

/**
 * Whether a password is the one that a line of htpasswd holds: apr1, MD5 crypt, bcrypt, `{SHA}`, `{SSHA}` or `{PLAIN}`.
 *
 * @returns false too for hashes of other kinds (SHA crypt, DES), which are not read here.
 * @see nginx, auth_basic_user_file
 */
export function isPasswordOf(hash: string, password: string): boolean {
  if (hash.startsWith('$apr1$') || hash.startsWith('$1$'))
    return isEqual(md5Crypt(password, hash), hash);
  if (/^\$2[aby]\$/.test(hash)) return loadBcrypt().compareSync(password, hash);
  if (hash.startsWith('{PLAIN}')) return isEqual(password, hash.slice(7));
  if (hash.startsWith('{SHA}'))
    return isEqual(sha1(Buffer.from(password)).toString('base64'), hash.slice(5));
  return hash.startsWith('{SSHA}') && isSaltedSha(hash.slice(6), password);
}

const DIGEST_BYTES = 20;

function isSaltedSha(encoded: string, password: string): boolean {
  const bytes = Buffer.from(encoded, 'base64');
  const salt = bytes.subarray(DIGEST_BYTES);
  const digest = sha1(Buffer.concat([Buffer.from(password), salt]));
  return isEqual(digest.toString('hex'), bytes.subarray(0, DIGEST_BYTES).toString('hex'));
}

function sha1(bytes: Buffer): Buffer {
  return loadCrypto().createHash('sha1').update(bytes).digest();
}

function md5(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = loadCrypto().createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 1000;

/**
 * The hash of a password in the form `$id$salt$…`, with the id and salt of `like`.
 *
 * @see FreeBSD's crypt(3), MD5; Apache's apr_md5_encode differs in the id alone
 */
export function md5Crypt(password: string, like: string): string {
  const [, id = '', salt = ''] = like.split('$');
  const magic = `$${id}$`;
  const text = Buffer.from(password);
  let final = firstRound(text, magic, salt.slice(0, 8));
  for (let round = 0; round < ROUNDS; round += 1) {
    final = md5(
      round % 2 === 1 ? text : final,
      round % 3 === 0 ? '' : salt.slice(0, 8),
      round % 7 === 0 ? '' : text,
      round % 2 === 1 ? final : text,
    );
  }
  return `${magic}${salt.slice(0, 8)}$${encode(final)}`;
}

function firstRound(text: Buffer, magic: string, salt: string): Buffer {
  const inner = md5(text, salt, text);
  const parts: (Buffer | string)[] = [text, magic, salt];
  for (let left = text.length; left > 0; left -= 16)
    parts.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = text.length; bits > 0; bits >>= 1)
    parts.push(bits % 2 === 1 ? Buffer.of(0) : text.subarray(0, 1));
  return md5(...parts);
}

/** Which bytes of the digest make each group of four characters. */
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

function encode(digest: Buffer): string {
  const at = (index: number): number => digest[index] ?? 0;
  const groups = GROUPS.map(([a, b, c]) => to64((at(a) << 16) | (at(b) << 8) | at(c), 4));
  return `${groups.join('')}${to64(at(11), 2)}`;
}

function to64(value: number, length: number): string {
  let text = '';
  for (let index = 0; index < length; index += 1)
    text += ALPHABET[(value >> (6 * index)) & 0x3f] ?? '';
  return text;
}

function isEqual(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && loadCrypto().timingSafeEqual(first, second);
}
