import { loadCrypto } from './load-crypto.ts';
import type { BasicAuth } from './route-policy.ts';

/** What a digest is made of besides the credentials. */
export interface DigestFacts {
  readonly method: string;
  /** As sent: the client has hashed it so. */
  readonly target: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What nonces are sealed with; nobody else knows it. */
  readonly key: string;
}

/** Who asks, or what is to be asked for. */
export type DigestResult =
  | { readonly kind: 'user'; readonly user: string }
  /** `challenge`: the value of WWW-Authenticate. */
  | { readonly kind: 'challenge'; readonly challenge: string };

/** So long a nonce may be used. @see nginx-http-auth-digest, auth_digest_timeout and auth_digest_expires */
const NONCE_MS = 70_000;

/**
 * Checks a digest.
 *
 * @param authorization The header's value, where there was one.
 * @see RFC 7616, with the MD5 and the `qop` of auth alone that the module of ingress-nginx knows
 */
export function checkDigest(
  { realm, users }: BasicAuth,
  authorization: string | undefined,
  facts: DigestFacts,
): DigestResult {
  const given = parametersOf(authorization);
  const hash = users.get(given.get('username') ?? '');
  const isRight =
    hash !== undefined &&
    given.get('realm') === realm &&
    given.get('uri') === facts.target &&
    given.get('response') === responseOf(hash, given, facts);
  const age = ageOf(given.get('nonce'), facts);
  const isFresh = age !== undefined && age < NONCE_MS;
  if (isRight && isFresh) return { kind: 'user', user: given.get('username') ?? '' };
  // Who was right with a nonce that was ours once need not be asked for the password again.
  const stale = isRight && age !== undefined ? ', stale="true"' : '';
  const nonce = nonceOf(facts.now, facts.key);
  return {
    kind: 'challenge',
    challenge: `Digest algorithm="MD5", qop="auth", realm="${realm}", nonce="${nonce}"${stale}`,
  };
}

/** `name=value` and `name="value"`, separated by commas. */
function parametersOf(authorization: string | undefined): ReadonlyMap<string, string> {
  const [, text = ''] = /^digest +([^]*)$/i.exec(authorization ?? '') ?? [];
  const pairs = text.matchAll(/([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/gi);
  return new Map(
    Array.from(pairs, ([, name = '', quoted, plain]) => [
      name.toLowerCase(),
      quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '',
    ]),
  );
}

function responseOf(
  hash: string,
  given: ReadonlyMap<string, string>,
  { method, target }: DigestFacts,
): string {
  const request = md5(`${method}:${target}`);
  const part = (name: string): string => given.get(name) ?? '';
  return given.get('qop') === 'auth'
    ? md5(`${hash}:${part('nonce')}:${part('nc')}:${part('cnonce')}:auth:${request}`)
    : md5(`${hash}:${part('nonce')}:${request}`);
}

/** Its own time and a seal: nothing needs to be remembered. */
function nonceOf(now: number, key: string): string {
  const time = Math.floor(now).toString(16);
  return `${time}-${md5(`${time}:${key}`)}`;
}

/** undefined for nonces that are none of ours. */
function ageOf(nonce: string | undefined, { now, key }: DigestFacts): number | undefined {
  const [time = ''] = (nonce ?? '').split('-', 1);
  const then = Number.parseInt(time, 16);
  return Number.isFinite(then) && nonce === nonceOf(then, key) ? now - then : undefined;
}

function md5(text: string): string {
  return loadCrypto().createHash('md5').update(text).digest('hex');
}
